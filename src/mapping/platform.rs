//! A platform's side of the four legs: its send request, its reports, its keyword rules, its listing, its calls.

use std::collections::HashMap;

use super::actions::Actions;
use super::call::{self, Call};
use super::fields::{Fields, Reader};
use super::scopes;
use super::section::{self, Leg, Section};
use crate::keywords::{Fold, Match};
use crate::language::{Compiler, Kind, Layout, Place, Program};
use crate::model::Status;
use crate::shape;
use crate::yaml::Node;

/// A platform's side of the four legs.
#[derive(Debug, Default)]
pub struct PlatformLegs {
    /// Their request.
    pub send: Option<Section>,
    /// Their report.
    pub status: Option<StatusLeg>,
    /// Their posts about inbound messages.
    pub inbound: Option<InboundLeg>,
    /// Their listing.
    pub templates: Option<Section>,
    /// Calls that `status.do` names.
    pub status_calls: Vec<Call>,
    /// Calls that rules name.
    pub inbound_calls: Vec<Call>,
}

/// A platform's `status:`.
#[derive(Debug)]
pub struct StatusLeg {
    /// The scope of the words and `do`.
    pub layout: Layout,
    /// The platform's word for a status.
    pub words: Vec<(Status, Program)>,
    /// Words that are said first if they never were.
    pub fill: Vec<String>,
    /// A list of calls.
    pub actions: Program,
}

/// A platform's `inbound:`.
#[derive(Debug)]
pub struct InboundLeg {
    /// The scope of the rules.
    pub layout: Layout,
    /// What is ignored when words are compared.
    pub fold: Fold,
    /// How much of a text must be the word.
    pub how: Match,
    /// In order.
    pub rules: Vec<Rule>,
}

/// One keyword rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name; tenants change its words and reply by it.
    pub name: String,
    /// Words; empty: none needed.
    pub words: Vec<String>,
    /// Must hold too.
    pub when: Option<Program>,
    /// A list of actions: `suppress`, `release`, `reply`, calls, or numbers of `sends`.
    pub actions: Program,
    /// The messages that `{ send: … }` in the actions say, each by itself: one that cannot be made stops no other action.
    pub sends: Vec<Program>,
    /// The mapping's own reply, where it has one.
    pub reply: Option<String>,
    /// It fired.
    pub place: Place,
}

pub(super) fn read(reader: &mut Reader, compiler: &mut Compiler<'_>, fields: Fields<'_>) -> PlatformLegs {
    let calls = fields.get("calls").map_or(&[][..], |node| reader.map(node, "calls"));
    let names: Vec<&str> = calls.iter().map(|(key, _)| &*key.text).collect();
    let mut named = (Vec::new(), Vec::new());
    let send = fields.get("send").and_then(|node| section::read(reader, compiler, Leg::Send, node));
    let status = fields.get("status").and_then(|node| status(reader, compiler, &names, &mut named.0, node));
    let inbound = fields.get("inbound").map(|node| inbound(reader, compiler, &names, &mut named.1, node));
    let templates = fields.get("templates").and_then(|node| section::read(reader, compiler, Leg::Templates, node));
    let mut read = |named: &[String], roots| {
        let used = calls.iter().filter(|(key, _)| named.iter().any(|name| **name == *key.text));
        used.filter_map(|(key, node)| call::read(reader, compiler, &key.text, &shape::CALL, roots, node)).collect()
    };
    let status_calls = read(&named.0, scopes::STATUS_CALL);
    let inbound_calls = read(&named.1, scopes::INBOUND_CALL);
    for (key, _) in calls {
        if !named.0.iter().chain(&named.1).any(|name| **name == *key.text) {
            reader.warning(
                "SB0315",
                key.span,
                format!("nothing makes the call `{}`", key.text),
                "name it in a `do:`, or remove it",
            );
        }
    }
    PlatformLegs { send, status, inbound, templates, status_calls, inbound_calls }
}

