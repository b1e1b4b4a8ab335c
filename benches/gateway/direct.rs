//! Reference: warp as one writes it first. Maps and answers; no credentials, no store, no log, no call.

use bytes::Bytes;
use tokio::net::TcpListener;
use warp::Filter;

use crate::http::said;
use crate::mapping::Trouble;
use crate::reference::webengage;

pub(super) async fn run(listener: TcpListener) -> Result<(), Trouble> {
    let route = warp::post()
        .and(warp::path!("webengage" / "messages"))
        .and(warp::body::content_length_limit(256 * 1024))
        .and(warp::body::bytes())
        .map(|body: Bytes| match std::hint::black_box(webengage::send(&body, "4ts9k2v0qxa7m")) {
            Ok(_) => said(200),
            Err(_) => said(400),
        });
    warp::serve(route).incoming(listener).run().await;
    Ok(())
}
