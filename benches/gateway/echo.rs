//! The gateway without disk and without calls, wired by the bench: the real way in, credentials, checks, mapping,
//! fitting and answer over a store in memory; nothing is dispatched. No product does this: it shows what the way in costs.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use switchboard::app::{Entrance, SystemAmbient};
use switchboard::cli;
use switchboard::client::Outbound;
use switchboard::flow::Flow;
use switchboard::ingress;
use switchboard::model::wire::{Answer, Class, Prepared};
use switchboard::store::memory::Memory;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::mapping::{Trouble, shipped};
use crate::sink::TEMPLATES;

pub(super) async fn run(listener: TcpListener, announce: impl FnOnce()) -> Result<(), Trouble> {
    // As `switchboard serve` logs.
    let _lines = cli::to_stderr(cli::LogFormat::Text);
    // Without a dispatcher nobody takes what is told.
    let (work, _) = mpsc::channel(1);
    let snapshot = shipped::snapshot("http://127.0.0.1:9")?;
    let store = Arc::new(Memory::new());
    let flow = Arc::new(Flow::new(snapshot, store, Arc::new(Templates), Arc::new(SystemAmbient), work));
    flow.sync_all().await;
    announce();
    let never = std::future::pending();
    ingress::serve(listener, Arc::new(Entrance(flow)), ingress::Options::default(), never, Duration::ZERO).await;
    Ok(())
}

/// The one call that is made: what templates there are.
struct Templates;

impl Outbound for Templates {
    fn send(&self, _: Prepared) -> BoxFuture<'_, Answer> {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let answer = Answer { http: Some(200), class: Class::Success, headers, body: TEMPLATES.into(), trouble: None };
        Box::pin(std::future::ready(answer))
    }

    fn allows(&self, _: &url::Url) -> bool {
        true
    }
}
