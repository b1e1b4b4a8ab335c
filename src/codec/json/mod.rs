//! JSON: [`read`] into an arena, [`write()`] to bytes. No options: bounds and strictness are the same for everybody.

mod read;
mod write;

#[cfg(test)]
mod tests;

pub use read::read;
pub use write::{write, write_number, write_text};

const NAME: &str = "JSON";
