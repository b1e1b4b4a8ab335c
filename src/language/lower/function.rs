//! Functions: their names, arguments and types, checked; literals compiled once.

use std::ops::Range;

use super::{Build, Lowered, Wanted};
use crate::diagnostic::Span;
use crate::functions::{self, Argument as Declared, Function, Type};
use crate::language::expression::{Argument, Invocation, Syntax};
use crate::language::outline::{Flat, Kinds};
use crate::language::plan::{Call, Expression, Lookup};
use crate::language::program::GATEWAY;
use crate::value::{Arena, Value};
use crate::yaml::Node;

const CONVERT: &str = "nothing is converted silently: `string`, `number`, `integer`, `boolean` and `time` do it";

impl Build<'_, '_> {
    /// Compiles functions applied to a value.
    pub(super) fn pipe(&mut self, node: &Node, input: &Syntax, calls: &[Invocation], wanted: Wanted) -> Lowered {
        let input = self.value(node, input, Wanted { list: true, ..wanted });
        self.calls(node, input, calls)
    }

    /// Applies functions, one after the other.
    pub(in crate::language) fn calls(&mut self, node: &Node, input: Lowered, calls: &[Invocation]) -> Lowered {
        calls.iter().fold(input, |input, call| self.call(node, input, call))
    }

    fn call(&mut self, node: &Node, input: Lowered, call: &Invocation) -> Lowered {
        if &*call.name == "table" {
            return self.lookup(node, input, call);
        }
        let Some(function) = functions::find(&call.name) else {
            let place = node.part(&self.compiler.source, call.at.start, call.at.end);
            self.compiler.problem("SB0208", format!("there is no function `{}`", call.name), place, |problem| {
                problem.did_you_mean(&call.name, functions::FUNCTIONS.iter().map(|known| known.name))
            });
            return Lowered::broken();
        };
        self.fits(node, &call.at, function, &input);
        if function.asks {
            self.asks(function.name, node.part(&self.compiler.source, call.at.start, call.at.end));
        }
        let Some(arguments) = self.arguments(node, function, call) else { return Lowered::broken() };
        let prepared = match prepared(function, call) {
            Ok(prepared) => prepared,
            Err(text) => {
                // The parser of regular expressions draws a picture; its last line says what is wrong.
                let (what, last) = (text.lines().next().unwrap_or_default(), text.lines().last().unwrap_or_default());
                let told = match last.trim().strip_prefix("error: ") {
                    Some(why) => format!("{}: {why}", what.split(": ").next().unwrap_or_default()),
                    None => text.trim_end_matches('.').to_owned(),
                };
                let help = format!("see `{}` in the table of functions of docs/language.md", function.name);
                self.at(node, &call.at, "SB0209", told, Some(&help));
                return Lowered::broken();
            }
        };
        let span = node.part(&self.compiler.source, call.at.start, call.at.end);
        let lowered = Lowered {
            gives: function.gives,
            optional: input.optional || arguments.iter().any(|argument| argument.optional),
            shown: input.shown.clone(),
            outline: self.compiler.outlines.after(function, &call.arguments, input.outline),
            missing: input.missing.clone(),
            ..Lowered::broken()
        };
        let arguments = arguments.into_iter().map(|argument| argument.expression).collect();
        let call = Call { function, prepared, input: input.expression, arguments, shown: input.shown.into(), span };
        Lowered { expression: Expression::Call(Box::new(call)), ..lowered }
    }

    /// Notes that the gateway is asked, which has no answer in some places.
    fn asks(&mut self, function: &str, at: Span) {
        self.found.reads.push((GATEWAY.into(), function.into()));
        self.answered(function, at);
    }

    /// Reports a question to the gateway where nobody answers.
    pub(in crate::language) fn answered(&mut self, function: &str, at: Span) {
        if let Some(why) = self.scope.silent {
            let text = format!("`{function}` asks the gateway, which has no answer here: {why}");
            self.compiler.problem("SB0234", text, at, |problem| {
                problem.help("ask in `checks`, in what the section makes, or in a call")
            });
        }
    }

