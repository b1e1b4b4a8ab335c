//! A stimulus over its leg, with the same steps of `legs` in the same order as in `flow`.

mod calls;
mod event;
mod inbound;
mod listing;
mod refused;
mod request;
mod section;
mod send;

use super::facts::GivenFacts;
use super::found::Found;
use super::given::Given;
use super::schema::Schemas;
use super::suite::{Case, Stimulus};
use super::wanted::Trees;
use crate::auth::{AuthError, Outgoing};
use crate::config::Tenant;
use crate::diagnostic::Diagnostic;
use crate::legs::Outcall;
use crate::mapping::Party;
use crate::model::Secret;
use crate::model::wire::Prepared;
use crate::value::{Arena, Timestamp};

/// Everything a leg is run with.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    /// The side of the mapping under test.
    pub(super) party: Party,
    pub(super) given: &'a Given,
    pub(super) tenant: &'a Tenant,
    pub(super) facts: &'a GivenFacts<'a>,
    pub(super) arena: &'a Arena,
    pub(super) trees: &'a Trees<'a>,
    pub(super) schemas: &'a Schemas,
    pub(super) case: &'a Case,
}

/// What came of it, or why the case cannot be run.
type Came<'a> = Result<Found<'a>, Box<Diagnostic>>;

pub(super) fn drive<'a>(scene: &Scene<'a>) -> Came<'a> {
    let (stimulus, party) = (&scene.case.stimulus, scene.party);
    let other = match stimulus {
        Stimulus::Request(_) | Stimulus::Refused(_) => false,
        Stimulus::Message(_) | Stimulus::Listing => party == Party::Platform,
        Stimulus::Event(_) | Stimulus::Inbound(_) => party == Party::Provider,
    };
    if other {
        let text = "this sets off nothing in a mapping of this side";
        let help = "messages and listings go to a provider, events and inbound messages to a platform";
        return Err(Box::new(scene.trees.problem("SB0609", scene.case.span, text).help(help)));
    }
    match stimulus {
        Stimulus::Request(node) => request::request(scene, node),
        Stimulus::Message(node) => send::send(scene, node.as_ref()),
        Stimulus::Event(node) => event::event(scene, node),
        Stimulus::Inbound(node) => inbound::inbound(scene, node),
        Stimulus::Listing => listing::listing(scene),
        Stimulus::Refused(node) => refused::refused(scene, node),
    }
}

/// Adds the proof to a call. A token that is fetched is `token-1`; once that was refused, `token-2`.
fn prove(outcall: &Outcall, renewed: bool, now: Timestamp) -> Result<Prepared, AuthError> {
    let mut prepared = outcall.prepared.clone();
    let scheme = &outcall.auth.scheme;
    let token = match (scheme, outcall.auth.token_key()) {
        (_, None) => None,
        (Outgoing::ClientCredentials(_), _) => {
            Some(Secret::new(if renewed { "token-2" } else { "token-1" }.to_owned()))
        }
        _ => Some(scheme.sign(now, "case")?.secret),
    };
    scheme.apply(token.as_ref(), now, &mut prepared)?;
    Ok(prepared)
}
