//! Trees as values in the arena.

use bumpalo::collections::{String as Prose, Vec as List};

use super::bounds::{BYTES, one_more};
use super::frame::{place, slots};
use super::{Done, Fault, Names, Run, Slot};
use crate::language::observer::Event;
use crate::language::plan::{Constant, Each, Leaf, Match, Plan, Text, Use, When};
use crate::language::text::Segment;
use crate::value::Value;

impl<'v> Run<'v> {
    /// Builds a tree; `None` is nothing.
    pub(super) fn value(&self, plan: &'v Plan) -> Done<Option<Value<'v>>> {
        match plan {
            Plan::Omit => Ok(None),
            Plan::Constant(constant) => Ok(Some(self.constant(constant))),
            Plan::Leaf(leaf) | Plan::Pipe(leaf) => self.leaf(leaf),
            Plan::Map(members) => {
                let inside = self.deeper(|| plan.span())?;
                let mut made = List::with_capacity_in(members.len(), self.world.arena);
                for member in members {
                    self.tell(|| Event::Key(&member.key));
                    if let Some(value) = inside.value(&member.plan)? {
                        made.push((&*member.key, value));
                    }
                    self.tell(|| Event::Leave);
                }
                Ok(Some(Value::Map(made.into_bump_slice())))
            }
            Plan::List(plans) => {
                let inside = self.deeper(|| plan.span())?;
                let mut made = List::with_capacity_in(plans.len(), self.world.arena);
                for plan in plans {
                    inside.append(plan, &mut made)?;
                }
                Ok(Some(Value::List(made.into_bump_slice())))
            }
            Plan::When(when) => self.deeper(|| plan.span())?.value(self.side(when)?),
            Plan::Match(choice) => self.deeper(|| plan.span())?.value(self.case(choice)?),
            Plan::Each(_) => {
                let mut made = List::new_in(self.world.arena);
                self.append(plan, &mut made)?;
                Ok(Some(Value::List(made.into_bump_slice())))
            }
            Plan::Use(named) => {
                let (inside, plan) = self.enter(named)?;
                inside.value(plan)
            }
            Plan::Text(text) => self.prose(text).map(|text| Some(Value::Text(text))),
        }
    }

    /// Adds what a tree comes to to a list: `$each` splices, wherever a choice led to it.
    fn append(&self, plan: &'v Plan, made: &mut List<'v, Value<'v>>) -> Done<()> {
        match plan {
            Plan::Each(each) => self.each(each, &mut |inside| inside.append_one(&each.body, made, each)),
            Plan::When(when) => self.deeper(|| plan.span())?.append(self.side(when)?, made),
            Plan::Match(choice) => self.deeper(|| plan.span())?.append(self.case(choice)?, made),
            _ => {
                self.tell(|| Event::Item(made.len()));
                if let Some(value) = self.value(plan)? {
                    made.push(value);
                }
                self.tell(|| Event::Leave);
                Ok(())
            }
        }
    }

    /// An item of `$each` is one value, even if it is a list itself.
    fn append_one(&self, body: &'v Plan, made: &mut List<'v, Value<'v>>, each: &Each) -> Done<()> {
        self.tell(|| Event::Item(made.len()));
        if let Some(value) = self.value(body)? {
            one_more(made.len(), each.of.span)?;
            made.push(value);
        }
        self.tell(|| Event::Leave);
        Ok(())
    }

    /// Runs a body for each item of a list.
    pub(super) fn each(&self, each: &'v Each, body: &mut dyn FnMut(&Self) -> Done<()>) -> Done<()> {
        let inside = self.deeper(|| each.of.span)?;
        let items = match self.evaluate(&each.of.expression)? {
            None => return Ok(()),
            Some(Value::List(items)) => items,
            Some(other) => {
                return Err(Fault::malformed(format!("expected a list, found a {}", other.kind()), each.of.span));
            }
        };
        self.reached(each.of.place);
        for (index, item) in items.iter().enumerate() {
            self.step(each.of.span)?;
            self.names.slots[each.item].set(Slot::Holds(*item));
            self.names.slots[each.index].set(Slot::Holds(Value::Number(place(index))));
            body(&inside)?;
        }
        Ok(())
    }

    /// The value of an expression, or what the place says of nothing.
    pub(super) fn leaf(&self, leaf: &'v Leaf) -> Done<Option<Value<'v>>> {
        let value = self.evaluate(&leaf.expression)?;
        if value.is_some() {
            self.reached(leaf.place);
        }
        self.tell(|| Event::Came(leaf.span, value));
        match (&leaf.required, value) {
            (Some(path), None) => Err(Fault::missing(path, leaf.span)),
            (_, value) => Ok(value),
        }
    }

    /// A constant's value.
    fn constant(&self, constant: &'v Constant) -> Value<'v> {
        let value = constant.tree.view(self.world.arena);
        self.tell(|| Event::Came(constant.span, Some(value)));
        value
    }

    /// Builds a tree that is no output itself.
    pub(super) fn aside(&self, plan: &'v Plan) -> Done<Option<Value<'v>>> {
        self.tell(|| Event::Aside(None));
        let value = self.value(plan);
        self.tell(|| Event::Back(None));
        value
    }

    /// The side that is chosen.
    pub(super) fn side(&self, when: &'v When) -> Done<&'v Plan> {
        let (place, side) = if self.is_true(&when.test.expression)? {
            (when.test.holds, &when.then)
        } else {
            (when.test.fails, &when.otherwise)
        };
        self.reached(place);
        Ok(side)
    }

    /// The case that fits.
    pub(super) fn case(&self, choice: &'v Match) -> Done<&'v Plan> {
        let value = self.evaluate(&choice.on.expression)?;
        let key = value.and_then(|value| self.key_text(value));
        if value.is_some() {
            self.reached(choice.on.place);
        }
        let case = key.and_then(|key| choice.cases.iter().find(|case| *case.name == *key));
        let (place, plan) = match (case, &choice.otherwise) {
            (Some(case), _) => (case.place, &case.plan),
            (None, Some((plan, place))) => (*place, plan),
            (None, None) => return Err(unfit(choice, value, key)),
        };
        self.reached(place);
        Ok(plan)
    }

    /// Enters a named tree with names of its own.
    pub(super) fn enter(&self, named: &'v Use) -> Done<(Self, &'v Plan)> {
        let body = &self.world.module.uses[named.named];
        let inside = self.deeper(|| named.span)?;
        let slots = slots(self.world, &body.starts);
        for (slot, plan) in slots.iter().zip(&named.with) {
            let value = self.aside(plan)?;
            self.spread(plan, value, named.span)?;
            slot.set(value.into());
        }
        let names = self.world.arena.alloc(Names { slots, lets: &[] });
        Ok((Run { names, ..inside }, &body.plan))
    }

    /// A text by a template. A name without a value is a fault: half a sentence reaches nobody.
    pub(super) fn prose(&self, text: &'v Text) -> Done<&'v str> {
        self.step(text.span)?;
        let mut values = List::with_capacity_in(text.with.len(), self.world.arena);
        for (name, plan) in &text.with {
            let value = self.aside(plan)?.filter(|value| !matches!(value, Value::Null));
            let value = value.ok_or_else(|| Fault::missing(name, text.span))?;
            let value = self.key_text(value).ok_or_else(|| {
                Fault::malformed(format!("{name}: a {} is no part of a sentence", value.kind()), text.span)
            })?;
            values.push(value);
        }
        let mut made = Prose::new_in(self.world.arena);
        for segment in &text.segments {
            made.push_str(match segment {
                Segment::Raw(raw) => raw,
                Segment::Name(number) => values[*number],
            });
            if made.len() > BYTES {
                return Err(Fault::malformed(format!("a text of more than {BYTES} bytes"), text.span));
            }
        }
        let made = made.into_bump_str();
        self.tell(|| Event::Came(text.span, Some(Value::Text(made))));
        Ok(made)
    }
}

/// A value without a case. It is shown only if it is plainly a word, since it may be a person's.
fn unfit(choice: &Match, value: Option<Value<'_>>, key: Option<&str>) -> Box<Fault> {
    let cases: Vec<&str> = choice.cases.iter().map(|case| &*case.name).collect();
    let is_word = |text: &&str| {
        text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-')
    };
    let found = match (value, key.filter(is_word)) {
        (None, _) => "nothing".to_owned(),
        (Some(_), Some(word)) if !word.is_empty() => format!("`{word}`"),
        (Some(value), _) => format!("another {}", value.kind()),
    };
    Fault::malformed(format!("{} is {found}, and none of {}", choice.shown, cases.join(", ")), choice.on.span)
}
