//! What a person's message does: the rule that fires, and its actions.

use super::call;
use super::report::actions;
use crate::codec::{self, Format};
use crate::config::{KeywordRule, Tenant};
use crate::functions::Facts;
use crate::language::{Asked, Event, Frame};
use crate::mapping::Party;
use crate::model::{Inbound, Reason, Refusal};
use crate::value::{Arena, Timestamp, Value};

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The person opted out.
    Suppress,
    /// The person opted in.
    Release,
    /// The person is told this.
    Reply {
        /// The finished text.
        text: String,
        /// Nothing was understood: a robot may be answering, so not too often.
        sparing: bool,
    },
    /// The platform is told.
    Call {
        /// The call's name.
        name: String,
        /// What it reads, as JSON.
        context: Vec<u8>,
    },
}

/// Which rule fired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruled {
    /// Its name; `None` if none did.
    pub rule: Option<String>,
    /// The configured word that the text was.
    pub word: Option<String>,
    /// In order.
    pub actions: Vec<Action>,
}

/// What is known around an inbound message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'v> {
    /// The message it replies to.
    pub quoted: Option<Value<'v>>,
    /// The newest message sent to that person from that number.
    pub last: Option<Value<'v>>,
}

/// Finds the rule that fires and what it does.
///
/// # Errors
/// What the mapping faults with.
pub fn rule<'v>(
    tenant: &'v Tenant,
    inbound: &'v Inbound,
    around: Around<'v>,
    arena: &'v Arena,
    facts: &'v dyn Facts,
    now: Timestamp,
) -> Result<Ruled, Refusal> {
    let Some(leg) = tenant.platform.platform().and_then(|legs| legs.inbound.as_ref()) else {
        return Ok(Ruled::default());
    };
    let world = arena.alloc(call::world(tenant, Party::Platform, arena, facts, now));
    let frame = Frame::new(world, &leg.layout);
    let number = tenant.number(&inbound.to).map_or(Value::Null, |number| number.view(arena));
    let scope = [
        ("inbound", inbound.view(arena)),
        ("number", number),
        ("quoted", around.quoted.unwrap_or(Value::Null)),
        ("last", around.last.unwrap_or(Value::Null)),
    ];
    scope.into_iter().for_each(|(name, value)| frame.set(name, value));
    for (rule, own) in leg.rules.iter().zip(&tenant.keywords) {
        let texts = [inbound.content.text.as_deref(), inbound.content.payload.as_deref()];
        let word = own.words.find(texts.into_iter().flatten());
        if word.is_none() && !own.wordless {
            frame.tell(Event::Rule(&rule.name, Asked::NoWord));
            continue;
        }
        let fired = named(&rule.name, word, arena);
        frame.set("rule", fired);
        if !rule.when.as_ref().map_or(Ok(true), |when| when.holds(&frame))? {
            frame.tell(Event::Rule(&rule.name, Asked::NotWhen));
            continue;
        }
        frame.tell(Event::Reached(rule.place));
        frame.tell(Event::Rule(&rule.name, Asked::Fired(word)));
        let names = actions(&rule.actions, &frame)?;
        let context = context(&scope, fired, arena)?;
        let actions = names.into_iter().filter_map(|name| action(name, own, inbound, word, &context)).collect();
        return Ok(Ruled { rule: Some(rule.name.clone()), word: word.map(str::to_owned), actions });
    }
    Ok(Ruled::default())
}

fn named<'v>(name: &'v str, word: Option<&'v str>, arena: &'v Arena) -> Value<'v> {
    let word = word.map_or(Value::Null, Value::Text);
    Value::Map(arena.alloc_slice_copy(&[("name", Value::Text(name)), ("word", word)]))
}

fn context(scope: &[(&str, Value<'_>)], rule: Value<'_>, arena: &Arena) -> Result<Vec<u8>, Refusal> {
    let mut members: Vec<(&str, Value<'_>)> =
        scope.iter().map(|(name, value)| (&*arena.alloc_str(name), *value)).collect();
    members.push(("rule", rule));
    let mut context = Vec::new();
    codec::encode(Format::Json, Value::Map(&members), &mut context)
        .map_err(|problem| Refusal::new(Reason::Malformed, problem.to_string()))?;
    Ok(context)
}

fn action(name: &str, own: &KeywordRule, inbound: &Inbound, word: Option<&str>, context: &[u8]) -> Option<Action> {
    match name {
        "suppress" => Some(Action::Suppress),
        "release" => Some(Action::Release),
        "reply" => {
            // What is not known of the person reads as nothing: a reply is better than none.
            let fill = |name: &str| match name {
                "name" => Some(inbound.name.as_deref().unwrap_or_default()),
                "from" => Some(inbound.from.as_str()),
                "to" => Some(inbound.to.as_str()),
                "word" => Some(word.unwrap_or_default()),
                _ => None,
            };
            let text = own.reply.as_ref()?.fill(fill)?;
            Some(Action::Reply { text, sparing: own.wordless })
        }
        call => Some(Action::Call { name: call.to_owned(), context: context.to_vec() }),
    }
}

/// The message that a reply is, without its `ref`.
pub fn reply<'v>(inbound: &'v Inbound, text: &'v str, arena: &'v Arena) -> Value<'v> {
    let members = [
        ("id", Value::Text(inbound.id.as_str())),
        ("to", Value::Text(inbound.from.as_str())),
        ("from", Value::Text(inbound.to.as_str())),
        ("class", Value::Text("transactional")),
        ("text", Value::Text(text)),
        ("kind", Value::Text("text")),
    ];
    Value::Map(arena.alloc_slice_copy(&members))
}
