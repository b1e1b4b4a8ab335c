//! [`Frame`]: the values of one section's names, and the doors by which programs are run.

use std::cell::Cell;

use super::{Done, Fault, Names, Run, Slot, World};
use crate::language::observer::Event;
use crate::language::program::Program;
use crate::language::scope::{Layout, Start};
use crate::value::{Number, Value};

/// The values of one section's names. A `let` is computed when it is first read, and once.
pub struct Frame<'v> {
    run: Run<'v>,
    layout: &'v Layout,
}

impl<'v> Frame<'v> {
    /// All names hold nothing.
    pub fn new(world: &'v World<'v>, layout: &'v Layout) -> Self {
        let names = world.arena.alloc(Names { slots: slots(world, &layout.starts), lets: &layout.lets });
        Self { run: Run { world, names, depth: 0 }, layout }
    }

    /// Gives a name its value. Names the layout does not have are ignored: nothing reads them.
    pub fn set(&self, name: &str, value: Value<'v>) {
        if let Some(slot) = self.layout.slot(name) {
            self.run.names.slots[slot].set(Slot::Holds(value));
        }
    }

    /// Goes to the next item of `each`: `item`, `index`, `outer`; lets that read them are computed anew.
    pub fn item(&self, item: Value<'v>, index: usize, outer: Option<Value<'v>>) {
        self.set("item", item);
        self.set("index", Value::Number(place(index)));
        if let Some(slot) = self.layout.slot("outer") {
            self.run.names.slots[slot].set(outer.into());
        }
        for (slot, number) in &self.layout.varying {
            self.run.names.slots[*slot].set(Slot::Lazy(*number));
        }
    }

    /// Tells whoever watches this frame's programs.
    pub fn tell(&self, event: Event<'_>) {
        self.run.tell(|| event);
    }

    /// Runs a program: with a fresh allowance of steps.
    fn run<T>(&self, program: &'v Program, body: impl FnOnce(&Run<'v>) -> Done<T>) -> Result<T, Fault> {
        self.run.world.steps.set(0);
        self.run.tell(|| Event::Start(program.span));
        let done = body(&self.run);
        self.run.tell(|| Event::End);
        done.map_err(|fault| *fault)
    }
}

/// Slots in the arena, as they start.
pub(super) fn slots<'v>(world: &'v World<'v>, starts: &[Start]) -> &'v [Cell<Slot<'v>>] {
    world.arena.alloc_slice_fill_iter(starts.iter().map(|start| {
        Cell::new(match start {
            Start::Empty => Slot::Empty,
            Start::Lazy(number) => Slot::Lazy(*number),
        })
    }))
}

/// An item's place as a number.
pub(super) fn place(index: usize) -> Number {
    Number::from(u64::try_from(index).unwrap_or(u64::MAX))
}

impl Program {
    /// Builds the value; `None` is nothing.
    ///
    /// # Errors
    /// [`Fault`]: no partial value is ever seen.
    pub fn value<'v>(&'v self, frame: &Frame<'v>) -> Result<Option<Value<'v>>, Fault> {
        #[cfg(test)]
        crate::language::tests::both::compare(self, frame);
        frame.run(self, |run| run.value(&self.plan))
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn holds<'v>(&'v self, frame: &Frame<'v>) -> Result<bool, Fault> {
        Ok(matches!(self.value(frame)?, Some(Value::Bool(true))))
    }

    /// Writes the same as [`Program::value`] as JSON; false is nothing, and then nothing was written. A secret is
    /// written open: only calls have one in scope.
    ///
    /// # Errors
    /// [`Fault`]; what was written so far is taken back.
    pub fn write_json<'v>(&'v self, frame: &Frame<'v>, out: &mut Vec<u8>) -> Result<bool, Fault> {
        #[cfg(test)]
        crate::language::tests::both::compare(self, frame);
        let before = out.len();
        let written = frame.run(self, |run| run.write(&self.plan, before, out));
        if !matches!(written, Ok(true)) {
            out.truncate(before);
        }
        written
    }
}
