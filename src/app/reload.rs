//! The configuration, read and put in place: at the start, after a change of the files, when told to, and when the last
//! message of an earlier text is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

use super::clock::now;
use super::files::{FileProblem, Shelf};
use super::gateway::Options;
use super::library::Library;
use super::noted;
use super::own::{OwnFile, Told};
use super::secrets::SecretFiles;
use super::watch::Watch;
use crate::config::{self, Files, Reference, Snapshot};
use crate::diagnostic::Diagnostic;
use crate::faults::{self, Point};
use crate::flow::Flow;
use crate::operate::{Desk, Standing};
use crate::store::Store;

/// How often it is looked whether earlier texts are needed any more.
const TIDY: Duration = Duration::from_secs(60);
/// How often it is looked whether a file that a secret is in has changed.
const LOOK: Duration = Duration::from_secs(5);

/// Everything that a configuration is made of and from.
pub(super) struct Loader {
    options: Options,
    /// Of all indexes by secret: random, new at each start.
    key: [u8; 32],
    shelf: Shelf,
    secret_files: Arc<SecretFiles>,
    library: Library,
    own: OwnFile,
}

/// A configuration that was read and not yet put in place.
pub(super) struct Loaded {
    pub(super) snapshot: Snapshot,
    pub(super) standing: Standing,
}

impl Loader {
    /// With the texts that the store keeps; without them a broken file is left out.
    pub(super) async fn new(options: Options, store: &dyn Store) -> Self {
        let texts = store.texts().await.unwrap_or_else(|problem| {
            warn!(%problem, "the last good texts cannot be read: a broken file is left out");
            Vec::new()
        });
        let own = OwnFile::new(options.config.clone(), options.own.clone());
        let (shelf, secret_files) = (Shelf::default(), Arc::default());
        Self { options, key: rand::random(), shelf, secret_files, library: Library::new(texts), own }
    }

    /// Reads the files for the first time. Where one has an error or is gone, its last good text stands in for it.
    pub(super) fn first(&mut self) -> Result<Loaded, FileProblem> {
        let files = self.files(None)?;
        let (snapshot, problems) = self.build(&files, None);
        let all_good = !problems.iter().any(Diagnostic::is_error) && !self.library.misses(&files);
        if all_good || self.library.len() == 0 {
            return Ok(Loaded { standing: Standing::of(&snapshot, &files, problems), snapshot });
        }
        let (public_url, defaults) = (files.public_url.clone(), files.defaults.clone());
        let last_good = Files { public_url, defaults, ..self.library.last_good(&self.options) };
        let (before, _) = self.build(&last_good, None);
        let (snapshot, problems) = self.build(&files, Some(&before));
        Ok(Loaded { standing: Standing::of(&snapshot, &files, problems), snapshot })
    }

    /// Reads what changed since.
    fn again(&mut self, before: &Snapshot) -> Result<Loaded, FileProblem> {
        let Told { problems: mut told, broken } = self.own.read();
        let files = self.files(Some(before))?;
        let (snapshot, mut problems) = self.build(&files, Some(before));
        problems.append(&mut told);
        let mut standing = Standing::of(&snapshot, &files, problems);
        standing.last_good.extend(broken);
        Ok(Loaded { standing, snapshot })
    }

    fn files(&mut self, before: Option<&Snapshot>) -> Result<Files, FileProblem> {
        let mut files = self.shelf.served(&self.options.mappings, &self.options.tenants)?;
        let own = self.own.last();
        files.public_url = self.options.public_url.as_ref().or(own.public_url.as_ref()).cloned();
        files.defaults.clone_from(&own.defaults);
        self.library.complete(&mut files, before);
        Ok(files)
    }

    fn build(&self, files: &Files, before: Option<&Snapshot>) -> (Snapshot, Vec<Diagnostic>) {
        let resolve = |reference: &Reference| {
            self.secret_files.note(reference);
            self.options.secrets.resolve(reference)
        };
        config::build(files, before, &resolve, self.key)
    }

    /// Everything is read again, secrets too.
    fn forget(&mut self) {
        self.shelf.forget();
        self.secret_files.forget();
    }

    /// The files that secrets are in.
    pub(super) fn secret_files(&self) -> Arc<SecretFiles> {
        Arc::clone(&self.secret_files)
    }

