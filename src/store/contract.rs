//! The contract of a store: records and the trait that every engine keeps.
//!
//! One write is next state + next calls + indexes + a line of history, atomically. A method that writes resolves only
//! after the commit is durable.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::delivery::Life;
use crate::model::{Address, Class, Name, Ref};
use crate::value::Timestamp;

use super::campaign::{Campaign, CampaignMessage};
use super::consent::{Consent, Consents, Listed, Suppression};
use super::held::{Holds, Release};
use super::operator::{Audit, Audits, Came, Count, Forget, Forgotten, Kept, Lettered, Letters, Page, Token};
use super::part::{Changed, Node, Part, Stay, Wanted};
use super::pause::{Pause, Which};
use super::sample::Sample;
use super::usage::{Bill, Billed, Months, Usage};

/// Where messages queue up: one sender of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    /// The tenant.
    pub tenant: Name,
    /// The sender.
    pub from: Address,
}

/// Who wanted a message sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The platform: its fate is reported.
    Platform,
    /// A keyword rule's reply: not reported to the platform.
    Reply,
    /// The reply of a rule that opts out or in: the person expects it, so it goes out even to someone suppressed.
    Consent,
    /// The operator, by hand: not reported to the platform.
    Operator,
}

/// A message to be accepted.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Ours, unique, growing with time.
    pub reference: Ref,
    /// Tenant and sender.
    pub lane: Lane,
    /// The recipient.
    pub to: Address,
    /// Transactional goes first.
    pub class: Class,
    /// Who wanted it.
    pub origin: Origin,
    /// The platform's id, as received; empty for replies.
    pub platform_id: String,
    /// The platform's campaign, where its mapping reads one.
    pub campaign: Option<String>,
    /// Unique per tenant while remembered; `None`: never a repeat.
    pub dedupe: Option<String>,
    /// The model message as JSON, `ref` and `kind` included.
    pub body: Bytes,
    /// The platform mapping's version it was accepted under.
    pub version: String,
    /// Its first state.
    pub life: Life,
    /// When it was taken in.
    pub at: Timestamp,
}

impl NewMessage {
    /// Whether its recipient was forgotten: nothing can be said of it any more.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.to.as_str().is_empty()
    }
}

/// What became of an accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// Stored.
    New,
    /// A repeat of this message, which was accepted before; nothing was stored.
    Repeat(Ref),
}

/// A stored message.
#[derive(Clone, Debug)]
pub struct Message {
    /// As accepted, with the current life.
    pub message: NewMessage,
    /// The provider's id, once known.
    pub provider_id: Option<String>,
    /// The platform's words that were said (their report was queued), in order.
    pub said: Vec<String>,
    /// What its attempts cost.
    pub bill: Bill,
    /// Counts writes; a change names the one it was made from.
    pub revision: u64,
    /// An attempt is under way, of which another process may know; an engine of one process leaves that to it.
    pub begun: bool,
}

/// A line of a message's history.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Line {
    /// When, by the gateway's clock.
    pub at: Timestamp,
    /// A few fixed words, perhaps followed by a code; no personal data.
    pub text: String,
}

/// One atomic change of a message.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which message.
    pub reference: Ref,
    /// The revision it was made from; another one is a [`StoreError::Conflict`].
    pub revision: u64,
    /// The next state.
    pub life: Life,
    /// Learned now; indexed.
    pub provider_id: Option<String>,
    /// All words said, if they changed.
    pub said: Option<Vec<String>>,
    /// Calls to be made.
    pub calls: Vec<NewCall>,
    /// The calls go by the newest mapping, as its words did: see [`Call::newest`].
    pub newest: bool,
    /// What could not be done and waits for a person, as [`Store::park`] keeps it.
    pub letters: Vec<DeadLetter>,
    /// The letter that this does at last: it leaves the list. One that is gone by now is no conflict.
    pub redrives: Option<i64>,
    /// Further addresses of the recipient (the provider's user id), learned now: a suppression of one counts for all.
    pub alias: Option<Address>,
    /// What it adds to its bill, and to what was used.
    pub billed: Billed,
    /// What happened.
    pub line: Line,
    /// An attempt that is under way goes on: it had nothing to do with this change, which only minded the time.
    pub goes_on: bool,
}

impl Change {
    /// The message's next life and what happened, and nothing else.
    #[must_use]
    pub fn of(message: &Message, life: Life, line: Line) -> Change {
        Change {
            reference: message.message.reference,
            revision: message.revision,
            life,
            provider_id: None,
            said: None,
            calls: Vec::new(),
            newest: false,
            letters: Vec::new(),
            redrives: None,
            alias: None,
            billed: Billed::default(),
            line,
            goes_on: false,
        }
    }
}

