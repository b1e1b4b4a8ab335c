//! Pages: pure functions from plain data to HTML. What is put in is escaped by the way it is put in (`maud`); nothing here
//! waits, asks, or knows who may see what.

pub(super) mod audit;
pub(super) mod bundle;
pub(super) mod campaign;
mod chart;
pub(super) mod configuration;
pub(super) mod error;
mod frame;
pub(super) mod held;
pub(super) mod letter;
pub(super) mod letters;
pub(super) mod messages;
pub(super) mod overview;
mod parts;
pub(super) mod playground;
pub(super) mod redrive;
pub(super) mod sign_in;
pub(super) mod suppressions;
pub(super) mod templates;
#[cfg(test)]
mod tests;
pub(super) mod tokens;
pub(super) mod trace;
pub(super) mod usage;

use maud::Markup;

use crate::operate::Bearer;

/// What stands around a page: who looks at it, and where it belongs.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f> {
    /// Whoever is signed in.
    pub(super) bearer: &'f Bearer,
    /// What every form carries.
    pub(super) csrf: &'f str,
    /// The entry of the navigation.
    pub(super) section: &'static str,
}

/// A page without its frame.
pub(super) struct Page {
    /// Of the window, and the heading.
    title: String,
    body: Markup,
}

impl Page {
    fn new(title: impl Into<String>, body: Markup) -> Self {
        Self { title: title.into(), body }
    }

    /// All of it.
    pub(super) fn within(self, frame: &Frame<'_>) -> Markup {
        frame::whole(&self.title, &self.body, frame)
    }
}
