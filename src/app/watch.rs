//! Watches the configuration's folders: changes are taken together, compiled whole, and only then swapped in.

use std::path::PathBuf;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Editors write a file in several steps; what happens within this is one change.
const SETTLE: Duration = Duration::from_millis(250);

/// Sends a unit for every settled change of a folder. Dropping the watcher ends it.
pub(super) struct Watch {
    _watcher: Option<notify::RecommendedWatcher>,
    changes: mpsc::Receiver<()>,
}

impl Watch {
    /// Watches the folders themselves: editors and container volumes replace files and links in them.
    pub(super) fn new(folders: &[PathBuf]) -> Self {
        let (sender, changes) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is no change of it.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            folders.iter().try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))?;
            Ok(watcher)
        });
        if let Err(problem) = &watcher {
            tracing::warn!(%problem, "folders cannot be watched: send SIGHUP after a change");
        }
        Self { _watcher: watcher.ok(), changes }
    }

    /// Waits for the next settled change; for ever if nothing can be watched.
    pub(super) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            return std::future::pending().await;
        }
        tokio::time::sleep(SETTLE).await;
        while self.changes.try_recv().is_ok() {}
    }
}