/// An outgoing call to be made: a report, an inbound post, an opt-out call.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// Unique, growing with time.
    pub id: i64,
    /// Whose.
    pub tenant: Name,
    /// The call's name in the platform's mapping.
    pub name: String,
    /// The message it speaks of; calls of one message and name go out in their order.
    pub message: Option<Ref>,
    /// What the mapping reads besides the message, as JSON.
    pub context: Bytes,
    /// When it was queued; its maximum age counts from here.
    pub at: Timestamp,
}

/// What calls stand in line for: one call of one tenant's mapping. A platform that is gone stops a line, not a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallLane {
    /// Whose.
    pub tenant: Name,
    /// The call's name.
    pub name: String,
}

impl NewCall {
    /// Where it stands in line.
    #[must_use]
    pub fn lane(&self) -> CallLane {
        CallLane { tenant: self.tenant.clone(), name: self.name.clone() }
    }
}

/// A stored call.
#[derive(Clone, Debug)]
pub struct Call {
    /// As queued.
    pub call: NewCall,
    /// Attempts made.
    pub attempts: u32,
    /// Not before.
    pub due: Timestamp,
    /// Redriven: it goes by the newest mapping, whatever its message was accepted under.
    pub newest: bool,
}

/// What comes next of a call.
#[derive(Clone, Debug)]
pub enum CallStep {
    /// Done; its line goes to the message's history.
    Done,
    /// Not before `due`, again.
    Again {
        /// Not before.
        due: Timestamp,
    },
    /// Into the dead letters.
    Park {
        /// Why, without personal data.
        why: String,
    },
}

/// Something that could not be done and waits for a person.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The store's number.
    pub id: i64,
    /// Whose, if known.
    pub tenant: Option<Name>,
    /// `call`: given up or refused; `report`: the mapping could not say it; `status`, `inbound`: a webhook that the
    /// mapping could not read; `unmatched`: a status that no message was found for.
    pub kind: String,
    /// The call's name, the state that could not be reported, or the route's path.
    pub name: String,
    /// The message it speaks of, if known.
    pub message: Option<Ref>,
    /// Why it is here.
    pub why: String,
    /// What it takes to do it again: a call's context, an event as JSON, a webhook's raw body.
    pub content: Bytes,
    /// Since when.
    pub at: Timestamp,
    /// A call's own id: done again it is the same call, which the other party may know already.
    pub call: Option<i64>,
    /// What a webhook came with besides its body.
    pub came: Option<Came>,
    /// How often it was tried again.
    pub attempts: u32,
    /// When it is tried again by itself; `None`: it is on the list, and waits for a person.
    pub due: Option<Timestamp>,
}

/// What one inbound message does, atomically.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The tenant it belongs to.
    pub tenant: Name,
    /// The provider's id; a repeat has no effect.
    pub id: String,
    /// The person's addresses: number and user id.
    pub addresses: Vec<Address>,
    /// Opt-outs and opt-ins.
    pub suppressions: Vec<Suppression>,
    /// Replies.
    pub replies: Vec<NewMessage>,
    /// Calls to the platform.
    pub calls: Vec<NewCall>,
    /// When it was taken in.
    pub at: Timestamp,
}

/// What a kept text describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextKind {
    /// The gateway's own file.
    Gateway,
    /// A mapping.
    Mapping,
    /// A tenant.
    Tenant,
}

/// A text of the configuration that was good when it was kept: served again where its file is broken or gone, and, of a
/// mapping, to the messages that were accepted under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it describes.
    pub kind: TextKind,
    /// The file's name inside its folder.
    pub file: String,
    /// A hash of the content, short.
    pub version: String,
    /// The whole text.
    pub content: String,
    /// `None`: in use. Else nothing is accepted under it since then, and it goes when no message from before is left.
    pub retired: Option<Timestamp>,
}

/// How many messages of a tenant stand where; the promise is that accepted is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after the phase it counts")]
pub struct Ledger {
    pub accepted: u64,
    pub submitted: u64,
    pub rejected: u64,
    pub suppressed: u64,
    pub expired: u64,
    pub failed: u64,
    pub in_flight: u64,
}

/// Why a store could not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody changed the message since it was read: read it again.
    #[error("changed meanwhile")]
    Conflict,
    /// More is waiting for the disk than may.
    #[error("the store is overloaded")]
    Overloaded,
    /// The disk or database says no.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// What a lane does not want of its queue now.
