//! [`Observer`]: somebody who watches runs. Coverage and traces are made of what it is told; the gateway has none.

use std::fmt;
use std::sync::Arc;

use super::compiler::Module;
use super::places::Place;
use crate::diagnostic::Span;
use crate::value::Value;

/// Watches the runs of one module's programs.
pub trait Observer: Send + Sync {
    /// Something happened, in the order of the run.
    fn told(&self, event: Event<'_>);
}

/// What happens in a run.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// A program starts; the tree that it was made of stands there.
    Start(Span),
    /// The program ended, well or not.
    End,
    /// The output goes on under a key of a map.
    Key(&'e str),
    /// The output goes on at an item of a list.
    Item(usize),
    /// Back to the map or list.
    Leave,
    /// What follows is computed for another value, and is no output itself: a `let`, the tree of `$pipe`, a name of
    /// `with`.
    Aside(Option<Let<'e>>),
    /// The output goes on; the value, if it was a `let`'s.
    Back(Option<Value<'e>>),
    /// A place was reached.
    Reached(Place),
    /// What an expression or a constant at this place of the output came to; `None` is nothing.
    Came(Span, Option<Value<'e>>),
    /// A keyword rule was asked.
    Rule(&'e str, Asked<'e>),
}

/// A `let`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Let<'e> {
    /// Its name.
    pub name: &'e str,
    /// Where its tree stands.
    pub span: Span,
}

/// What a keyword rule said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked<'e> {
    /// None of its words is what the person wrote.
    NoWord,
    /// Its `when` does not hold.
    NotWhen,
    /// It fired, for this word or for any.
    Fired(Option<&'e str>),
}

/// The place of a module's observer.
#[derive(Default)]
pub(super) struct Watched(std::sync::OnceLock<Arc<dyn Observer>>);

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "watched" } else { "not watched" })
    }
}

impl Module {
    /// From now on every run of this module's programs is told to `observer`. Only the first observer counts.
    pub fn watch(&self, observer: Arc<dyn Observer>) {
        // A second one would have missed what the first was told.
        let _ = self.watched.0.set(observer);
    }

    /// Who watches.
    pub(super) fn observer(&self) -> Option<&dyn Observer> {
        self.watched.0.get().map(|observer| &**observer)
    }
}
