//! Reference: warp and reqwest as one writes them first. Maps, sends, waits for the provider's answer, answers; what is
//! under way when the process dies is lost, and nothing is sent again. No credentials checked, no store, no log.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, Url, redirect};
use tokio::net::TcpListener;
use warp::Filter;

use crate::http::{PROVIDER_PATH, said};
use crate::mapping::Trouble;
use crate::reference::webengage;

/// As long as a signed token is.
pub(super) const AUTHORIZATION: &str = concat!(
    "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.",
    "eyJhcHBsaWNhdGlvbl9pZCI6ImQ1ZTkzMzRmLWJhZjgtNDJjZi05MDFiLWRhNDEyY2EyYTIxZCJ9.",
    "c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJl"
);

pub(super) async fn run(listener: TcpListener, provider: &str) -> Result<(), Trouble> {
    let url = Url::parse(&format!("{provider}{PROVIDER_PATH}"))?;
    let client = client()?;
    serve(listener, move |message| {
        let (client, url) = (client.clone(), url.clone());
        async move { send(&client, url, message).await }
    })
    .await;
    Ok(())
}

/// What the references call with.
pub(super) fn client() -> reqwest::Result<Client> {
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(256)
        .timeout(Duration::from_secs(10))
        .build()
}

/// The way in and out, around whatever sends.
pub(super) async fn serve<S>(listener: TcpListener, send: impl Fn(Vec<u8>) -> S + Clone + Send + Sync + 'static)
where
    S: Future<Output = bool> + Send,
{
    let route = warp::post()
        .and(warp::path!("webengage" / "messages"))
        .and(warp::body::content_length_limit(256 * 1024))
        .and(warp::body::bytes())
        .and_then(move |body: Bytes| {
            let send = send.clone();
            async move {
                let Ok(message) = webengage::send(&body, "4ts9k2v0qxa7m") else { return Ok(said(400)) };
                Ok::<_, Infallible>(said(if send(message).await { 200 } else { 502 }))
            }
        });
    warp::serve(route).incoming(listener).run().await;
}

async fn send(client: &Client, url: Url, message: Vec<u8>) -> bool {
    let request = client.post(url).header("content-type", "application/json").header("authorization", AUTHORIZATION);
    match request.body(message).send().await {
        Ok(answer) => answer.status().as_u16() == 202 && answer.bytes().await.is_ok(),
        Err(_) => false,
    }
}
