//! Which names each section starts with. One table, so that the reference page and the code cannot differ.

use crate::language::Root;

const fn root(name: &'static str) -> Root {
    Root { name, optional: false, secret: false }
}

const fn maybe(name: &'static str) -> Root {
    Root { name, optional: true, secret: false }
}

/// The tenant's credentials for this party: in `auth` and in calls only.
pub(super) const CREDENTIALS: Root = Root { name: "credentials", optional: false, secret: true };

/// A request that a party makes of us.
pub(super) const REQUEST: &[Root] =
    &[root("body"), root("headers"), root("query"), root("path"), root("raw"), maybe("claims")];
/// `page.of`: what was synced.
pub(super) const TEMPLATES: Root = root("templates");
/// The answer to a listing.
pub(super) const PAGE: Root = root("page");
/// The answer to a send.
pub(super) const MESSAGE: Root = root("message");
/// What was refused.
pub(super) const REFUSED: &[Root] =
    &[root("error"), root("errors"), maybe("body"), maybe("headers"), maybe("query"), maybe("path")];
/// A provider's call for a message.
pub(super) const SEND: &[Root] = &[root("message"), root("number"), CREDENTIALS];
/// A provider's call for a page of templates.
pub(super) const LISTING: &[Root] = &[root("number"), CREDENTIALS];
/// What came of a call.
pub(super) const ANSWER: Root = root("answer");
/// One item of a listing.
pub(super) const ITEM: Root = root("item");
/// The words for a status.
pub(super) const WORDS: &[Root] = &[root("message"), root("event")];
/// A call that reports a status.
pub(super) const STATUS_CALL: &[Root] = &[root("message"), root("event"), root("word"), root("call"), CREDENTIALS];
/// Keyword rules.
pub(super) const RULES: &[Root] = &[root("inbound"), maybe("quoted"), maybe("last"), root("number"), root("rule")];
/// A call that tells the platform of an inbound message.
pub(super) const INBOUND_CALL: &[Root] =
    &[root("inbound"), maybe("quoted"), maybe("last"), root("number"), root("rule"), root("call"), CREDENTIALS];
/// Auth schemes.
pub(super) const AUTH: &[Root] = &[CREDENTIALS];
