//! What a `do:` may list: words, calls of the file, and in rules messages of their own.
//!
//! A `do` is a tree of which words and `{ send: … }` are the leaves. What a `send` says is a program of its own, and its
//! number stands in the tree, so that a message that cannot be made keeps no opt-out from being done.

use super::fields::Reader;
use super::known;
use crate::diagnostic::suggest;
use crate::language::{Compiler, Program, ScopeBuilder};
use crate::value::Number;
use crate::yaml::{Node, Scalar, Shape, Style};

/// What is read while the actions of one `do` are.
pub(super) struct Actions<'r> {
    reader: &'r mut Reader,
    /// The file's calls.
    calls: &'r [&'r str],
    /// Words that are actions beside them.
    own: &'static [&'static str],
    sends: Vec<Program>,
}

/// A `do`, compiled.
pub(super) struct Done {
    /// A list of words and of numbers of `sends`.
    pub(super) list: Program,
    /// In the order in which they are written.
    pub(super) sends: Vec<Program>,
}

impl<'r> Actions<'r> {
    /// Of a status: calls alone.
    pub(super) const fn of_status(reader: &'r mut Reader, calls: &'r [&'r str]) -> Self {
        Self { reader, calls, own: &[], sends: Vec::new() }
    }

    /// Of a keyword rule.
    pub(super) const fn of_rule(reader: &'r mut Reader, calls: &'r [&'r str]) -> Self {
        Self { reader, calls, own: &["suppress", "release", "reply"], sends: Vec::new() }
    }

    /// Notes the calls that are named, and compiles.
    pub(super) fn read(
        mut self,
        compiler: &mut Compiler<'_>,
        scope: &mut ScopeBuilder,
        named: &mut Vec<String>,
        node: &Node,
    ) -> Done {
        let node = self.walk(compiler, scope, named, node);
        Done { list: scope.tree(compiler, &node), sends: self.sends }
    }

    /// The same tree with a number in the place of each `{ send: … }`.
    fn walk(
        &mut self,
        compiler: &mut Compiler<'_>,
        scope: &mut ScopeBuilder,
        named: &mut Vec<String>,
        node: &Node,
    ) -> Node {
        let mut walked = node.clone();
        match &mut walked.shape {
            Shape::Scalar(Scalar::Text(word), _) => self.word(word, named, node),
            Shape::Scalar(..) => self.no_action(node, None),
            Shape::List(items) => {
                for item in items {
                    *item = self.walk(compiler, scope, named, item);
                }
            }
            Shape::Map(members) if members.iter().any(|(key, _)| key.text.starts_with('$')) => {
                let asked = node.get("$when");
                for (key, part) in members {
                    match (&*key.text, asked) {
                        ("then", Some(asked)) => {
                            *part =
                                scope.under(compiler, asked, |scope, compiler| self.walk(compiler, scope, named, part));
                        }
                        ("then" | "else" | "do", _) => *part = self.walk(compiler, scope, named, part),
                        ("cases", _) => self.cases(compiler, scope, named, part),
                        _ => {}
                    }
                }
            }
            Shape::Map(_) => {
                if let Some(number) = self.send(compiler, scope, node) {
                    walked.shape = Shape::Scalar(Scalar::Number(Number::from(number)), Style::Plain);
                }
            }
        }
        walked
    }

    fn cases(
        &mut self,
        compiler: &mut Compiler<'_>,
        scope: &mut ScopeBuilder,
        named: &mut Vec<String>,
        node: &mut Node,
    ) {
        let Shape::Map(cases) = &mut node.shape else { return };
        for (_, case) in cases {
            *case = self.walk(compiler, scope, named, case);
        }
    }

    fn word(&mut self, word: &str, named: &mut Vec<String>, node: &Node) {
        if self.calls.contains(&word) {
            named.push(word.to_owned());
        } else if !self.own.contains(&word) && !word.starts_with('$') {
            self.no_action(node, Some(word));
        }
    }

    /// What the message of a `send` comes to, and its number.
    fn send(&mut self, compiler: &mut Compiler<'_>, scope: &mut ScopeBuilder, node: &Node) -> Option<u64> {
        let members = node.as_map().unwrap_or_default();
        let [(key, message)] = members else {
            self.no_action(node, None);
            return None;
        };
        if &*key.text != "send" {
            self.no_action(node, Some(&key.text));
            return None;
        }
        if self.own.is_empty() {
            let help = "what becomes of a message is told by calls; rules of `inbound` send messages";
            self.reader.error("SB0316", key.span, "a status sends no message", help);
            return None;
        }
        let number = u64::try_from(self.sends.len()).ok()?;
        let (program, _) = scope.built(compiler, message, &known::ANSWERING);
        self.sends.push(program);
        Some(number)
    }

    fn no_action(&mut self, node: &Node, word: Option<&str>) {
        let known: Vec<&str> = self.own.iter().chain(self.calls).copied().collect();
        let near = word.and_then(|word| suggest(word, known.iter().copied()));
        let send = if self.own.is_empty() { "" } else { ", or { send: … } with a message" };
        let help = near.map(|near| format!("did you mean `{near}`?"));
        let help = help.unwrap_or_else(|| format!("one of: {}{send}", known.join(", ")));
        let message = match word {
            Some(word) => format!("there is no action `{word}`"),
            None if node.as_map().is_some() => "an action is one word or one key, not several keys".to_owned(),
            None => format!("an action is a word, not {}", node.describe()),
        };
        self.reader.error("SB0316", node.span, message, help);
    }
}
