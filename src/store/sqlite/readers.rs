//! Threads that read, each on its own connection, so that no asynchronous caller waits for the disk in its own thread.

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::super::StoreError;
use super::open;
use super::read::Reader;
use super::shared::Shared;
use super::writer::failure;

/// How many read at a time.
const THREADS: usize = 3;
/// How many questions may wait.
const WAITING: usize = 8192;

type Question = Box<dyn FnOnce(&Reader) + Send>;

/// The pool.
#[derive(Debug)]
pub(super) struct Readers {
    queue: RwLock<Option<SyncSender<Question>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    pub(super) fn start(path: &Path, shared: &Arc<Shared>) -> Result<Self, open::OpenError> {
        let (queue, questions) = sync_channel::<Question>(WAITING);
        let questions = Arc::new(Mutex::new(questions));
        let start = |_| {
            let reader = Reader { connection: open::connect_to_read(path)?, shared: Arc::clone(shared) };
            Ok(spawn(reader, Arc::clone(&questions))?)
        };
        let threads = (0..THREADS).map(start).collect::<Result<_, open::OpenError>>()?;
        Ok(Self { queue: RwLock::new(Some(queue)), threads: Mutex::new(threads) })
    }

    /// Asks a reader; the answer comes when one has time.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Question = Box::new(move |reader| {
            // Whoever stopped waiting does not want to know.
            let _gone = reply.send(question(reader).map_err(|error| failure(&error)));
        });
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = &*queue else { return Err(StoreError::Failed("the store is closed".to_owned())) };
        match queue.try_send(job) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => Err(StoreError::Overloaded),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Failed("the readers stopped".to_owned())),
        }
    }

    /// No more questions; what was asked is answered.
    pub(super) fn stop(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Waits for the threads to end.
    pub(super) fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A thread that panicked has ended too.
            let _ended = thread.join();
        }
    }
}

fn spawn(reader: Reader, questions: Arc<Mutex<Receiver<Question>>>) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("store-reader".to_owned()).spawn(move || {
        loop {
            // One waits holding the lock, the others wait for the lock: whoever is free gets the next question.
            let next = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
            match next {
                Ok(question) => question(&reader),
                Err(_) => break,
            }
        }
    })
}
