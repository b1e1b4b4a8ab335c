//! The log's way to standard error: lines are put down where they arise, and written by a thread of their own, many at a time.
//!
//! Nothing is dropped: who has something to say while too much waits, waits too. A process that is killed takes the lines of
//! its last moment with it; one that ends by itself writes them.

mod plain;

use std::io::{self, IsTerminal, Write};
use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::options::LogFormat;
use plain::Plain;

/// So many bytes may wait.
const ROOM: usize = 1 << 20;
/// What comes within so long is written together.
const GATHER: Duration = Duration::from_millis(10);
/// At the end: a reader that does not read must not keep the process.
const PATIENCE: Duration = Duration::from_secs(1);

/// Logs go to standard error until the end of what is returned and, more slowly, after it. `SWITCHBOARD_LOG_LEVEL` takes a
/// filter such as `info,switchboard::flow=debug`.
pub fn to_stderr(format: LogFormat) -> Lines {
    let filter = EnvFilter::try_from_env("SWITCHBOARD_LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = Lines::start(io::stderr());
    let writer = Writer(Arc::clone(&lines.0));
    let colours = io::stderr().is_terminal();
    let builder =
        tracing_subscriber::fmt().with_ansi(colours).with_env_filter(filter).with_writer(move || writer.clone());
    // A second subscriber in one process is refused; the first stays.
    let _ = match format {
        LogFormat::Text if colours => builder.try_init(),
        LogFormat::Text => builder.event_format(Plain).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    lines
}

/// Lines on their way; when this is dropped they are written.
#[must_use]
pub struct Lines(Arc<Way>);

#[derive(Default)]
struct Way {
    state: Mutex<State>,
    something: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    /// The thread waits for something.
    sleeps: bool,
    /// Nothing more is taken: who still has something to say writes it.
    closed: bool,
    /// The thread is gone.
    over: bool,
}

impl Way {
    fn state(&self) -> MutexGuard<'_, State> {
        // Whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut out: impl Write) {
        let mut writing = Vec::new();
        loop {
            let mut state = self.state();
            while state.waiting.is_empty() && !state.closed {
                state.sleeps = true;
                state = self.something.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.sleeps = false;
            if state.waiting.is_empty() {
                break;
            }
            if !state.closed {
                drop(state);
                std::thread::sleep(GATHER);
                state = self.state();
            }
            std::mem::swap(&mut state.waiting, &mut writing);
            drop(state);
            self.written.notify_all();
            // Nobody can be told of a log that cannot be written.
            let _ = out.write_all(&writing);
            writing.clear();
        }
        self.state().over = true;
        self.written.notify_all();
    }
}

impl Lines {
    fn start(out: impl Write + Send + 'static) -> Self {
        let way = Arc::<Way>::default();
        let theirs = Arc::clone(&way);
        let started = std::thread::Builder::new().name("log".to_owned()).spawn(move || theirs.run(out));
        if started.is_err() {
            let mut state = way.state();
            (state.closed, state.over) = (true, true);
        }
        Self(way)
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.closed = true;
        self.0.something.notify_one();
        let _late = self.0.written.wait_timeout_while(state, PATIENCE, |state| !state.over);
    }
}

/// Puts lines down, each by one write.
#[derive(Clone)]
struct Writer(Arc<Way>);

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let full = |state: &mut State| state.waiting.len() >= ROOM && !state.closed;
        let mut state = self.0.written.wait_while(self.0.state(), full).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            drop(state);
            io::stderr().write_all(line)?;
            return Ok(line.len());
        }
        state.waiting.extend_from_slice(line);
        if take(&mut state.sleeps) {
            drop(state);
            self.0.something.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a while for each write, and counts them.
    #[derive(Clone, Default)]
    struct Slow(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            std::thread::sleep(Duration::from_millis(5));
            let mut seen = self.0.lock().unwrap();
            seen.0.extend_from_slice(bytes);
            seen.1 += 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_whole_and_many_at_a_time() {
        let out = Slow::default();
        let lines = Lines::start(out.clone());
        let line = |of: usize, number: usize| format!("{of} {number} {}\n", "x".repeat(2000));
        std::thread::scope(|scope| {
            for of in 0..4 {
                let mut writer = Writer(Arc::clone(&lines.0));
                // More than there is room for.
                scope.spawn(move || (0..500).for_each(|number| writer.write_all(line(of, number).as_bytes()).unwrap()));
            }
        });
        drop(lines);
        let seen = out.0.lock().unwrap();
        let text = String::from_utf8(seen.0.clone()).unwrap();
        for of in 0..4 {
            let theirs: String = text.split_inclusive('\n').filter(|line| line.starts_with(&of.to_string())).collect();
            assert!(theirs == (0..500).map(|number| line(of, number)).collect::<String>(), "in their order, whole");
        }
        assert!(seen.1 < 500, "{}", seen.1);
    }
}
