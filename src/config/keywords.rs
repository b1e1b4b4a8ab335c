//! `keywords:` of a tenant over the rules of its platform's mapping: words folded, replies compiled.

use crate::keywords::Words;
use crate::language::Prose;
use crate::mapping::{Fields, InboundLeg, Mapping, Reader};
use crate::shape;
use crate::yaml::Node;

/// One rule of the platform's mapping with this tenant's words and reply.
#[derive(Clone, Debug)]
pub struct KeywordRule {
    /// The rule's name.
    pub name: String,
    /// Its words, folded.
    pub words: Words,
    /// It has no words: `when` alone decides.
    pub wordless: bool,
    /// What the person is told.
    pub reply: Option<Prose>,
}

/// What a reply may speak of.
const NAMES: &[&str] = &["name", "from", "to", "word"];

/// Reads `keywords:`; without it the mapping's own words and replies hold.
pub(super) fn read(reader: &mut Reader, node: Option<&Node>, mapping: &Mapping) -> Vec<KeywordRule> {
    let Some(leg) = mapping.platform().and_then(|legs| legs.inbound.as_ref()) else { return Vec::new() };
    let names: Vec<&str> = leg.rules.iter().map(|rule| rule.name.as_str()).collect();
    let fields = node.map(|node| Fields::named(reader, node, "keywords", &names));
    leg.rules
        .iter()
        .map(|rule| {
            let own = fields.and_then(|fields| fields.get(&rule.name));
            read_rule(reader, leg, rule, own)
        })
        .collect()
}

fn read_rule(reader: &mut Reader, leg: &InboundLeg, rule: &crate::mapping::Rule, own: Option<&Node>) -> KeywordRule {
    let fields = own.map(|node| Fields::read(reader, node, &shape::KEYWORD));
    let own_words = fields.and_then(|fields| fields.get("words"));
    let words: Vec<String> = own_words.map_or_else(
        || rule.words.clone(),
        |node| {
            Reader::one_or_many(node).iter().filter_map(|word| reader.text(word, "words").map(str::to_owned)).collect()
        },
    );
    if let (Some(node), true) = (own_words, words.is_empty() && !rule.words.is_empty()) {
        reader.error(
            "SB0408",
            node.span,
            format!("`{}` would have no words", rule.name),
            "give at least one word, or leave `words` out for the mapping's own",
        );
    }
    let reply = match fields.and_then(|fields| fields.get("reply")) {
        Some(node) => reader.text(node, "reply").and_then(|text| compile(reader, node, text)),
        None => rule.reply.as_deref().and_then(|text| Prose::parse(text).ok()),
    };
    KeywordRule {
        name: rule.name.clone(),
        wordless: words.is_empty(),
        words: Words::new(&words, leg.fold, leg.how),
        reply,
    }
}

fn compile(reader: &mut Reader, node: &Node, text: &str) -> Option<Prose> {
    let help = "it may hold {{name}}, {{from}}, {{to}} and {{word}}";
    match Prose::parse(text) {
        Ok(prose) => {
            if let Some(unknown) = prose.names().find(|name| !NAMES.contains(name)) {
                reader.error("SB0409", node.span, format!("the reply knows no `{{{{{unknown}}}}}`"), help);
            }
            Some(prose)
        }
        Err(problem) => {
            reader.error("SB0409", node.span, format!("the reply cannot be used: {problem}"), help);
            None
        }
    }
}