#[derive(Clone, Debug, Default)]
pub struct Without {
    /// What it has already.
    pub held: HashSet<Ref>,
    /// Campaigns that are paused: their messages stay where they are, and are stepped over in the index of what is queued.
    pub campaigns: BTreeSet<String>,
}

/// What every method resolves to.
pub type Stored<'s, T> = BoxFuture<'s, Result<T, StoreError>>;

/// A store. Dropping a future may or may not undo the write; nothing is ever half written.
pub trait Store: Send + Sync + 'static {
    /// Stores new messages; each is [`Acceptance::New`] or a repeat. Two equal keys in one batch: the second is a repeat.
    fn accept(&self, messages: Vec<NewMessage>) -> Stored<'_, Vec<Acceptance>>;
    /// Records that attempts begin: after a crash these are [`Store::interrupted`] unless [`Store::update`] ended them since,
    /// and until then they are neither claimed nor due. [`StoreError::Conflict`] if one of them is not queued any more
    /// (a status, an expiry or the operator was faster), has another revision (this copy is older than what is stored, and
    /// perhaps sent since) or was begun already: then none of them is recorded.
    fn begin(&self, messages: Vec<(Ref, u64)>) -> Stored<'_, ()>;
    /// One atomic change. Whether its calls need not wait: before it there was no call of their message and name. Then whoever
    /// asked may make the first of each name at once, without looking for it here. A store that cannot tell says no.
    fn update(&self, change: Change) -> Stored<'_, bool>;
    /// A message by our id.
    fn message(&self, reference: Ref) -> Stored<'_, Option<Message>>;
    /// A message by the provider's id.
    fn by_provider_id(&self, id: &str) -> Stored<'_, Option<Message>>;
    /// A tenant's messages by the platform's id, newest first, at most 100.
    fn by_platform_id(&self, tenant: &Name, id: &str) -> Stored<'_, Vec<Message>>;
    /// Messages of a campaign, newest first, those with a smaller number than `below`. Of who was forgotten none is left in it.
    fn of_campaign(&self, campaign: &Campaign, below: Option<Ref>, most: usize) -> Stored<'_, Vec<CampaignMessage>>;
    /// The newest message of the platform sent from `from` to one of these addresses.
    fn last_to(&self, lane: &Lane, to: &[Address]) -> Stored<'_, Option<Message>>;
    /// A message's history, oldest first.
    fn history(&self, reference: Ref) -> Stored<'_, Vec<Line>>;

    /// Lanes that have queued messages, with how many.
    fn lanes(&self) -> Stored<'_, Vec<(Lane, u64)>>;
    /// How many of a lane's queued messages are of these campaigns. Reads the lane's queue: not for every message.
    fn queued_of(&self, lane: &Lane, campaigns: &BTreeSet<String>) -> Stored<'_, u64>;
    /// Queued messages of a lane whose time has come, transactional first, then oldest first.
    fn claim(&self, lane: &Lane, now: Timestamp, most: usize, without: &Without) -> Stored<'_, Vec<Message>>;
    /// The largest id that a message or a waiting call has, 0 where there is none; asked once, at start.
    fn newest(&self) -> Stored<'_, i64>;
    /// Messages whose attempt began and never ended, because whoever began it is gone; asked at the start, and whenever parts
    /// were taken.
    fn interrupted(&self) -> Stored<'_, Vec<Ref>>;
    /// Messages whose `wake` has come, or queued ones whose time ran out, the earliest first, and when the next one will.
    fn due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<Ref>, Option<Timestamp>)>;
    /// How many messages of a tenant are queued. Cheap: asked for every accept of a tenant with a backlog limit.
    fn backlog(&self, tenant: &Name) -> u64;

    /// Calls whose time has come, oldest first, without those in `held`, and when the next one will.
    fn calls(&self, now: Timestamp, most: usize, held: &HashSet<i64>) -> Stored<'_, (Vec<Call>, Option<Timestamp>)> {
        self.calls_beside(now, most, held, &HashSet::new())
    }
    /// The same without the lanes in `stopped`, whose calls cost nothing here however many wait. Where there are more than
    /// `most`, lanes share; a call is not there before the older ones of its message and name are settled.
    fn calls_beside(
        &self,
        now: Timestamp,
        most: usize,
        held: &HashSet<i64>,
        stopped: &HashSet<CallLane>,
    ) -> Stored<'_, (Vec<Call>, Option<Timestamp>)>;
    /// Calls that wait and speak of that message, in their order.
    fn calls_about(&self, message: Ref) -> Stored<'_, Vec<Call>>;
    /// What comes next of a call, with a line for its message's history.
    fn settle_call(&self, id: i64, step: CallStep, line: Option<Line>) -> Stored<'_, ()>;

    /// What an inbound message does; false if its id was taken before, and then nothing is done.
    fn take(&self, inbound: Taken) -> Stored<'_, bool>;
    /// Opt-outs and opt-ins by hand: for each, whether it changed the list. A line of its history is added where one did,
    /// here as with [`Store::take`] and where addresses are joined.
    fn suppress(&self, changes: Vec<Suppression>) -> Stored<'_, Vec<bool>>;
    /// Whether an address, or another one of the same person, is on the list: of the tenant or of that sender. From
    /// memory, true from the moment the opt-out is durable.
    fn is_suppressed(&self, tenant: &Name, sender: &Address, address: &Address) -> bool;

    /// Lines of the history of opt-outs, newest first.
    fn consents(&self, fit: &Consents, most: usize) -> Stored<'_, Vec<Consent>>;
    /// Those of one address, also if its person was forgotten since.
    fn consents_of(&self, tenant: &Name, address: &Address, most: usize) -> Stored<'_, Vec<Consent>>;
    /// Addresses on a tenant's list by address and sender, after that one; without those of people who were forgotten.
    fn suppressed(&self, tenant: &Name, after: Option<&Listed>, most: usize) -> Stored<'_, Vec<Listed>>;

    /// Nothing goes out from there from now on, until [`Store::resume`]; false if that is so already.
    fn pause(&self, pause: Pause) -> Stored<'_, bool>;
    /// A sender or a campaign goes on, or all of the tenant's, however they were paused; false if nothing was.
    fn resume(&self, tenant: &Name, which: &Which) -> Stored<'_, bool>;
    /// All that is paused, by tenant, senders before campaigns.
    fn paused(&self) -> Vec<Pause>;
    /// Whether a lane is, or of it that campaign. From memory, true from the moment the pause is durable.
    fn is_paused(&self, lane: &Lane, campaign: Option<&str>) -> bool;
    /// The campaigns of a tenant that are. From memory.
    fn paused_campaigns(&self, tenant: &Name) -> BTreeSet<String>;
    /// Messages of a lane of which nobody knows what came of their attempt.
    fn doubtful(&self, lane: &Lane) -> Stored<'_, Vec<Ref>>;

    /// Keeps what could not be done, all or none. The ids in the letters are ignored. A letter that is there already, of
    /// the same tenant, kind, name, message and content, is not kept twice: what repeats does not fill the list.
    fn park(&self, letters: Vec<DeadLetter>) -> Stored<'_, ()>;
    /// Letters that are to be tried again by themselves, the earliest first, and when the next one will be.
    fn letters_due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<DeadLetter>, Option<Timestamp>)>;
    /// Each of these was tried again in vain: again then, or, without a time, on the list from now on. Of the unmatched
    /// statuses of their tenants the newest `keep` stay; how many went.
    fn put_off(&self, letters: Vec<(i64, Option<Timestamp>)>, keep: usize) -> Stored<'_, usize>;
    /// Dead letters, newest first.
    fn dead_letters(&self, tenant: Option<&Name>, most: usize) -> Stored<'_, Vec<DeadLetter>> {
        let of = Letters { tenant: tenant.cloned(), ..Letters::default() };
        self.letters(&of, Page::Newest { below: None }, most)
    }
    /// Dead letters that fit, a page of them, without those that are still tried by themselves.
    fn letters(&self, fit: &Letters, page: Page, most: usize) -> Stored<'_, Vec<DeadLetter>>;
    /// How many letters there are, by tenant, kind and whether they are on the list.
    fn count_letters(&self) -> Stored<'_, Vec<Lettered>>;
    /// Queues a parked call anew under its own id, its age counting from `at`, and takes it off the dead letters; false
    /// if there is no such letter or it is no call. `newest`: see [`Call::newest`].
    fn redrive(&self, letter: i64, at: Timestamp, newest: bool) -> Stored<'_, bool>;
    /// Takes a letter off the list: it was done again in another way, or is not wanted. False if there is none.
    fn discard(&self, letter: i64) -> Stored<'_, bool>;
    /// Counts a tenant's messages.
    fn ledger(&self, tenant: &Name) -> Stored<'_, Ledger>;
    /// What was used in some months, by month, category, currency and lane: the first `most`. What was purged or forgotten is in it.
    fn usage(&self, of: &Months, most: usize) -> Stored<'_, Vec<Usage>>;
    /// Counts all messages anew from what is stored, beside what the tally said at that moment, by tenant. In small steps,
    /// which nobody waits for; as long as the rows take.
    fn recount(&self) -> Stored<'_, Vec<Count>>;
    /// Makes the tally of a tenant wrong by one, so that a test sees whether a recount finds it.
    #[cfg(test)]
    fn miscount(&self, tenant: &Name) -> Stored<'_, ()>;
    /// Keeps a token, unless there is one of its name; whether it was kept.
    fn keep_token(&self, token: Token) -> Stored<'_, bool>;
    /// Every token, by name.
    fn tokens(&self) -> Stored<'_, Vec<Token>>;
    /// Takes a token away; false if there is none of that name.
    fn revoke_token(&self, name: &str) -> Stored<'_, bool>;
    /// Adds a line to the audit log; its number is ignored.
    fn audit(&self, line: Audit) -> Stored<'_, ()>;
    /// Lines of the audit log, newest first.
    fn audits(&self, fit: &Audits, most: usize) -> Stored<'_, Vec<Audit>>;
    /// Keeps texts of the configuration, each in place of the one of its kind, file and version: all of them, or none.
    fn keep_texts(&self, texts: Vec<Text>) -> Stored<'_, ()>;
    /// Every text that is kept, by kind, file and version.
    fn texts(&self) -> Stored<'_, Vec<Text>>;
    /// Keeps samples, and of each tenant and leg among them only the newest `most`, whoever of several processes kept them. One
    /// whose number is there already is not kept twice.
    fn keep_samples(&self, samples: Vec<Sample>, most: usize) -> Stored<'_, ()>;
    /// Every sample, oldest first: a comparison reads the rows.
    #[cfg(test)]
    fn samples(&self) -> Stored<'_, Vec<Sample>>;
    /// Writes something of no meaning through to the disk: whether writes are taken now.
    fn probe(&self) -> Stored<'_, ()>;
    /// Removes finished messages accepted before `before` that no waiting call speaks of, and unmatched
    /// statuses as old, which no message is left for, at most `most` in all; how many went. Then texts that were retired before the oldest message that is left was accepted.
    fn purge(&self, before: Timestamp, most: usize) -> Stored<'_, usize>;
    /// Removes what is kept besides and is older, at most `most`: the oldest first, of those as old the lower id; how many went.
    fn expire(&self, kept: Kept, before: Timestamp, most: usize) -> Stored<'_, usize>;
    /// Erases a person. Their messages stay as numbers without a person or content, so that the ledger adds up, a repeat
    /// is known and a late status finds its message, until they are purged; what was not finished is finished:
    /// suppressed, or failed where an attempt was under way. Calls and letters about the person go. Opt-outs hold on as
    /// keyed hashes. When this is done, the bytes are gone from the disk.
    fn forget(&self, whom: Forget) -> Stored<'_, Forgotten>;
    /// Waits for what is under way and closes.
    fn close(&self) -> Stored<'_, ()>;

    /// Whether several processes may work on it at once.
    fn is_shared(&self) -> bool {
        false
    }
    /// What this process would do, where several share the store; told anew whenever it changes.
    fn want(&self, _: Wanted) {}
    /// The parts, if all of them are this process's: nobody else works on them as long as what is returned is there. Where
    /// [`Store::due`], [`Store::calls`] and [`Store::interrupted`] tell of a tenant, it is this process's.
    fn stay(&self, _: &[Part]) -> Option<Stay> {
        Some(Stay::always())
    }
    /// Waits until others did something, or parts were taken or are to be given up.
    fn changed(&self) -> BoxFuture<'_, Changed> {
        std::future::pending().boxed()
    }
    /// What this process holds, for the others to tell of; told anew as that changes.
    fn hold(&self, _: Holds) {}
    /// What the others hold, as they said a moment ago.
    fn held_beside(&self) -> Holds {
        Holds::default()
    }
    /// The others let what they hold try again: each hears of it by [`Store::changed`]; done when all did.
    fn release_beside(&self, _: Release) -> Stored<'_, ()> {
        std::future::ready(Ok(())).boxed()
    }
    /// The processes that share the store; empty where it is one's alone.
    fn nodes(&self) -> Vec<Node> {
        Vec::new()
    }
    /// A small number that no other process has now: ids that are made at the same time differ by it.
    fn slot(&self) -> u16 {
        0
    }
}
