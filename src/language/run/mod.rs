//! Plans at work: one evaluator, two sinks. `value` builds a tree in the arena, `stream` writes the same to bytes.
//!
//! No name is looked up, nothing is parsed, and nothing is allocated but in the arena. Start at [`Run`].

mod bounds;
mod expression;
mod frame;
mod lookup;
mod path;
mod stream;
mod value;
mod world;

pub use frame::Frame;
pub use world::{Fault, Miss, World};

use std::cell::Cell;

use super::observer::Event;
use super::places::Place;
use super::scope::Let;
use crate::value::Value;

/// What a step of a run comes to. The fault is boxed: a value passes through many hands, and each copies the result.
type Done<T> = Result<T, Box<Fault>>;

/// What a slot holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot<'v> {
    /// Nothing.
    Empty,
    /// A value.
    Holds(Value<'v>),
    /// The `let` of that number, not computed yet.
    Lazy(usize),
}

impl<'v> From<Option<Value<'v>>> for Slot<'v> {
    fn from(value: Option<Value<'v>>) -> Self {
        value.map_or(Self::Empty, Self::Holds)
    }
}

/// The names of a section, or of a use of a named tree.
struct Names<'v> {
    slots: &'v [Cell<Slot<'v>>],
    lets: &'v [Let],
}

/// Where a plan runs. Cheap to copy; all state is in the slots.
#[derive(Clone, Copy)]
pub(super) struct Run<'v> {
    world: &'v World<'v>,
    names: &'v Names<'v>,
    depth: u32,
}

impl Run<'_> {
    /// Tells whoever watches; mostly nobody does, and then not even the event is made.
    #[inline]
    fn tell<'e>(&self, event: impl FnOnce() -> Event<'e>) {
        if let Some(observer) = self.world.observer {
            observer.told(event());
        }
    }

    #[inline]
    fn reached(&self, place: Place) {
        self.tell(|| Event::Reached(place));
    }
}

/// Three words, whatever it is wrapped in: results are handed from call to call by the dozen.
#[cfg(test)]
#[test]
fn results_are_small() {
    assert_eq!(size_of::<Value<'_>>(), 24);
    assert_eq!(size_of::<Slot<'_>>(), 24);
    assert_eq!(size_of::<Done<Option<Value<'_>>>>(), 24);
}
