//! `$when`, `$match` and `$each`: which, and how often.

use super::Place;
use crate::language::lower::Build;
use crate::language::places::Kind;
use crate::language::plan::{Base, Case, Each, Match, Plan, When};
use crate::language::scope::{Name, Start, is_plain};
use crate::yaml::{Key, Node};

impl Build<'_, '_> {
    pub(super) fn when(
        &mut self,
        key: &Key,
        test: &Node,
        then: Option<&Node>,
        otherwise: Option<&Node>,
        place: Place,
    ) -> Plan {
        if then.is_none() && otherwise.is_none() {
            self.lacks(key, "then` or `else");
        }
        let condition = self.test(test, (Kind::Then, Kind::Else));
        let tested = self.tested_node(test);
        let before = self.learn(tested);
        let then = then.map_or(Plan::Omit, |node| self.tree(node, place));
        self.forget(before);
        let otherwise = otherwise.map_or(Plan::Omit, |node| self.tree(node, place));
        Plan::When(Box::new(When { test: condition, then, otherwise }))
    }

    pub(super) fn matched(
        &mut self,
        key: &Key,
        on: &Node,
        cases: Option<&Node>,
        otherwise: Option<&Node>,
        place: Place,
    ) -> Plan {
        let Some(cases) = cases else {
            self.lacks(key, "cases");
            return Plan::Omit;
        };
        let Some(entries) = cases.as_map() else {
            self.compiler.error("SB0214", "`cases` is a map from a value to a tree", cases.span);
            return Plan::Omit;
        };
        let on = self.free_leaf(on);
        let mut case = |(key, node): &(Key, Node)| {
            let at = self.compiler.place(Kind::Case, key.span);
            Case { name: key.text.clone(), plan: self.tree(node, place), place: at }
        };
        let cases = entries.iter().map(&mut case).collect();
        let otherwise = otherwise.map(|node| (self.tree(node, place), self.compiler.place(Kind::Case, node.span)));
        let Some((on, shown, _, secret)) = on else { return Plan::Omit };
        if secret {
            self.compiler.error("SB0222", "a secret is not compared", on.span);
        }
        Plan::Match(Box::new(Match { on, cases, otherwise, shown: shown.into() }))
    }

    pub(super) fn each(&mut self, key: &Key, of: &Node, body: Option<&Node>, name: Option<&Node>) -> Plan {
        let secret_before = std::mem::take(&mut self.found().secret);
        let of = self.list_node(of);
        let secret = self.found().secret;
        self.found().secret |= secret_before;
        let Some(body) = body else {
            self.lacks(key, "do");
            return Plan::Omit;
        };
        let text = self.item_name(name);
        let item = self.scope.slot(Start::Empty);
        let index = self.scope.slot(Start::Empty);
        let before = self.scope.names.len();
        self.scope.names.push(Name { local: true, secret, ..Name::plain(&text, Base::Slot(item)) });
        self.scope.names.push(Name { local: true, ..Name::plain("index", Base::Slot(index)) });
        let body = self.tree(body, Place::Required);
        self.scope.names.truncate(before);
        match of {
            Some(of) => Plan::Each(Box::new(Each { of, item, index, body })),
            None => Plan::Omit,
        }
    }

    fn item_name(&mut self, name: Option<&Node>) -> Box<str> {
        let Some(node) = name else { return "item".into() };
        match node.as_text().filter(|text| is_plain(text) && *text != "index") {
            Some(text) => {
                if self.scope.find(text).is_some() {
                    self.compiler.error("SB0224", format!("the name `{text}` is taken"), node.span);
                }
                text.into()
            }
            None => {
                self.compiler.error("SB0214", "`as` is a name of letters, digits and `_`", node.span);
                "item".into()
            }
        }
    }
}
