//! A platform's send request: its messages, checked and fitted, and what the platform is told of them.
//!
//! One message, or one for each item. What is refused may have been accepted before: the caller looks it up, and comes
//! back with [`retell`].

use bytes::Bytes;

use super::answer::{self, Refused};
use super::decide::{Asked, Decision, Reading, Return, Step, status, world};
use super::gateway::{Gateway, Knowledge};
use super::request::{Checks, Item, Request, Stopped};
use crate::codec::{self, Format};
use crate::config::{Preflight, StaticButton, Tenant};
use crate::language::{Frame, World};
use crate::mapping::{Batch, Leg};
use crate::model::wire::Reply;
use crate::model::{Class, Dedupe, Known, Message, Reason, Ref, Refusal, fit, for_static_buttons};
use crate::value::{Arena, Number, Tree, Value};

/// A message to be stored.
#[derive(Clone, Debug)]
pub struct NewSend {
    /// Ours.
    pub reference: Ref,
    /// The sender, as the tenant writes it.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// How urgent.
    pub class: Class,
    /// The platform's id.
    pub platform_id: String,
    /// The platform's campaign.
    pub campaign: Option<String>,
    /// By which a repeat is known; none: never a repeat.
    pub dedupe: Option<String>,
    /// The model message as JSON, `ref` included.
    pub body: Bytes,
    /// Its template's name, for logs.
    pub template: Option<String>,
    /// Why it does not fit its template, where the tenant sends it all the same.
    pub misfit: Option<Refusal>,
}

/// How a refused message is known if it was accepted before.
#[derive(Clone, Debug)]
pub struct Before {
    /// The platform's id.
    pub platform_id: String,
    /// By which a repeat is known.
    pub dedupe: String,
    body: Bytes,
}

/// What becomes of one message of a request.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// To be stored.
    New(Box<NewSend>),
    /// Refused, unless it was accepted before.
    Refused(Box<Refused>, Option<Box<Before>>),
    /// Refused now, and accepted before.
    Known(Box<Before>),
}

/// What the platform is told.
#[derive(Clone, Debug)]
pub struct Answers {
    /// If anything is stored.
    pub accepted: Reply,
    /// If all of it was stored before.
    pub repeat: Reply,
    /// Nothing may be stored: it is a refusal.
    pub refuses: bool,
}

/// Messages on their way into the store.
#[derive(Debug)]
pub struct Accepting {
    /// In the order of the items.
    pub verdicts: Vec<Verdict>,
    /// What is told if it stays at that.
    pub answers: Answers,
    /// To come back with other verdicts.
    pub back: Return,
}

/// What is told of one item.
struct Line<'v> {
    item: Item<'v>,
    message: Option<Value<'v>>,
}

/// A send in its tenant's world.
struct Sending<'v, G> {
    gateway: &'v G,
    tenant: &'v Tenant,
    knowledge: &'v dyn Knowledge,
    world: &'v World<'v>,
    request: Request<'v>,
    document: super::Document<'v>,
    claims: Option<&'v Tree>,
    frame: Frame<'v>,
    arena: &'v Arena,
}

impl<G: Gateway> Reading<'_, G> {
    pub(super) fn send(&self, tenant: &Tenant, place: usize) -> Decision {
        let knowledge = self.asked.gateway.about(tenant);
        let world = world(&self.request, Some(tenant), &knowledge, self.arena, self.asked.now);
        let sending = self.sending(tenant, &knowledge, &world);
        let (verdicts, answers) = match sending.decide() {
            Ok(decided) => decided,
            Err(Stopped::Answered(reply)) => {
                let misses = world.take_misses();
                return Decision { misses, ..Decision::of(Leg::Send, Step::Answer(reply)) };
            }
            Err(Stopped::Refused(refused)) => return self.refuse(Some(tenant), refused),
        };
        let (refused, misses) = (refusals(&verdicts).cloned().collect(), world.take_misses());
        let accepting = Accepting { verdicts, answers, back: self.coming_back(place) };
        Decision { refused, misses, ..Decision::of(Leg::Send, Step::Accept(Box::new(accepting))) }
    }

    fn sending<'v>(&'v self, tenant: &'v Tenant, knowledge: &'v dyn Knowledge, world: &'v World<'v>) -> Sending<'v, G> {
        let request: Request<'v> = self.request;
        Sending {
            gateway: self.asked.gateway,
            tenant,
            knowledge,
            world,
            frame: request.frame(world, &self.document, self.verified.claims.as_ref()),
            request,
            document: self.document,
            claims: self.verified.claims.as_ref(),
            arena: self.arena,
        }
    }
}

/// What the platform is told once it is known that some of what was refused was accepted before.
pub fn retell<G: Gateway>(asked: Asked<'_, G>, back: &Return, verdicts: &[Verdict]) -> Answers {
    let nothing = || Answers { accepted: status(500), repeat: status(500), refuses: true };
    let arena = Arena::new();
    let Some(tenant) = asked.snapshot.tenants.get(back.tenant) else { return nothing() };
    let Some((request, document)) =
        asked.request(back.hit).and_then(|request| Some((request, request.decode(&arena).ok()?)))
    else {
        return nothing();
    };
    let reading = Reading { asked, place: back.hit, request, document, verified: &back.verified, arena: &arena };
    let knowledge = asked.gateway.about(tenant);
    let world = world(&request, Some(tenant), &knowledge, &arena, asked.now);
    let sending = reading.sending(tenant, &knowledge, &world);
    sending.told_again(verdicts).unwrap_or_else(|_| nothing())
}

