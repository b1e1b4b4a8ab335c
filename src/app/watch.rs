//! Watches the configuration's folders: changes are taken together, compiled whole, and only then swapped in.
//!
//! The system tells of changes at once where it can; the folders are looked through now and then as well, since network
//! and overlay file systems tell of nothing.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// Editors write a file in several steps; what happens within this is one change.
const SETTLE: Duration = Duration::from_millis(250);
/// How often the folders are looked through.
const LOOK: Duration = Duration::from_secs(5);

/// Tells of settled changes of folders. Dropping it ends that.
pub(super) struct Watch {
    folders: Vec<PathBuf>,
    seen: u64,
    _watcher: Option<notify::RecommendedWatcher>,
    changes: mpsc::Receiver<()>,
}

impl Watch {
    /// Watches from now on. The folders themselves: editors and container volumes replace files and links in them.
    pub(super) fn new(folders: Vec<PathBuf>) -> Self {
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
            tracing::warn!(%problem, "the system does not tell of changes: folders are looked through instead");
        }
        Self { seen: look(&folders), folders, _watcher: watcher.ok(), changes }
    }

    /// Waits for the next settled change.
    pub(super) async fn changed(&mut self) {
        loop {
            match timeout(LOOK, self.changes.recv()).await {
                Ok(Some(())) => break,
                // Nobody tells any more.
                Ok(None) => sleep(LOOK).await,
                Err(_) => {}
            }
            if look(&self.folders) != self.seen {
                break;
            }
        }
        sleep(SETTLE).await;
        while self.changes.try_recv().is_ok() {}
        self.seen = look(&self.folders);
    }
}

/// Names, sizes and times of the folders' files, in one number.
fn look(folders: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for folder in folders {
        let mut files = files(folder);
        files.sort();
        files.hash(&mut hasher);
    }
    hasher.finish()
}

fn files(folder: &Path) -> Vec<(PathBuf, u64, Option<std::time::SystemTime>)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let described = entries.filter_map(|entry| {
        let path = entry.path();
        // Follows links: what a volume replaces is often the target.
        let about = fs::metadata(&path).ok()?;
        Some((path, about.len(), about.modified().ok()))
    });
    described.collect()
}
