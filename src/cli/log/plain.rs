//! A line of the log as text, as tracing's own format has it and with less ado: one is written for every step of every message.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Time, level, where, what, and the fields. Without colours, and without spans, of which there are none.
pub(super) struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        SystemTime.format_time(&mut out)?;
        out.write_str(level(*event.metadata().level()))?;
        out.write_str(event.metadata().target())?;
        out.write_char(':')?;
        let mut fields = Fields { out: &mut out, done: Ok(()) };
        event.record(&mut fields);
        fields.done?;
        out.write_char('\n')
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => " ERROR ",
        Level::WARN => "  WARN ",
        Level::INFO => "  INFO ",
        Level::DEBUG => " DEBUG ",
        Level::TRACE => " TRACE ",
    }
}

/// The message as it is, and `name=value` of all others.
struct Fields<'o, 'w> {
    out: &'o mut Writer<'w>,
    done: fmt::Result,
}

impl Fields<'_, '_> {
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let name = field.name();
        let named = |out: &mut Writer<'_>| {
            out.write_char(' ')?;
            if name != "message" {
                out.write_str(name.strip_prefix("r#").unwrap_or(name))?;
                out.write_char('=')?;
            }
            value(out)
        };
        if self.done.is_ok() {
            self.done = named(self.out);
        }
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, text: &str) {
        self.put(field, |out| match field.name() {
            "message" => out.write_str(text),
            // What needs no escape, as nearly everything: quoted at one stroke.
            _ if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') => {
                out.write_char('"')?;
                out.write_str(text)?;
                out.write_char('"')
            }
            _ => write!(out, "{text:?}"),
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, |out| write!(out, "{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    impl Kept {
        /// All but the times.
        fn lines(&self) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
        }
    }

    fn say() {
        let (none, some) = (None::<&str>, Some("a \"b\" \\ ü\n"));
        tracing::info!(id = %"m-1", path = "/x y", none, some, count = 7_usize, yes = true, list = ?[1, 2], "it is said");
        tracing::warn!(problem = %"escaped\u{1b}[31m", "beware");
        tracing::error!(r#type = "plain", seconds = 1.5, "bad: {}", 3);
        tracing::debug!(less = -1);
    }

    #[test]
    fn a_line_is_what_tracings_own_format_makes_of_it() {
        let (own, theirs) = (Kept::default(), Kept::default());
        let all = tracing_subscriber::filter::LevelFilter::TRACE;
        let builder = || tracing_subscriber::fmt().with_ansi(false).with_max_level(all);
        with_default(builder().event_format(Plain).with_writer(own.clone()).finish(), say);
        with_default(builder().with_writer(theirs.clone()).finish(), say);
        let (own, theirs) = (own.lines(), theirs.lines());
        assert_eq!(own.len(), 4, "{own:?}");
        assert_eq!(own, theirs);
    }
}