    /// Writes the texts of a configuration before it is put in place: a message must never be accepted under a text that
    /// nobody has any more.
    pub(super) async fn keep(&mut self, snapshot: &Snapshot, store: &dyn Store) {
        let texts = self.library.changes(snapshot, now());
        if texts.is_empty() {
            return;
        }
        match store.keep_texts(texts.clone()).await {
            Ok(()) => {
                faults::reached(Point::TextsKept);
                self.library.keep(texts);
            }
            // The change goes on all the same: the operator may be about to mend the very thing. It is tried again.
            Err(problem) => warn!(%problem, "the texts of the configuration could not be kept"),
        }
    }

    /// Asks the store what it still keeps; whether something is gone.
    async fn tidy(&mut self, store: &dyn Store) -> bool {
        if !self.library.has_retired() {
            return false;
        }
        let before = self.library.len();
        match store.texts().await {
            Ok(texts) => self.library = Library::new(texts),
            Err(problem) => warn!(%problem, "the last good texts cannot be read"),
        }
        self.library.len() < before
    }
}

/// What tells that the files are to be read again.
pub(super) struct Causes {
    pub(super) watch: Watch,
    pub(super) asked: mpsc::Receiver<()>,
    pub(super) stop: watch::Receiver<bool>,
}

/// Looks at the files that secrets are in until `stop`, and asks for all to be read again when one has changed. Apart from
/// [`run`], whose wait for changes of the folders must not be cut short now and then.
pub(super) async fn look_at_secrets(files: Arc<SecretFiles>, ask: mpsc::Sender<()>, mut stop: watch::Receiver<bool>) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        tokio::select! {
            Ok(()) = stop.changed() => break,
            _ = look.tick() => {}
        }
        let files = Arc::clone(&files);
        if tokio::task::spawn_blocking(move || files.changed()).await.unwrap_or_default() {
            info!("a file that a secret is in has changed");
            // A full queue asks already.
            let _ = ask.try_send(());
        }
    }
}

/// Reads and puts in place until `stop`. `changed`: told of every new configuration.
pub(super) async fn run(
    mut loader: Loader,
    flow: Arc<Flow>,
    desk: Arc<Desk>,
    mut causes: Causes,
    changed: Arc<Notify>,
) {
    let mut tidy = interval(TIDY);
    tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*causes.stop.borrow() {
        let told;
        tokio::select! {
            Ok(()) = causes.stop.changed() => break,
            () = causes.watch.changed() => told = false,
            Some(()) = causes.asked.recv() => {
                told = true;
                loader.forget();
            }
            _ = tidy.tick() => {
                told = false;
                if !loader.tidy(&*flow.store).await {
                    continue;
                }
            }
        }
        let Some(back) = replace(loader, &flow, &desk, told).await else { return };
        loader = back;
        changed.notify_one();
    }
}

/// Reads the files and puts what they come to in place. Reading and compiling has a thread of its own: requests go on.
/// `told`: somebody, or a file that a secret is in, asked for it.
async fn replace(mut loader: Loader, flow: &Flow, desk: &Desk, told: bool) -> Option<Loader> {
    let began = Instant::now();
    let served = flow.snapshot.load_full();
    let before = Arc::clone(&served);
    let read = tokio::task::spawn_blocking(move || {
        let loaded = loader.again(&before);
        (loader, loaded)
    });
    let loaded = match read.await {
        Ok((back, loaded)) => {
            loader = back;
            loaded
        }
        Err(problem) => {
            error!(%problem, "reading the configuration broke off: it stays as it is until the next start");
            return None;
        }
    };
    let known = desk.standing();
    match loaded {
        Ok(Loaded { snapshot, standing }) => {
            loader.keep(&snapshot, &*flow.store).await;
            noted::change(&*flow.store, &served, &snapshot, told).await;
            let (tenants, mappings) = (snapshot.tenants.len(), snapshot.loaded.len());
            flow.configure(snapshot);
            let took = began.elapsed();
            log_problems(&standing.problems);
            let (problems, version) = (standing.problems.len(), &standing.version);
            info!(tenants, mappings, problems, version, took_ms = took.as_millis(), "configuration reloaded");
            desk.tells(loader.own.last().alarms.clone());
            desk.stands(Standing { at: now(), took, loads: known.loads + 1, failures: known.failures, ..standing });
        }
        Err(problem) => {
            error!(%problem, "the configuration stays as it is");
            let (failures, failure) = (known.failures + 1, Some(problem.to_string()));
            desk.stands(Standing { failures, failure, ..Standing::clone(&known) });
        }
    }
    Some(loader)
}

pub(super) fn log_problems(problems: &[Diagnostic]) {
    for problem in problems {
        // Without the excerpt: the operator's own line may hold a secret.
        let text = [vec![problem.headline()], problem.help.clone()].concat().join("; ");
        if problem.is_error() { error!("{text}") } else { warn!("{text}") }
    }
}
