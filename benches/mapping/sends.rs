//! A platform's send to the provider's: the two programs alone, and everything that the gateway does for a message
//! between the two bodies.

use std::sync::Arc;

use switchboard::codec::{self, Format, json};
use switchboard::config::Tenant;
use switchboard::functions::NoFacts;
use switchboard::language::{Frame, World};
use switchboard::legs::{self, Checks, Request, Stopped};
use switchboard::mapping::{Makes, Party};
use switchboard::model::wire::Incoming;
use switchboard::model::{Known, Message, fit};
use switchboard::value::{Arena, Value};

use super::shipped::{NOW, Sender, Shipped, platform, provider, refused};
use super::{REFERENCE, SEND, Trouble};

/// Body → the platform's message program → the model's check and fitting → the provider's body program → body.
pub(super) fn two_programs(shipped: &Shipped, tenant: &str, body: &'static str) -> Result<Vec<u8>, Trouble> {
    let tenant = shipped.tenant(tenant)?;
    let section = platform(tenant)?.send.as_ref().ok_or("no send")?;
    let call = &provider(tenant)?.send.as_ref().ok_or("no send")?.call;
    let (Makes::Value(program), Some(writes)) = (&section.makes, &call.body) else {
        return Err("no message or no body".into());
    };
    let arena = Arena::new();
    let mut world = World::new(&arena, &tenant.platform.module, &Sender, NOW);
    tenant.enter(Party::Platform, false, &mut world);
    let frame = Frame::new(&world, &section.layout);
    frame.set("body", json::read(body.as_bytes(), &arena)?);
    frame.set("query", Value::Map(&[]));
    let value = program.value(&frame).map_err(refused)?.ok_or("no message")?;
    let message = Message::read(value, section.dedupe_given, &arena).map_err(refused)?;
    let message = fit(message, Known::Unsynced, &arena).map_err(refused)?;

    let world = legs::call::world(tenant, Party::Provider, &arena, &NoFacts, NOW);
    let frame = Frame::new(&world, &call.layout);
    frame.set("message", with_reference(message.value, &arena));
    let mut out = Vec::with_capacity(1024);
    writes.write_json(&frame, &mut out).map_err(refused)?;
    Ok(out)
}

fn stopped(stopped: Stopped) -> Trouble {
    match stopped {
        Stopped::Refused(no) => refused(no.refusal),
        Stopped::Answered(_) => "answered by a check".into(),
    }
}

/// The model value as it is stored: with our id.
fn with_reference<'v>(message: Value<'v>, arena: &'v Arena) -> Value<'v> {
    let members = message.as_map().unwrap_or_default();
    let reference = ("ref", Value::Text(REFERENCE));
    Value::Map(arena.alloc_slice_fill_iter([reference].into_iter().chain(members.iter().copied()).collect::<Vec<_>>()))
}

/// A request as it came in, ready to be mapped again and again.
pub(super) struct Whole {
    incoming: Incoming,
    tenant: Arc<Tenant>,
}

impl Whole {
    pub(super) fn new(shipped: &Shipped) -> Result<Self, Trouble> {
        let header = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let headers = [("host", "127.0.0.1"), ("content-type", "application/json"), ("content-length", "858")];
        let incoming = Incoming {
            method: "POST".to_owned(),
            path: "/webengage/messages".to_owned(),
            query: String::new(),
            headers: headers.map(header).to_vec(),
            body: SEND.into(),
            peer: None,
        };
        Ok(Self { incoming, tenant: shipped.tenant("shop")?.clone() })
    }

    /// Accept and dispatch without what waits: decode, checks, message, both answers, the stored text; read again at
    /// dispatch, the call with its URL and headers.
    pub(super) fn run(&self) -> Result<Vec<u8>, Trouble> {
        let stored = self.accept()?;
        let arena = Arena::new();
        let leg = provider(&self.tenant)?.send.as_ref().ok_or("no send")?;
        let message = json::read(&stored, &arena)?;
        let outcall = legs::send::request(leg, &self.tenant, message, &Sender, &arena, NOW).map_err(refused)?;
        Ok(outcall.prepared.body.into())
    }

    fn accept(&self) -> Result<Vec<u8>, Trouble> {
        let section = platform(&self.tenant)?.send.as_ref().ok_or("no send")?;
        let (mapping, route) = (&*self.tenant.platform, section.routes.first().ok_or("no route")?);
        let request = Request { incoming: &self.incoming, mapping, section, route, path: &[] };
        let arena = Arena::new();
        let mut world = World::new(&arena, &mapping.module, &Sender, NOW);
        self.tenant.enter(Party::Platform, false, &mut world);
        let document = request.decode(&arena).map_err(refused)?;
        let frame = request.frame(&world, &document, None);
        let message = request.message(Checks::All, &frame, &arena).map_err(stopped)?;
        let message = fit(message, Known::Unsynced, &arena).map_err(refused)?;
        frame.set("message", message.value);
        for repeat in [false, true] {
            request.answer(&frame, repeat).map_err(refused)?;
        }
        let mut stored = Vec::with_capacity(512);
        codec::encode(Format::Json, with_reference(message.value, &arena), &mut stored)?;
        Ok(stored)
    }
}
