//! The ways in meet what stands behind them: the flow, and the operator's desk.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::config::Found;
use crate::console::Console;
use crate::flow::Flow;
use crate::ingress::{Handler, Route};
use crate::model::Refusal;
use crate::model::wire::{Incoming, Reply};
use crate::operate::Desk;

/// Hands requests to the flow.
pub struct Entrance(pub Arc<Flow>);

impl Handler for Entrance {
    fn limit(&self, method: &str, path: &str) -> Route {
        let snapshot = self.0.snapshot.load();
        match snapshot.routes.find(method, path) {
            Found::Sections(hits, _) => {
                let largest = hits.iter().filter_map(|hit| hit.route()).map(|route| route.max_body).max();
                Route::Takes(largest.unwrap_or_default())
            }
            Found::WrongMethod => Route::WrongMethod,
            Found::Unknown => Route::Unknown,
        }
    }

    fn handle(&self, request: Incoming) -> BoxFuture<'_, Reply> {
        Box::pin(self.0.request(request))
    }

    fn refuse(&self, request: Incoming, refusal: Refusal) -> BoxFuture<'_, Reply> {
        let reply = self.0.refuse_unread(&request, refusal);
        Box::pin(std::future::ready(reply))
    }
}

/// Hands the operator's questions to the desk, and those of a browser to the console.
pub(super) struct BackDoor {
    pub(super) desk: Arc<Desk>,
    pub(super) console: Console,
    /// Nobody but this machine reaches the listener.
    pub(super) is_local: bool,
}

impl Handler for BackDoor {
    fn limit(&self, method: &str, path: &str) -> Route {
        let asked = Desk::takes(path);
        let taken = asked.as_slice().iter().chain(Console::takes(path));
        match taken.clone().find(|(taken, _)| *taken == method) {
            Some((_, longest)) => Route::Takes(*longest),
            None if taken.count() > 0 => Route::WrongMethod,
            None => Route::Unknown,
        }
    }

    fn handle(&self, request: Incoming) -> BoxFuture<'_, Reply> {
        Box::pin(async move {
            if self.is_local && !is_this_machine(request.header("host").unwrap_or_default()) {
                return Desk::misled();
            }
            if Console::takes(&request.path).is_empty() {
                self.desk.answer(&request).await
            } else {
                self.console.answer(&request).await
            }
        })
    }

    fn refuse(&self, request: Incoming, refusal: Refusal) -> BoxFuture<'_, Reply> {
        let reply = Console::unread(&request, refusal.text.as_deref());
        Box::pin(std::future::ready(reply.unwrap_or_else(|| Desk::unread(refusal.text))))
    }
}

/// Whether a `Host` names this machine. A page can have its own name lead here: to its browser the listener is then a part of
/// its site, whose answers it may read.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<std::net::IpAddr>().is_ok()
}
