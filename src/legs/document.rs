//! A request decoded: what its section's programs read.

use crate::language::Frame;
use crate::value::Value;

/// A request decoded: what its section's programs read.
#[derive(Clone, Copy, Debug)]
pub struct Document<'v> {
    /// `$.body`.
    pub body: Value<'v>,
    /// `$.headers`, names in lower case.
    pub headers: Value<'v>,
    /// `$.query`.
    pub query: Value<'v>,
    /// `$.path`.
    pub path: Value<'v>,
    /// `$.raw`; `Null` where the body is no text.
    pub raw: Value<'v>,
}

impl<'v> Document<'v> {
    /// Gives a frame these names.
    pub fn set(&self, frame: &Frame<'v>) {
        let names = [
            ("body", self.body),
            ("headers", self.headers),
            ("query", self.query),
            ("path", self.path),
            ("raw", self.raw),
        ];
        names.into_iter().for_each(|(name, value)| frame.set(name, value));
    }
}
