//! Reference: warp, and hyper's own client without the layers of `reqwest`. Otherwise as `passthrough`.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

use crate::http::PROVIDER_PATH;
use crate::mapping::Trouble;
use crate::passthrough::{AUTHORIZATION, serve};

pub(super) async fn run(listener: TcpListener, provider: &str) -> Result<(), Trouble> {
    let url: Uri = format!("{provider}{PROVIDER_PATH}").parse()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(256).build(connector);
    serve(listener, move |message| {
        let call = call(client.clone(), url.clone(), message);
        async move {
            tokio::time::timeout(Duration::from_secs(10), call).await.is_ok_and(|sent| sent.is_ok_and(|sent| sent))
        }
    })
    .await;
    Ok(())
}

async fn call(client: Client<HttpConnector, Full<bytes::Bytes>>, url: Uri, message: Vec<u8>) -> Result<bool, Trouble> {
    let request = Request::post(url).header("content-type", "application/json").header("authorization", AUTHORIZATION);
    let answer = client.request(request.body(Full::from(message))?).await?;
    let taken = answer.status().as_u16() == 202;
    answer.into_body().collect().await?;
    Ok(taken)
}
