//! What a failed exchange means, and in which words it is logged: never with a URL's path or query, a header or a body.

use std::error::Error;
use std::io;

use crate::model::wire::{Answer, Class};

/// Long enough for any error of the system's or of TLS.
const LONGEST: usize = 200;

/// It took too long: all of it, or the peer's next word.
pub(super) const LATE: &str = "no whole answer in time";

/// No answer came at all. `unconnected`: nothing of ours was written, so the text can hold nothing of the message.
pub(super) fn no_answer(error: &(dyn Error + 'static), unconnected: bool) -> Answer {
    if unconnected {
        return Answer::without(Class::Unreached, format!("cannot connect: {}", deepest(error)));
    }
    Answer::without(Class::Unanswered, broken_off(error))
}

/// Why an exchange that had begun came to no end. In fixed words: a peer may put anything into its errors.
pub(super) fn broken_off(error: &(dyn Error + 'static)) -> &'static str {
    match io_kind(error) {
        Some(io::ErrorKind::TimedOut) => LATE,
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe) => {
            "the connection was reset before a whole answer came"
        }
        Some(io::ErrorKind::UnexpectedEof) => "the connection was closed before a whole answer came",
        _ => "no whole and valid answer came",
    }
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let all = std::iter::once(error).chain(causes(error));
    all.filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).next()
}

/// The innermost cause says most: `connection refused`, `invalid peer certificate`, the guard's words.
fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut text = causes(error).last().map_or_else(|| "no reason given".to_owned(), ToString::to_string);
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
    }
    text
}
