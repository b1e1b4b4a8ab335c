//! `$when`, `$match` and `$each`: which, and how often.

use super::Place;
use crate::language::lower::{Build, Lowered, Made, Way};
use crate::language::outline::{ANYTHING, OutlineId};
use crate::language::places::Kind;
use crate::language::plan::{Base, Case, Each, Leaf, Match, Plan, When};
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
        self.decided(test, then, otherwise);
        let tested = self.tested_node(test);
        let before = self.learn(tested);
        let (mut outlines, mut vanishes) = (Vec::new(), false);
        let asked = test.as_text().unwrap_or_default().to_owned();
        let mut side = |build: &mut Self, node: Option<&Node>, holds: bool| {
            let Some(node) = node else {
                vanishes = true;
                return Plan::Omit;
            };
            build.ways.push(Way::When(asked.clone().into(), holds));
            let plan = build.tree(node, place);
            build.ways.pop();
            let made = std::mem::take(&mut build.found().made);
            vanishes |= made.vanishes;
            outlines.extend(made.outline);
            plan
        };
        let then = side(self, then, true);
        self.forget(before);
        let refuted = self.refuted(test);
        let before = self.learn(refuted);
        let otherwise = side(self, otherwise, false);
        self.forget(before);
        self.chosen(outlines, vanishes);
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
        let place_of = self.compiler.place(Kind::Expression, on.span);
        let read = self.free_leaf(on);
        let (mut outlines, mut vanishes) = (Vec::new(), false);
        let asked: Box<str> = on.as_text().unwrap_or_default().into();
        if let Some(lowered) = &read {
            self.strange_cases(entries, &lowered.shown, lowered.outline);
        }
        let known = read.as_ref().map_or_else(Vec::new, |_| self.chosen_by(on));
        let before = self.learn(known);
        let mut compiled = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            let at = self.compiler.place(Kind::Case, key.span);
            self.passed_by(&asked, key);
            self.ways.push(Way::Match(asked.clone(), key.text.clone()));
            compiled.push(Case { name: key.text.clone(), plan: self.tree(node, place), place: at });
            self.ways.pop();
            let made = std::mem::take(&mut self.found().made);
            vanishes |= made.vanishes;
            outlines.extend(made.outline);
        }
        self.forget(before);
        let otherwise = otherwise.map(|node| {
            self.ways.push(Way::Otherwise(asked.clone()));
            let plan = self.tree(node, place);
            self.ways.pop();
            let made = std::mem::take(&mut self.found().made);
            vanishes |= made.vanishes;
            outlines.extend(made.outline);
            (plan, self.compiler.place(Kind::Case, node.span))
        });
        self.chosen(outlines, vanishes);
        let cases = compiled.into();
        let Some(Lowered { expression, shown, secret, .. }) = read else { return Plan::Omit };
        let on = Leaf { expression, required: None, span: on.span, place: place_of };
        if secret {
            self.compiler.error("SB0222", "a secret is not compared", on.span);
        }
        Plan::Match(Box::new(Match { on, cases, otherwise, shown: shown.into() }))
    }

    pub(super) fn each(&mut self, key: &Key, of: &Node, body: Option<&Node>, name: Option<&Node>) -> Plan {
        let secret_before = std::mem::take(&mut self.found().secret);
        let of = self.list_node(of);
        let list = self.found().made.outline.unwrap_or(ANYTHING);
        let items = self.compiler.outlines.flat(list).items.unwrap_or(ANYTHING);
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
        self.scope.names.push(Name { local: true, secret, outline: items, ..Name::plain(&text, Base::Slot(item)) });
        self.scope.names.push(Name { local: true, ..Name::plain("index", Base::Slot(index)) });
        let body = self.tree(body, Place::Required);
        self.scope.names.truncate(before);
        let made = std::mem::take(&mut self.found().made);
        let outline = self.compiler.outlines.list(made.outline.unwrap_or(ANYTHING));
        self.found().made = Made::of(outline);
        match of {
            Some(of) => Plan::Each(Box::new(Each { of, item, index, body })),
            None => Plan::Omit,
        }
    }

    fn chosen(&mut self, outlines: Vec<OutlineId>, vanishes: bool) {
        let outline = (!outlines.is_empty()).then(|| self.compiler.outlines.one_of(outlines));
        self.found().made = Made { outline, vanishes, ..Made::default() };
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