fn status(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    calls: &[&str],
    named: &mut Vec<String>,
    node: &Node,
) -> Option<StatusLeg> {
    let fields = Fields::read(reader, node, &shape::PLATFORM_STATUS);
    let mut scope = compiler.scope(scopes::WORDS);
    compiler.sent_before(&mut scope);
    let statuses = [Status::Submitted, Status::Delivered, Status::Read, Status::Failed];
    let mut words = Vec::new();
    for (key, word) in fields.get("words").map_or(&[][..], |node| reader.map(node, "words")) {
        let Some(status) = statuses.iter().find(|status| *status.as_str() == *key.text) else {
            reader.error(
                "SB0305",
                key.span,
                format!("`{}` is no status", key.text),
                "one of: submitted, delivered, read, failed",
            );
            continue;
        };
        words.push((*status, scope.tree(compiler, word)));
    }
    let fill = fields.get("fill").map_or(&[][..], Reader::one_or_many);
    let fill = fill.iter().filter_map(|node| reader.text(node, "fill").map(str::to_owned)).collect();
    let actions = Actions::of_status(reader, calls).read(compiler, &mut scope, named, fields.get("do")?);
    Some(StatusLeg { layout: scope.finish(), words, fill, actions: actions.list })
}

fn inbound(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    calls: &[&str],
    named: &mut Vec<String>,
    node: &Node,
) -> InboundLeg {
    let fields = Fields::read(reader, node, &shape::PLATFORM_INBOUND);
    let how = fields
        .get("match")
        .and_then(|node| reader.word(node, "match", &[("whole", Match::Whole), ("first_word", Match::FirstWord)]));
    let fold = fields.get("fold").map_or(Fold::ALL, |node| fold(reader, node));
    let mut scope = compiler.scope(scopes::RULES);
    compiler.sent_before(&mut scope);
    let mut rules = Vec::new();
    let mut fits_all: Option<&str> = None;
    let mut taken: HashMap<String, Box<str>> = HashMap::new();
    for (key, node) in fields.get("rules").map_or(&[][..], |node| reader.map(node, "rules")) {
        let fields = Fields::read(reader, node, &shape::RULE);
        if let Some(wide) = fits_all {
            let message = format!("this rule never acts: `{wide}` above fits everything");
            reader.warning("SB0231", key.span, message, "move it up, or give that rule `words` or `when`");
        } else if fields.get("words").is_none() && fields.get("when").is_none_or(|when| when.as_bool() == Some(true)) {
            fits_all = Some(&*key.text);
        }
        for word in fields.get("words").map_or(&[][..], Reader::one_or_many) {
            let Some(text) = word.as_text().map(str::to_lowercase) else { continue };
            if let Some(earlier) = taken.get(&text) {
                let message = format!("this word never acts: the rule `{earlier}` above takes it");
                reader.warning("SB0231", word.span, message, "keep it in one of the rules");
            } else if fields.get("when").is_none() {
                taken.insert(text, key.text.clone());
            }
        }
        let words = fields.get("words").map_or(&[][..], Reader::one_or_many);
        let words = words.iter().filter_map(|word| reader.text(word, "words").map(str::to_owned)).collect();
        let Some(actions) = fields.get("do") else { continue };
        let place = compiler.place(Kind::Rule, key.span);
        let when = fields.get("when").map(|node| scope.condition(compiler, node));
        let of_rule = Actions::of_rule(reader, calls);
        let actions = match fields.get("when") {
            Some(when) => scope.under(compiler, when, |scope, compiler| of_rule.read(compiler, scope, named, actions)),
            None => of_rule.read(compiler, &mut scope, named, actions),
        };
        rules.push(Rule {
            name: key.text.to_string(),
            place,
            words,
            when,
            actions: actions.list,
            sends: actions.sends,
            reply: fields.get("reply").and_then(|node| reader.text(node, "reply")).map(str::to_owned),
        });
    }
    InboundLeg { layout: scope.finish(), fold, how: how.unwrap_or(Match::Whole), rules }
}

fn fold(reader: &mut Reader, node: &Node) -> Fold {
    if node.as_text() == Some("all") {
        return Fold::ALL;
    }
    let mut fold = Fold { case: false, width: false, diacritics: false, punctuation: false, space: false };
    let words = [("case", 0), ("width", 1), ("diacritics", 2), ("punctuation", 3), ("space", 4)];
    for item in Reader::one_or_many(node) {
        match reader.word(item, "fold", &words) {
            Some(0) => fold.case = true,
            Some(1) => fold.width = true,
            Some(2) => fold.diacritics = true,
            Some(3) => fold.punctuation = true,
            Some(_) => fold.space = true,
            None => {}
        }
    }
    fold
}