    /// Whether a function may be applied to this value.
    fn fits(&mut self, node: &Node, at: &Range<usize>, function: &Function, input: &Lowered) {
        if input.secret && !function.takes.contains(&Type::Secret) {
            self.secret(node, at);
        } else if input.plural && !accepts(function.takes, Type::List) {
            self.at(
                node,
                at,
                "SB0206",
                format!("`{}` takes one value, and this path is a list", function.name),
                Some("pick one with `[0]`, or apply a function of lists such as `first` before"),
            );
        } else if !accepts(function.takes, input.gives) {
            let text =
                format!("`{}` takes {}, and this is {}", function.name, names(function.takes), name(input.gives));
            self.at(node, at, "SB0210", text, Some(CONVERT));
        } else {
            let kinds = self.compiler.outlines.flat(input.outline).kinds;
            let takes = function.takes.iter().map(|kind| Kinds::of(*kind)).fold(Kinds::NONE, Kinds::or);
            if !function.takes.is_empty() && kinds != Kinds::NONE && !kinds.meets(takes) {
                let text =
                    format!("`{}` takes {}, and this is {}", function.name, names(function.takes), kinds.shown());
                self.at(node, at, "SB0210", text, Some(CONVERT));
            }
        }
    }

    fn secret(&mut self, node: &Node, at: &Range<usize>) {
        self.at(
            node,
            at,
            "SB0222",
            "a secret goes nowhere but into auth and calls as it is",
            Some("the one function with a secret argument is `hmac_sha256`"),
        );
    }

    fn arguments(&mut self, node: &Node, function: &Function, call: &Invocation) -> Option<Vec<Lowered>> {
        let declared = function.arguments;
        let least = declared.iter().filter(|argument| argument.required).count();
        let most = if declared.last().is_some_and(|last| last.rest) { usize::MAX } else { declared.len() };
        if call.arguments.len() < least || call.arguments.len() > most {
            let text = format!("`{}` has {} here", function.name, counted(call.arguments.len()));
            let wanted = declared.iter().map(|argument| argument.name).collect::<Vec<_>>().join(", ");
            self.at(node, &call.at, "SB0209", text, Some(&format!("it is written `{}({wanted})`", function.name)));
            return None;
        }
        let pairs = call.arguments.iter().enumerate();
        pairs
            .map(|(place, (argument, at))| {
                let declared = declared.get(place).or(declared.last())?;
                self.argument(node, function, declared, argument, at)
            })
            .collect()
    }

    fn argument(
        &mut self,
        node: &Node,
        function: &Function,
        declared: &Declared,
        argument: &Argument,
        at: &Range<usize>,
    ) -> Option<Lowered> {
        let what = format!("the argument `{}` of `{}`", declared.name, function.name);
        let lowered = match argument {
            Argument::Name(name) => {
                let help = format!("a text stands in double quotes: `\"{name}\"`");
                self.at(node, at, "SB0209", format!("{what} is no bare name"), Some(&help));
                return None;
            }
            Argument::Path(..) if declared.literal => {
                self.at(node, at, "SB0209", format!("{what} is a literal: it is compiled at load"), None);
                return None;
            }
            Argument::Literal(tree) => self.literal(tree),
            Argument::Path(path, optional) => {
                let takes_secret = declared.types.contains(&Type::Secret);
                let outside = self.found.secret;
                let wanted = Wanted { list: accepts(declared.types, Type::List), handled: *optional };
                let lowered = self.path(node, at, path, wanted);
                if lowered.secret && !takes_secret {
                    self.secret(node, at);
                } else if takes_secret {
                    // What a function makes of a secret is none any more: a digest.
                    self.found.secret = outside;
                }
                Lowered { optional: lowered.optional || *optional, ..lowered }
            }
        };
        if !accepts(declared.types, lowered.gives) {
            let text = format!("{what} is {}, and this is {}", names(declared.types), name(lowered.gives));
            self.at(node, at, "SB0210", text, Some(CONVERT));
            return None;
        }
        Some(lowered)
    }

