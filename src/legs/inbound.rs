//! What a person's message does: the rule that fires, and its actions.

use super::call;
use super::gateway::Knowledge;
use super::report::actions;
use super::sends::fitted;
use crate::codec::{self, Format};
use crate::config::{KeywordRule, Tenant};
use crate::language::{Asked, Event, Frame, Program};
use crate::mapping::{Party, Rule};
use crate::model::{Class, Inbound, Message, Reason, Refusal};
use crate::value::{Arena, Timestamp, Tree, Value};

/// What a rule does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The person opted out.
    Suppress,
    /// The person opted in.
    Release,
    /// The person is told this.
    Reply(String),
    /// The person is sent this, or why it cannot be made.
    Send(Result<Answering, Refusal>),
    /// The platform is told.
    Call {
        /// The call's name.
        name: String,
        /// What it reads, as JSON.
        context: Vec<u8>,
    },
}

/// A message of the gateway's own to who wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Answering {
    /// As the model has it, without its `ref`.
    pub message: Tree,
    /// How urgent.
    pub class: Class,
    /// Why it does not fit its template, where the tenant sends it all the same.
    pub misfit: Option<Refusal>,
}

/// Which rule fired.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruled {
    /// Its name; `None` if none did.
    pub rule: Option<String>,
    /// The configured word that the text was.
    pub word: Option<String>,
    /// Nothing was understood: a robot may be answering, so what the person is told is not told too often.
    pub sparing: bool,
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
    knowledge: &'v dyn Knowledge,
    now: Timestamp,
) -> Result<Ruled, Refusal> {
    let Some(leg) = tenant.platform.platform().and_then(|legs| legs.inbound.as_ref()) else {
        return Ok(Ruled::default());
    };
    let world = arena.alloc(call::world(tenant, Party::Platform, arena, knowledge, now));
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
        let context = context(&scope, fired, arena)?;
        let said = Said { tenant, inbound, word, context };
        let action = |action: Value<'v>| match (action.as_text(), number_of(action, rule)) {
            (Some(name), _) => said.named(name, own),
            (None, Some(program)) => {
                let made = program.value(&frame).map_err(Refusal::from);
                let made = made.transpose()?.and_then(|content| said.answering(content, knowledge, arena));
                Some(Action::Send(made))
            }
            (None, None) => None,
        };
        let actions = actions(&rule.actions, &frame)?.into_iter().filter_map(action).collect();
        let word = word.map(str::to_owned);
        return Ok(Ruled { rule: Some(rule.name.clone()), word, sparing: own.wordless, actions });
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

/// The message that stands in a rule's actions by its number.
fn number_of<'r>(action: Value<'_>, rule: &'r Rule) -> Option<&'r Program> {
    let Value::Number(number) = action else { return None };
    rule.sends.get(usize::try_from(number.as_i64()?).ok()?)
}

/// What a rule's actions are about.
struct Said<'v> {
    tenant: &'v Tenant,
    inbound: &'v Inbound,
    word: Option<&'v str>,
    context: Vec<u8>,
}

impl<'v> Said<'v> {
    fn named(&self, name: &str, own: &KeywordRule) -> Option<Action> {
        let inbound = self.inbound;
        match name {
            "suppress" => Some(Action::Suppress),
            "release" => Some(Action::Release),
            "reply" => {
                // What is not known of the person reads as nothing: a reply is better than none.
                let fill = |name: &str| match name {
                    "name" => Some(inbound.name.as_deref().unwrap_or_default()),
                    "from" => Some(inbound.from.as_str()),
                    "to" => Some(inbound.to.as_str()),
                    "word" => Some(self.word.unwrap_or_default()),
                    _ => None,
                };
                Some(Action::Reply(own.reply.as_ref()?.fill(fill)?))
            }
            call => Some(Action::Call { name: call.to_owned(), context: self.context.clone() }),
        }
    }

    /// The message that a `send` comes to: addressed, checked and fitted like one of the platform's.
    fn answering(
        &self,
        content: Value<'v>,
        knowledge: &'v dyn Knowledge,
        arena: &'v Arena,
    ) -> Result<Answering, Refusal> {
        let content = content.as_map().unwrap_or_default();
        if let Some((name, _)) = content.iter().find(|(name, _)| OURS.contains(name)) {
            return Err(Refusal::new(Reason::Malformed, format!("`{name}` is not a `send`'s to say")));
        }
        let mut members = addressed(self.inbound).to_vec();
        members.retain(|(name, _)| content.iter().all(|(written, _)| written != name));
        members.extend(content);
        let message = Message::read(Value::Map(arena.alloc_slice_copy(&members)), false, arena)?;
        let (message, misfit) = fitted(self.tenant, message, knowledge, arena)?;
        Ok(Answering { message: Tree::from(message.value), class: message.class, misfit })
    }
}

/// Whom it goes to and where from is known, and no platform is told of it.
const OURS: [&str; 6] = ["id", "to", "from", "campaign", "keep", "dedupe"];

fn addressed(inbound: &Inbound) -> [(&str, Value<'_>); 4] {
    [
        ("id", Value::Text(inbound.id.as_str())),
        ("to", Value::Text(inbound.from.as_str())),
        ("from", Value::Text(inbound.to.as_str())),
        ("class", Value::Text("transactional")),
    ]
}

/// The message that a reply is, without its `ref`.
#[must_use]
pub fn reply(inbound: &Inbound, text: &str) -> Answering {
    let said = [("text", Value::Text(text)), ("kind", Value::Text("text"))];
    let members: Vec<_> = addressed(inbound).into_iter().chain(said).collect();
    Answering { message: Tree::from(Value::Map(&members)), class: Class::Transactional, misfit: None }
}
