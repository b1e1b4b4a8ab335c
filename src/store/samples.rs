//! Messages, changes and calls for the tests of this room.

use std::time::Duration;

use bytes::Bytes;

use super::{
    Billed, Cause, Change, Charge, DeadLetter, Lane, Line, NewCall, NewMessage, Origin, Pause, Suppression, Taken,
    Which,
};
use crate::delivery::{Life, Phase};
use crate::model::{Address, Amount, Class, Cost, Currency, Event, Name, Ref};
use crate::value::Timestamp;

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(super) fn id(number: i64) -> Ref {
    Ref::from_number(number)
}

pub(super) fn name(text: &str) -> Name {
    Name::from(text)
}

pub(super) fn address(text: &str) -> Address {
    Address::from(text)
}

pub(super) fn lane(tenant: &str, from: &str) -> Lane {
    Lane { tenant: name(tenant), from: address(from) }
}

/// Message `number` of acme, accepted at that millisecond, good for an hour.
pub(super) fn new(number: i64) -> NewMessage {
    NewMessage {
        reference: id(number),
        lane: lane("acme", "14155550100"),
        to: address("919812345670"),
        class: Class::Promotional,
        origin: Origin::Platform,
        platform_id: format!("platform-{number}"),
        campaign: None,
        dedupe: Some(format!("platform-{number}")),
        body: Bytes::from(format!("{{\"id\":\"platform-{number}\"}}")),
        version: "5f3a".to_owned(),
        life: Life::new(at(number).after(Duration::from_secs(3600))),
        at: at(number),
    }
}

/// The change of message `number` from that revision into a phase.
pub(super) fn change(number: i64, revision: u64, phase: Phase) -> Change {
    Change {
        reference: id(number),
        revision,
        life: Life { phase, attempts: 1, ..new(number).life },
        provider_id: None,
        said: None,
        calls: Vec::new(),
        newest: false,
        letters: Vec::new(),
        redrives: None,
        alias: None,
        billed: Billed::default(),
        line: Line { at: at(number), text: format!("now {phase:?}") },
        goes_on: false,
    }
}

/// What the provider says then of an attempt's cost; an empty amount or category is none.
pub(super) fn charge(attempt: &str, millis: i64, [amount, currency]: [&str; 2], category: &str) -> Charge {
    let event = Event {
        provider_id: Some(attempt.to_owned()),
        reference: None,
        status: None,
        word: None,
        at: at(millis),
        user: None,
        cost: None,
        failure: None,
    };
    let price = Amount::parse(amount).zip(Currency::parse(currency));
    let category = Some(category.to_owned()).filter(|category| !category.is_empty());
    Charge::of(&event, Cost { price, category })
}

pub(super) fn call(number: i64, message: Option<i64>) -> NewCall {
    NewCall {
        id: number,
        tenant: name("acme"),
        name: "report".to_owned(),
        message: message.map(id),
        context: Bytes::from(format!("{{\"call\":{number}}}")),
        at: at(number),
    }
}

pub(super) fn taken(id: &str) -> Taken {
    Taken {
        tenant: name("acme"),
        id: id.to_owned(),
        addresses: vec![address("919812345670")],
        suppressions: Vec::new(),
        replies: Vec::new(),
        calls: Vec::new(),
        at: at(50),
    }
}

pub(super) fn suppression(sender: Option<&str>, person: &str, on: bool) -> Suppression {
    Suppression {
        tenant: name("acme"),
        sender: sender.map(address),
        address: address(person),
        on,
        at: at(60),
        cause: said("in-0"),
    }
}

/// Of that tenant, or one number of it.
pub(super) fn paused(tenant: &str, sender: Option<&str>) -> Pause {
    let (who, reason) = ("ops".to_owned(), "a fault".to_owned());
    Pause { tenant: name(tenant), which: Which::of_sender(sender.map(address)), at: at(80), who, reason }
}

/// What a person said in that message.
pub(super) fn said(inbound: &str) -> Cause {
    let rule = "opt_out".to_owned();
    Cause::Said { rule, word: Some("STOP".to_owned()), inbound: Some(inbound.to_owned()) }
}

pub(super) fn letter(tenant: Option<&str>, why: &str) -> DeadLetter {
    DeadLetter {
        id: 0,
        tenant: tenant.map(name),
        kind: "status".to_owned(),
        name: "/hook".to_owned(),
        message: None,
        why: why.to_owned(),
        content: [b"{\xff}", why.as_bytes()].concat().into(),
        at: at(9),
        call: None,
        came: None,
        attempts: 0,
        due: None,
    }
}