impl<'v, G: Gateway> Sending<'v, G> {
    fn is_batch(&self) -> bool {
        !self.request.section.each.is_empty()
    }

    fn decide(&self) -> Result<(Vec<Verdict>, Answers), Stopped> {
        if !self.is_batch() {
            return self.single();
        }
        self.request.check(Checks::OfRequest, &self.frame)?;
        let items = self.request.items(&self.frame)?;
        if items.is_empty() {
            return Err(Refusal::new(Reason::EmptyBody, "the request has no items").into());
        }
        let mut verdicts = Vec::with_capacity(items.len());
        let mut lines = Vec::with_capacity(items.len());
        let mut accepted = 0;
        for item in items {
            item.enter(&self.frame);
            let (verdict, message) = match self.one(Checks::OfItem, accepted) {
                Ok((new, message)) => {
                    accepted += 1;
                    (Verdict::New(Box::new(new)), Some(message))
                }
                // No check of an item answers: refused at load.
                Err(Stopped::Answered(_)) => continue,
                Err(Stopped::Refused(refused)) => {
                    let refused = Refused { item: Some(Box::new((Tree::from(item.item), item.index))), ..refused };
                    (self.refused(refused), None)
                }
            };
            verdicts.push(verdict);
            lines.push(Line { item, message });
        }
        let answers = self.told_of_batch(&verdicts, &lines)?;
        Ok((verdicts, answers))
    }

    /// One request, one message.
    fn single(&self) -> Result<(Vec<Verdict>, Answers), Stopped> {
        let made = self.one(Checks::All, 0).and_then(|(new, message)| {
            self.frame.set("message", message);
            Ok((new, answers(&self.request, &self.frame)?))
        });
        match made {
            Ok((new, answers)) => Ok((vec![Verdict::New(Box::new(new))], answers)),
            Err(Stopped::Answered(reply)) => Err(Stopped::Answered(reply)),
            Err(Stopped::Refused(refused)) => {
                let verdicts = vec![self.refused(refused)];
                let answers = self.no(&verdicts);
                Ok((verdicts, answers))
            }
        }
    }

    /// Checks, message, the limits at the door, fitting.
    fn one(&self, which: Checks, before: u64) -> Result<(NewSend, Value<'v>), Stopped> {
        let message = self.request.message(which, &self.frame, self.arena)?;
        self.gateway.admit(self.tenant, before).map_err(Stopped::Refused)?;
        let number = self.tenant.sender(message.from).map(|number| number.number.as_str());
        let message = number.map_or(message, |number| message.sent_from(number, self.arena));
        let (message, misfit) = fitted(self.tenant, message, self.knowledge, self.arena)?;
        let reference = self.gateway.reference();
        let body = body(reference, message.value, self.arena)?;
        let new = NewSend {
            reference,
            from: message.from.to_owned(),
            to: message.to.to_owned(),
            class: message.class,
            platform_id: message.id.to_owned(),
            campaign: message.value.text("campaign").filter(|id| !id.is_empty()).map(str::to_owned),
            dedupe: key(&message),
            body,
            template: message.value.get("template").and_then(|template| template.text("name")).map(str::to_owned),
            misfit,
        };
        Ok((new, message.value))
    }

    /// A no, and what the message would be known by if it had been accepted before.
    fn refused(&self, refused: Refused) -> Verdict {
        let before = self.before().map(Box::new);
        Verdict::Refused(Box::new(refused), before)
    }

    fn before(&self) -> Option<Before> {
        let value = self.request.value(&self.frame).ok()??;
        let message = Message::read(value, self.request.section.dedupe_given, self.arena).ok()?;
        let mut body = Vec::new();
        codec::encode(Format::Json, message.value, &mut body).ok()?;
        Some(Before { platform_id: message.id.to_owned(), dedupe: key(&message)?, body: body.into() })
    }

    /// No, for every reason there is.
    fn no(&self, verdicts: &[Verdict]) -> Answers {
        let all: Vec<&Refused> = refusals(verdicts).collect();
        let reply = answer::refuse(self.world, self.request.mapping, &all, Some(&self.document));
        Answers { accepted: reply.clone(), repeat: reply, refuses: true }
    }

    fn told_again(&self, verdicts: &[Verdict]) -> Result<Answers, Refusal> {
        let (items, arena) = (self.request.items(&self.frame)?, Arena::new());
        let message = |verdict: &Verdict| {
            let body: &[u8] = match verdict {
                Verdict::New(new) => &new.body,
                Verdict::Known(before) => &before.body,
                Verdict::Refused(..) => return None,
            };
            codec::decode(Format::Json, arena.alloc_slice_copy(body), &arena).ok()
        };
        if self.is_batch() {
            let line = |(item, verdict)| Line { item, message: message(verdict) };
            let lines: Vec<Line<'_>> = items.into_iter().zip(verdicts).map(line).collect();
            return self.told_of_batch(verdicts, &lines);
        }
        match verdicts.first().and_then(message) {
            None => Ok(self.no(verdicts)),
            Some(message) => {
                let frame = self.request.frame(self.world, &self.document, self.claims);
                frame.set("message", message);
                answers(&self.request, &frame)
            }
        }
    }

