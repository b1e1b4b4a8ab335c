//! The terminal: keys as they are pressed, and frames in the place of those before. Nothing stays of it afterwards.

use std::io::{self, Read, Write};

use rustix::termios::{self, OptionalActions, Termios};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::frame::{Line, Size, Style};
use crate::cli::out::out;

/// A page of its own, without a cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// The terminal, until it is dropped.
pub(super) struct Screen {
    before: Termios,
    colour: bool,
}

impl Screen {
    /// Takes the terminal that standard input and output are.
    pub(super) fn open() -> io::Result<Self> {
        let before = termios::tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        termios::tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        out!("{ENTER}");
        let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Ok(Self { before, colour })
    }

    /// As large as it is now.
    pub(super) fn size(&self) -> Size {
        let known = termios::tcgetwinsize(io::stdout()).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0);
        known.map_or(Size::USUAL, |size| Size { columns: size.ws_col.into(), rows: size.ws_row.into() })
    }

    /// Puts a frame in the place of the one before, each line cut where the screen ends.
    pub(super) fn draw(&self, lines: &[Line]) {
        let size = self.size();
        let lines = lines.iter().take(size.rows).map(|Line { text, style }| {
            let cut: String = text.chars().take(size.columns).collect();
            match style {
                Style::Head if self.colour => format!("\x1b[1m{cut}\x1b[0m\x1b[K"),
                Style::Bad if self.colour => format!("\x1b[31m{cut}\x1b[0m\x1b[K"),
                _ => format!("{cut}\x1b[K"),
            }
        });
        out!("\x1b[H{}\x1b[J", lines.collect::<Vec<_>>().join("\r\n"));
        // A terminal that is gone is noticed when the next frame is written.
        let _ = io::stdout().flush();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        out!("{LEAVE}");
        let _ = io::stdout().flush();
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Keys as they are pressed, read by a thread of its own: nothing else can wait for a terminal. It ends with the process.
pub(super) fn keys() -> UnboundedReceiver<u8> {
    let (pressed, keys) = unbounded_channel();
    std::thread::spawn(move || {
        let mut key = [0];
        while io::stdin().read_exact(&mut key).is_ok() && pressed.send(key[0]).is_ok() {}
    });
    keys
}
