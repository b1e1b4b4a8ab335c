//! How far a long command is: one line on standard error that is written over, and gone at the end. Only where a person looks
//! at a terminal; results never stand here.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Drawn no sooner than this after the time before.
const PAUSE: Duration = Duration::from_millis(100);
/// Characters of the bar.
const WIDTH: u64 = 20;
/// Back to the beginning of the line, and nothing in it.
const CLEAR: &str = "\r\x1b[2K";

/// The line; gone when dropped.
pub(super) struct Progress {
    seen: bool,
    last: Option<Instant>,
}

impl Progress {
    /// Nothing is drawn yet.
    pub(super) fn new() -> Self {
        Self { seen: std::io::stderr().is_terminal(), last: None }
    }

    /// Whether anybody sees it.
    pub(super) const fn is_seen(&self) -> bool {
        self.seen
    }

    /// So many of so many are done, of what.
    pub(super) fn draw(&mut self, done: u64, of: u64, what: &str) {
        self.say(|| format!("{} {what}", bar(done, of)));
    }

    /// In words, where nobody knows how many there are.
    pub(super) fn say(&mut self, line: impl FnOnce() -> String) {
        if self.seen && self.last.is_none_or(|last| last.elapsed() > PAUSE) {
            self.last = Some(Instant::now());
            write(&format!("{CLEAR}{}", line()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.last.is_some() {
            write(CLEAR);
        }
    }
}

/// Whoever cannot be told goes without.
fn write(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn bar(done: u64, of: u64) -> String {
    let part = |of_all: u64| (done.min(of) * of_all).checked_div(of).unwrap_or(of_all);
    let full = usize::try_from(part(WIDTH)).unwrap_or_default();
    let rest = usize::try_from(WIDTH).unwrap_or_default().saturating_sub(full);
    format!("[{}{}] {:>3} %", "#".repeat(full), ".".repeat(rest), part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_much_is_done() {
        for (done, of, expected) in [
            (0, 40, "[....................]   0 %"),
            (10, 40, "[#####...............]  25 %"),
            (39, 40, "[###################.]  97 %"),
            (40, 40, "[####################] 100 %"),
            (50, 40, "[####################] 100 %"),
            (0, 0, "[####################] 100 %"),
        ] {
            assert_eq!(bar(done, of), expected, "{done} of {of}");
        }
    }
}
