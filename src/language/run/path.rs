//! Walking paths: singular ones give a value or nothing, plural ones visit what they find.

use super::{Done, Run, Slot};
use crate::diagnostic::Span;
use crate::language::expression::Comparison;
use crate::language::observer::{self, Event};
use crate::language::plan::{Base, Operand, Path, Step, Test};
use crate::value::Value;

/// What visits the values a plural path finds.
type Visit<'a, 'v> = dyn FnMut(Value<'v>) -> Done<()> + 'a;

impl<'v> Run<'v> {
    /// The value of a singular path. Null is a value here; what reads makes it nothing.
    pub(super) fn find(&self, path: &'v Path, this: Option<Value<'v>>) -> Done<Option<Value<'v>>> {
        let Some(mut value) = self.base(path.base, this)? else { return Ok(None) };
        for step in &path.steps {
            let next = match step {
                Step::Key(key) => value.get(key),
                Step::Index(index) => item(value, *index),
                Step::Wildcard | Step::Slice(..) | Step::Filter(_) => None,
            };
            let Some(next) = next else { return Ok(None) };
            value = next;
        }
        Ok(Some(value))
    }

    /// Visits all that a plural path finds.
    pub(super) fn find_all(
        &self,
        path: &'v Path,
        this: Option<Value<'v>>,
        span: Span,
        visit: &mut Visit<'_, 'v>,
    ) -> Done<()> {
        match self.base(path.base, this)? {
            Some(value) => self.walk(value, &path.steps, span, visit),
            None => Ok(()),
        }
    }

    fn walk(&self, value: Value<'v>, steps: &'v [Step], span: Span, visit: &mut Visit<'_, 'v>) -> Done<()> {
        let Some((step, rest)) = steps.split_first() else { return visit(value) };
        match step {
            Step::Key(key) => value.get(key).map_or(Ok(()), |value| self.walk(value, rest, span, visit)),
            Step::Index(index) => item(value, *index).map_or(Ok(()), |value| self.walk(value, rest, span, visit)),
            Step::Wildcard => self.children(value, span, &mut |child| self.walk(child, rest, span, visit)),
            Step::Slice(start, end) => {
                for child in slice(value, *start, *end) {
                    self.step(span)?;
                    self.walk(*child, rest, span, visit)?;
                }
                Ok(())
            }
            Step::Filter(test) => self.children(value, span, &mut |child| {
                if self.fits(test, child, span)? { self.walk(child, rest, span, visit) } else { Ok(()) }
            }),
        }
    }

    fn children(&self, value: Value<'v>, span: Span, visit: &mut Visit<'_, 'v>) -> Done<()> {
        match value {
            Value::List(items) => items.iter().try_for_each(|item| {
                self.step(span)?;
                visit(*item)
            }),
            Value::Map(members) => members.iter().try_for_each(|(_, value)| {
                self.step(span)?;
                visit(*value)
            }),
            _ => Ok(()),
        }
    }

    fn base(&self, base: Base, this: Option<Value<'v>>) -> Done<Option<Value<'v>>> {
        Ok(match base {
            Base::Slot(slot) => match self.names.slots[slot].get() {
                Slot::Holds(value) => Some(value),
                Slot::Empty => None,
                Slot::Lazy(number) => self.compute(slot, number)?,
            },
            Base::Settings => Some(self.world.settings),
            Base::Credentials => Some(self.world.credentials),
            Base::Tenant => Some(Value::Text(self.world.tenant)).filter(|_| !self.world.tenant.is_empty()),
            Base::Now => Some(Value::Time(self.world.now)),
            Base::This => this,
        })
    }

    /// Computes a `let`, once. Each sees only earlier ones, so this ends.
    fn compute(&self, slot: usize, number: usize) -> Done<Option<Value<'v>>> {
        let named = &self.names.lets[number];
        self.tell(|| Event::Aside(Some(observer::Let { name: &named.name, span: named.span })));
        let value = self.deeper(|| named.span)?.value(&named.plan)?;
        self.spread(&named.plan, value, named.span)?;
        self.tell(|| Event::Back(value));
        self.names.slots[slot].set(value.into());
        Ok(value)
    }

    fn fits(&self, test: &'v Test, this: Value<'v>, span: Span) -> Done<bool> {
        Ok(match test {
            Test::Or(parts) => {
                for part in parts {
                    if self.fits(part, this, span)? {
                        return Ok(true);
                    }
                }
                false
            }
            Test::And(parts) => {
                for part in parts {
                    if !self.fits(part, this, span)? {
                        return Ok(false);
                    }
                }
                true
            }
            Test::Not(inner) => !self.fits(inner, this, span)?,
            Test::Exists(path) => self.count(path, this, span)? > 0,
            Test::Compare(how, left, right) => {
                compare(*how, self.operand(left, this, span)?, self.operand(right, this, span)?)
            }
        })
    }

    fn operand(&self, operand: &'v Operand, this: Value<'v>, span: Span) -> Done<Option<Value<'v>>> {
        match operand {
            Operand::Literal(tree) => Ok(Some(tree.view(self.world.arena))),
            Operand::Path(path) => self.find(path, Some(this)),
            Operand::Length(path) => Ok(self.find(path, Some(this))?.and_then(length)),
            Operand::Count(path) => {
                let count = self.count(path, this, span)?;
                Ok(Some(Value::Number(super::frame::place(count))))
            }
        }
    }

    fn count(&self, path: &'v Path, this: Value<'v>, span: Span) -> Done<usize> {
        let mut found = 0;
        self.find_all(path, Some(this), span, &mut |_| {
            found += 1;
            Ok(())
        })?;
        Ok(found)
    }
}

/// An item of a list, from its end if negative.
fn item(value: Value<'_>, index: i64) -> Option<Value<'_>> {
    let items = value.as_list()?;
    let place = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 { items.get(items.len().checked_sub(place)?) } else { items.get(place) }.copied()
}

fn slice<'v>(value: Value<'v>, start: Option<i64>, end: Option<i64>) -> &'v [Value<'v>] {
    let Some(items) = value.as_list() else { return &[] };
    let place = |index: i64| {
        let steps = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
        if index < 0 { items.len().saturating_sub(steps) } else { steps.min(items.len()) }
    };
    items.get(start.map_or(0, place)..end.map_or(items.len(), place)).unwrap_or_default()
}

/// RFC 9535's `length`: of a text in characters, of a list or map in items.
fn length(value: Value<'_>) -> Option<Value<'_>> {
    let length = match value {
        Value::Text(text) => text.chars().count(),
        Value::List(items) => items.len(),
        Value::Map(members) => members.len(),
        _ => return None,
    };
    Some(Value::Number(super::frame::place(length)))
}

/// As RFC 9535 compares: nothing equals nothing only, and only two numbers, texts or times have an order.
pub(super) fn compare(how: Comparison, left: Option<Value<'_>>, right: Option<Value<'_>>) -> bool {
    match how {
        Comparison::Equal => left == right,
        Comparison::Unequal => left != right,
        Comparison::Less => less(left, right),
        Comparison::LessOrEqual => less(left, right) || left == right,
        Comparison::Greater => less(right, left),
        Comparison::GreaterOrEqual => less(right, left) || left == right,
    }
}

fn less(left: Option<Value<'_>>, right: Option<Value<'_>>) -> bool {
    match (left, right) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => a < b,
        (Some(Value::Text(a)), Some(Value::Text(b))) => a < b,
        (Some(Value::Time(a)), Some(Value::Time(b))) => a < b,
        _ => false,
    }
}
