//! Expressions to values; `None` is nothing.

use bumpalo::collections::Vec as List;

use super::path::compare;
use super::{Done, Fault, Run, bounds};
use crate::functions::{Call as Invocation, FunctionError};
use crate::language::plan::{Call, Expression};
use crate::model::Reason;
use crate::value::{Tree, Value};

impl<'v> Run<'v> {
    /// The value of an expression.
    pub(super) fn evaluate(&self, expression: &'v Expression) -> Done<Option<Value<'v>>> {
        match expression {
            Expression::Read(path) => Ok(self.find(path, None)?.filter(|value| !matches!(value, Value::Null))),
            Expression::Literal(tree) => Ok(Some(tree.view(self.world.arena))),
            Expression::Collect(path, span) => {
                let mut items = List::new_in(self.world.arena);
                self.find_all(path, None, *span, &mut |item| {
                    bounds::one_more(items.len(), *span)?;
                    items.push(item);
                    Ok(())
                })?;
                Ok(Some(Value::List(items.into_bump_slice())))
            }
            Expression::Tree(plan) => self.aside(plan),
            Expression::Call(call) => self.call(call),
            Expression::Lookup(lookup) => self.lookup(lookup),
            Expression::First(alternatives) => {
                for (alternative, place) in alternatives {
                    if let Some(value) = self.evaluate(alternative)? {
                        self.reached(*place);
                        return Ok(Some(value));
                    }
                }
                Ok(None)
            }
            Expression::Compare(how, sides) => {
                let (left, right) = (self.compared(&sides.0)?, self.compared(&sides.1)?);
                Ok(Some(Value::Bool(compare(*how, left, right))))
            }
            Expression::Not(_)
            | Expression::And(_)
            | Expression::Or(_)
            | Expression::Exists(_)
            | Expression::Holds(..) => self.is_true(expression).map(|holds| Some(Value::Bool(holds))),
        }
    }

    /// A side of a comparison: there, `null` is how a mapping writes nothing.
    fn compared(&self, expression: &'v Expression) -> Done<Option<Value<'v>>> {
        if matches!(expression, Expression::Literal(Tree::Null)) {
            return Ok(None);
        }
        self.evaluate(expression)
    }

    /// Whether a condition holds.
    pub(super) fn is_true(&self, expression: &'v Expression) -> Done<bool> {
        match expression {
            Expression::Not(inner) => Ok(!self.is_true(inner)?),
            Expression::And(parts) => {
                for part in parts {
                    if !self.is_true(part)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expression::Or(parts) => {
                for part in parts {
                    if self.is_true(part)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expression::Exists(inner) => Ok(self.evaluate(inner)?.is_some()),
            Expression::Holds(inner, shown, span) => match self.evaluate(inner)? {
                Some(Value::Bool(value)) => Ok(value),
                None => Ok(false),
                Some(other) => {
                    Err(Fault::malformed(format!("{shown}: expected true or false, found a {}", other.kind()), *span))
                }
            },
            other => Ok(matches!(self.evaluate(other)?, Some(Value::Bool(true)))),
        }
    }

    fn call(&self, call: &'v Call) -> Done<Option<Value<'v>>> {
        self.step(call.span)?;
        let function = call.function;
        let missing = |value: Option<Value<'v>>| match value.filter(|value| !matches!(value, Value::Null)) {
            None if !function.of_nothing => None,
            value => Some(value.unwrap_or(Value::Null)),
        };
        let Some(input) = missing(self.evaluate(&call.input)?) else { return Ok(None) };
        let mut arguments = List::with_capacity_in(call.arguments.len(), self.world.arena);
        for argument in &call.arguments {
            let Some(value) = missing(self.evaluate(argument)?) else { return Ok(None) };
            arguments.push(value);
        }
        let invocation = Invocation {
            input,
            arguments: &arguments,
            prepared: &call.prepared,
            arena: self.world.arena,
            facts: self.world.facts,
        };
        (function.body)(&invocation).map_err(|error| failed(call, &error))
    }
}

/// A function that could not: what it was applied to, and what it says.
#[cold]
fn failed(call: &Call, error: &FunctionError) -> Box<Fault> {
    let reason = match error {
        FunctionError::InvalidRecipient(_) => Reason::InvalidRecipient,
        FunctionError::Malformed(_) | FunctionError::Bound(_) => Reason::Malformed,
    };
    let path = Some(call.shown.to_string()).filter(|path| !path.is_empty());
    Box::new(Fault { reason, text: format!("{}: {error}", call.shown), path, span: call.span })
}
