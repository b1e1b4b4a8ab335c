//! A provider's side of the four legs: its send call, its two webhooks, its template API.

use super::call::{self, Call};
use super::fields::{Fields, Reader};
use super::section::{self, Leg, Section};
use super::{known, scopes};
use crate::language::{Compiler, Layout, Program, Want};
use crate::shape;
use crate::yaml::Node;

/// A provider's side of the four legs.
#[derive(Debug, Default)]
pub struct ProviderLegs {
    /// Its request.
    pub send: Option<SendLeg>,
    /// Its status webhook.
    pub status: Option<Section>,
    /// Its inbound webhook.
    pub inbound: Option<Section>,
    /// Its template API.
    pub templates: Option<TemplatesLeg>,
    /// How its API says where it posts to.
    pub webhooks: Option<WebhooksLeg>,
}

/// A provider's `send:`.
#[derive(Debug)]
pub struct SendLeg {
    /// The call.
    pub call: Call,
}

/// A provider's `templates:`.
#[derive(Debug)]
pub struct TemplatesLeg {
    /// The call for one page.
    pub call: Call,
    /// The items of a page, in the call's scope.
    pub each: Program,
    /// The scope of `template`.
    pub layout: Layout,
    /// One item as a model Template.
    pub template: Program,
}

/// A provider's `webhooks:`.
#[derive(Debug)]
pub struct WebhooksLeg {
    /// The question.
    pub call: Call,
    /// The scope of both addresses.
    pub layout: Layout,
    /// Where statuses go.
    pub status: Option<Program>,
    /// Where goes what people write.
    pub inbound: Option<Program>,
}

pub(super) fn read(reader: &mut Reader, compiler: &mut Compiler<'_>, fields: Fields<'_>) -> ProviderLegs {
    let send = fields.get("send").and_then(|node| {
        let fields = Fields::read(reader, node, &shape::PROVIDER_SEND);
        Some(SendLeg {
            call: call::read(reader, compiler, "send", &shape::SEND_CALL, scopes::SEND, fields.get("call")?)?,
        })
    });
    let status = fields.get("status").and_then(|node| section::read(reader, compiler, Leg::Status, node));
    let inbound = fields.get("inbound").and_then(|node| section::read(reader, compiler, Leg::Inbound, node));
    let templates = fields.get("templates").and_then(|node| listing(reader, compiler, node));
    let webhooks = fields.get("webhooks").and_then(|node| webhooks(reader, compiler, node));
    ProviderLegs { send, status, inbound, templates, webhooks }
}

/// Why a listing cannot ask the gateway.
pub(super) const LISTED_FIRST: &str = "templates are listed before anything is known of them";

/// Why a question about webhooks cannot ask the gateway.
pub(super) const ASKED_APART: &str = "the provider is asked about its webhooks beside all messages";

fn webhooks(reader: &mut Reader, compiler: &mut Compiler<'_>, node: &Node) -> Option<WebhooksLeg> {
    let fields = Fields::read(reader, node, &shape::PROVIDER_WEBHOOKS);
    let call = call::read(reader, compiler, "webhooks", &shape::ASKING_CALL, scopes::LISTING, fields.get("call")?)?;
    let mut scope = compiler.scope(scopes::LISTING);
    scope.silent(Some(ASKED_APART));
    scope.add(scopes::ANSWER);
    let mut address = |name: &str| fields.get(name).map(|node| scope.tree(compiler, node));
    let (status, inbound) = (address("status"), address("inbound"));
    Some(WebhooksLeg { call, layout: scope.finish(), status, inbound })
}

fn listing(reader: &mut Reader, compiler: &mut Compiler<'_>, node: &Node) -> Option<TemplatesLeg> {
    let fields = Fields::read(reader, node, &shape::PROVIDER_TEMPLATES);
    let call = call::read(reader, compiler, "templates", &shape::LISTING_CALL, scopes::LISTING, fields.get("call")?)?;
    let mut scope = compiler.scope(scopes::LISTING);
    scope.silent(Some(LISTED_FIRST));
    scope.add(scopes::ANSWER);
    if let Some(body) = fields.get("call").and_then(|call| compiler.schema(call.get("schema")?)) {
        let answer = compiler.with_member(known::ANSWER, "body", body);
        scope.outline("answer", answer);
    }
    let (each, item) = scope.items(compiler, fields.get("each")?);
    scope.add(scopes::ITEM);
    scope.outline("item", item);
    let want = Want { what: "a template", outline: known::NEW_TEMPLATE, one_of: &[] };
    let (template, _) = scope.built(compiler, fields.get("template")?, &want);
    Some(TemplatesLeg { call, each, layout: scope.finish(), template })
}