    fn lookup(&mut self, node: &Node, input: Lowered, call: &Invocation) -> Lowered {
        let [(Argument::Name(name), at)] = call.arguments.as_slice() else {
            self.at(
                node,
                &call.at,
                "SB0209",
                "`table` has one argument, a table's name",
                Some("it is written without quotes: `table(codes)`"),
            );
            return Lowered::broken();
        };
        let Some(number) = self.compiler.tables.iter().position(|table| *table.name == **name) else {
            let known: Vec<_> = self.compiler.tables.iter().map(|table| table.name.clone()).collect();
            let place = node.part(&self.compiler.source, at.start, at.end);
            self.compiler.problem("SB0215", format!("there is no table `{name}`"), place, |problem| {
                problem.did_you_mean(name, known.iter().map(|known| &**known))
            });
            return Lowered::broken();
        };
        if input.secret {
            self.secret(node, &call.at);
        }
        if input.plural {
            self.at(node, &call.at, "SB0206", "`table` takes one value, and this path is a list", None);
        }
        let flat = self.compiler.outlines.flat(input.outline);
        self.compiler.looked_up(number, flat.words.clone(), &input.shown);
        if !input.plural {
            self.keys(node, &call.at, number, &flat);
        }
        Lowered {
            optional: input.optional,
            shown: input.shown,
            table: Some(number),
            outline: self.compiler.tables[number].outline,
            ..Lowered::of(Expression::Lookup(Box::new(Lookup { input: input.expression, table: number })), Type::Any)
        }
    }
}

impl Build<'_, '_> {
    /// Whether a table may be asked for this: a key is a text, a number or a boolean; several are a map of them.
    fn keys(&mut self, node: &Node, at: &Range<usize>, table: usize, asked: &Flat) {
        let table = &self.compiler.tables[table];
        let (name, key) = (table.name.clone(), table.key.clone());
        let one = key.len() < 2;
        let takes = if one { KEY } else { Kinds::MAP };
        if asked.kinds != Kinds::NONE && !asked.kinds.meets(takes) {
            let takes = if one { KEY.shown() } else { format!("a map of `{}`", key.join("`, `")) };
            let text = format!("the table `{name}` is asked with {takes}, and this is {}", asked.kinds.shown());
            self.at(node, at, "SB0210", text, Some("pick the member that is the key, or convert it"));
            return;
        }
        for column in key.iter().filter(|_| !one) {
            let Some((outline, _)) = asked.members.get(column) else { continue };
            let kinds = self.compiler.outlines.flat(*outline).kinds;
            if kinds != Kinds::NONE && !kinds.meets(KEY) {
                let text = format!(
                    "the key `{column}` of the table `{name}` is {}, and this is {}",
                    KEY.shown(),
                    kinds.shown()
                );
                self.at(node, at, "SB0210", text, Some("pick the member that is the key, or convert it"));
            }
        }
    }
}

/// What a key may be.
const KEY: Kinds = Kinds::TEXT.or(Kinds::NUMBER).or(Kinds::BOOLEAN);

fn prepared(function: &'static Function, call: &Invocation) -> Result<functions::Prepared, String> {
    let arena = Arena::new();
    let literals: Vec<Option<Value<'_>>> = call
        .arguments
        .iter()
        .map(|(argument, _)| match argument {
            Argument::Literal(tree) => Some(tree.view(&arena)),
            Argument::Path(..) | Argument::Name(_) => None,
        })
        .collect();
    functions::prepare(function, &literals).map_err(|problem| problem.to_string())
}

fn accepts(types: &[Type], given: Type) -> bool {
    types.is_empty()
        || given == Type::Any
        || types.iter().any(|wanted| {
            *wanted == Type::Any || *wanted == given || (*wanted == Type::Number && given == Type::Integer)
        })
}

fn names(types: &[Type]) -> String {
    types.iter().map(|kind| name(*kind)).collect::<Vec<_>>().join(" or ")
}

const fn name(kind: Type) -> &'static str {
    match kind {
        Type::Any => "anything",
        Type::Text => "a text",
        Type::Number => "a number",
        Type::Integer => "an integer",
        Type::Boolean => "a boolean",
        Type::Time => "a time",
        Type::List => "a list",
        Type::Map => "a map",
        Type::Secret => "a secret",
    }
}

fn counted(arguments: usize) -> String {
    match arguments {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        many => format!("{many} arguments"),
    }
}
