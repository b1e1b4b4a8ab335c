//! Watches the configuration's folders and the gateway's own file: changes are taken together, compiled whole, and only then swapped in.
//!
//! The system tells of changes at once where it can; the folders are looked through now and then as well, since network
//! and overlay file systems tell of nothing.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// Editors write a file in several steps; what happens within this is one change.
const SETTLE: Duration = Duration::from_millis(250);
/// How often the folders are looked through.
const LOOK: Duration = Duration::from_secs(5);

/// Tells of settled changes of folders and of one file. Dropping it ends that.
pub(super) struct Watch {
    folders: Vec<PathBuf>,
    file: Option<PathBuf>,
    seen: u64,
    _watcher: Option<notify::RecommendedWatcher>,
    changes: mpsc::Receiver<()>,
}

impl Watch {
    /// Watches from now on. The folders themselves: editors and container volumes replace files and links in them.
    pub(super) fn new(folders: Vec<PathBuf>, file: Option<PathBuf>) -> Self {
        let (sender, changes) = mpsc::channel(1);
        let (inside, named) = (folders.clone(), file.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is no change of it, and the file's folder may hold a store that is written all the time.
            let matters = |path: &PathBuf| {
                let own = named.as_ref().is_some_and(|file| file.file_name() == path.file_name());
                own || inside.iter().any(|folder| path.starts_with(folder))
            };
            if event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(matters)) {
                let _ = sender.try_send(());
            }
        });
        let around = file.as_deref().map(folder_of);
        let watcher = watcher.and_then(|mut watcher| {
            let mut all = folders.iter().map(PathBuf::as_path).chain(around);
            all.try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))?;
            Ok(watcher)
        });
        if let Err(problem) = &watcher {
            tracing::warn!(%problem, "the system does not tell of changes: folders are looked through instead");
        }
        Self { seen: look(&folders, file.as_deref()), folders, file, _watcher: watcher.ok(), changes }
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
            if look(&self.folders, self.file.as_deref()) != self.seen {
                break;
            }
        }
        sleep(SETTLE).await;
        while self.changes.try_recv().is_ok() {}
        self.seen = look(&self.folders, self.file.as_deref());
    }
}

/// The folder that a file is in.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Names, sizes and times of the folders' files and of the one file, in one number.
fn look(folders: &[PathBuf], file: Option<&Path>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for folder in folders {
        let mut files: Vec<Seen> = entries(folder).filter_map(|path| seen(&path)).collect();
        files.sort();
        files.hash(&mut hasher);
    }
    file.and_then(seen).hash(&mut hasher);
    hasher.finish()
}

/// Name, size and time of a file.
type Seen = (PathBuf, u64, Option<SystemTime>);

/// Follows links: what a volume replaces is often the target.
fn seen(path: &Path) -> Option<Seen> {
    let about = fs::metadata(path).ok()?;
    Some((path.to_owned(), about.len(), about.modified().ok()))
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}