    /// Yes with what became of each item, unless no item is good, or a bad one is too many.
    fn told_of_batch(&self, verdicts: &[Verdict], lines: &[Line<'_>]) -> Result<Answers, Refusal> {
        let errors: Vec<&Refused> = refusals(verdicts).collect();
        let whole = self.request.section.batch == Batch::Whole;
        if errors.len() == verdicts.len() || (whole && !errors.is_empty()) {
            return Ok(self.no(verdicts));
        }
        let arena = self.arena;
        let mut seen = Vec::with_capacity(errors.len());
        let mut results = Vec::with_capacity(lines.len());
        for (line, verdict) in lines.iter().zip(verdicts) {
            let index = Number::from(u64::try_from(line.item.index).unwrap_or(u64::MAX));
            let mut members = vec![("item", line.item.item), ("index", Value::Number(index))];
            members.extend(line.message.map(|message| ("message", message)));
            if let Verdict::Refused(refused, _) = verdict {
                let error = refused.view(arena);
                seen.push(error);
                members.push(("error", error));
            }
            results.push(Value::Map(arena.alloc_slice_copy(&members)));
        }
        let frame = self.request.frame(self.world, &self.document, self.claims);
        frame.set("results", Value::List(arena.alloc_slice_copy(&results)));
        frame.set("errors", Value::List(arena.alloc_slice_copy(&seen)));
        frame.set("error", seen.first().copied().unwrap_or(Value::Null));
        answers(&self.request, &frame)
    }
}

/// Fits a template message to its synced definition, as the tenant's `preflight` says.
pub(super) fn fitted<'v>(
    tenant: &Tenant,
    message: Message<'v>,
    knowledge: &'v dyn Knowledge,
    arena: &'v Arena,
) -> Result<(Message<'v>, Option<Refusal>), Refusal> {
    let template = message.value.get("template");
    let name = template.and_then(|template| template.text("name"));
    let language = template.and_then(|template| template.get("language")).and_then(|code| code.text("code"));
    let preflight = tenant.delivery.preflight;
    let known = match name.zip(language).filter(|_| preflight != Preflight::Off) {
        Some((name, language)) => knowledge.known(name, language, message.from),
        None => Known::Unsynced,
    };
    let message = tenant.delivery.blank.filled(message, arena);
    let fits = || {
        if preflight != Preflight::Off {
            tenant.delivery.blank.check(&message)?;
        }
        if tenant.delivery.static_button == StaticButton::Refuse {
            for_static_buttons(&message, known)?;
        }
        fit(message, known, arena)
    };
    match (fits(), preflight) {
        (Ok(message), _) => Ok((message, None)),
        (Err(refusal), Preflight::Refuse) => Err(refusal),
        (Err(refusal), Preflight::Warn | Preflight::Off) => Ok((fit(message, Known::Unsynced, arena)?, Some(refusal))),
    }
}

/// What of a message that is about to be sent does not fit its template, where the tenant sends it all the same.
pub fn misfit<'v>(
    tenant: &Tenant,
    message: Value<'v>,
    knowledge: &'v dyn Knowledge,
    arena: &'v Arena,
) -> Option<Refusal> {
    let message = Message::stored(message, arena).ok()?;
    fitted(tenant, message, knowledge, arena).ok()?.1
}

fn answers<'v>(request: &Request<'v>, frame: &Frame<'v>) -> Result<Answers, Refusal> {
    Ok(Answers { accepted: request.answer(frame, false)?, repeat: request.answer(frame, true)?, refuses: false })
}

fn refusals(verdicts: &[Verdict]) -> impl Iterator<Item = &Refused> {
    verdicts
        .iter()
        .filter_map(|verdict| if let Verdict::Refused(refused, _) = verdict { Some(&**refused) } else { None })
}

fn key(message: &Message<'_>) -> Option<String> {
    match message.dedupe {
        Dedupe::Key(key) => Some(key.to_owned()),
        Dedupe::Exempt => None,
    }
}

/// The model message as it is stored: with our id.
///
/// # Errors
/// What the codec says.
pub fn body(reference: Ref, value: Value<'_>, arena: &Arena) -> Result<Bytes, Refusal> {
    let reference = arena.alloc_str(&reference.to_string());
    let mut members = vec![("ref", Value::Text(reference))];
    members.extend(value.as_map().unwrap_or_default().iter().filter(|(name, _)| *name != "ref"));
    let mut body = Vec::with_capacity(512);
    codec::encode(Format::Json, Value::Map(&members), &mut body)
        .map_err(|problem| Refusal::new(Reason::Malformed, problem.to_string()))?;
    Ok(body.into())
}
