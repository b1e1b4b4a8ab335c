//! Which names each section starts with. One table, so that the reference page and the code cannot differ.

use super::known;
use crate::language::{Known, Root};

const fn root(name: &'static str) -> Root {
    Root::plain(name)
}

const fn outlined(name: &'static str, outline: Known) -> Root {
    Root { outline, ..Root::plain(name) }
}

const fn maybe(name: &'static str) -> Root {
    Root { optional: true, ..Root::plain(name) }
}

/// The tenant's credentials for this party: in `auth` and in calls only.
pub(super) const CREDENTIALS: Root = Root { secret: true, ..Root::plain("credentials") };

const MESSAGE_SENT: Root = outlined("message", known::MESSAGE);
const EVENT: Root = outlined("event", known::EVENT);
const INBOUND: Root = outlined("inbound", known::INBOUND);
const QUOTED: Root = Root { optional: true, ..outlined("quoted", known::MESSAGE) };
const LAST: Root = Root { optional: true, ..outlined("last", known::MESSAGE) };
const RULE: Root = outlined("rule", known::RULE);
const CALL: Root = outlined("call", known::CALL);

/// A request that a party makes of us.
pub(super) const REQUEST: &[Root] =
    &[root("body"), root("headers"), root("query"), root("path"), root("raw"), maybe("claims")];
/// An item of a section with `each`.
pub(super) const EACH: &[Root] = &[root("item"), root("index")];
/// The same where an item is inside of another.
pub(super) const EACH_OF_EACH: &[Root] = &[root("item"), root("index"), root("outer")];
/// The answer to a send with `each`.
pub(super) const RESULTS: &[Root] = &[root("results"), root("errors"), maybe("error")];
/// `page.of`: what was synced.
pub(super) const TEMPLATES: Root = outlined("templates", known::TEMPLATES);
/// The answer to a listing.
pub(super) const PAGE: Root = outlined("page", known::PAGE);
/// The answer to a send.
pub(super) const MESSAGE: Root = root("message");
/// What was refused.
pub(super) const REFUSED: &[Root] =
    &[outlined("error", known::ERROR), root("errors"), maybe("body"), maybe("headers"), maybe("query"), maybe("path")];
/// A provider's call for a message.
pub(super) const SEND: &[Root] = &[outlined("message", known::MESSAGE), root("number"), CREDENTIALS];
/// A provider's call for a page of templates.
pub(super) const LISTING: &[Root] = &[root("number"), CREDENTIALS];
/// What came of a call.
pub(super) const ANSWER: Root = outlined("answer", known::ANSWER);
/// One item of a listing.
pub(super) const ITEM: Root = root("item");
/// The words for a status.
pub(super) const WORDS: &[Root] = &[MESSAGE_SENT, EVENT];
/// A call that reports a status.
pub(super) const STATUS_CALL: &[Root] = &[MESSAGE_SENT, EVENT, outlined("word", Known::TEXT), CALL, CREDENTIALS];
/// Keyword rules.
pub(super) const RULES: &[Root] = &[INBOUND, QUOTED, LAST, root("number"), RULE];
/// A call that tells the platform of an inbound message.
pub(super) const INBOUND_CALL: &[Root] = &[INBOUND, QUOTED, LAST, root("number"), RULE, CALL, CREDENTIALS];
/// Auth schemes.
pub(super) const AUTH: &[Root] = &[CREDENTIALS];
