//! A party's request of us, step by step: decode, whose it is, checks, model value.

use super::answer::{self, Refused};
use super::document::Document;
use crate::codec::{self, Format};
use crate::config::{Snapshot, Tenant};
use crate::language::{Frame, World};
use crate::mapping::{Mapping, Route, Section, TenantRule};
use crate::model::wire::{Incoming, Reply};
use crate::model::{Message, Reason, Refusal};
use crate::value::{Arena, Tree, Value};

/// A request on its route.
#[derive(Clone, Copy, Debug)]
pub struct Request<'v> {
    /// As it came in.
    pub incoming: &'v Incoming,
    /// Whose section.
    pub mapping: &'v Mapping,
    /// The section.
    pub section: &'v Section,
    /// The route that was hit.
    pub route: &'v Route,
    /// Values of `{name}` segments.
    pub path: &'v [(&'v str, String)],
}

impl<'v> Request<'v> {
    /// Reads the request.
    ///
    /// # Errors
    /// `malformed`, with what is wrong and where.
    pub fn decode(&self, arena: &'v Arena) -> Result<Document<'v>, Refusal> {
        let malformed = |problem: codec::CodecError| Refusal::new(Reason::Malformed, problem.to_string());
        let query = codec::decode(Format::Query, self.incoming.query.as_bytes(), arena).map_err(malformed)?;
        let body = match self.route.decode {
            Format::Query => query,
            _ if self.incoming.body.is_empty() && self.incoming.method == "GET" => Value::Null,
            format => codec::decode(format, &self.incoming.body, arena).map_err(malformed)?,
        };
        Ok(Document { body, query, ..self.head(arena) })
    }

    /// What is known before the body is read.
    #[must_use]
    pub fn head(&self, arena: &'v Arena) -> Document<'v> {
        let headers = self.incoming.headers.iter().map(|(name, value)| (name.as_str(), Value::Text(value)));
        let path = self.path.iter().map(|(name, value)| (*name, Value::Text(value.as_str())));
        Document {
            body: Value::Null,
            query: codec::decode(Format::Query, self.incoming.query.as_bytes(), arena).unwrap_or(Value::Null),
            headers: Value::Map(arena.alloc_slice_fill_iter(headers.collect::<Vec<_>>())),
            path: Value::Map(arena.alloc_slice_fill_iter(path.collect::<Vec<_>>())),
            raw: std::str::from_utf8(&self.incoming.body).map_or(Value::Null, Value::Text),
        }
    }

    /// The section's names with this request's values.
    pub fn frame(&self, world: &'v World<'v>, document: &Document<'v>, claims: Option<&'v Tree>) -> Frame<'v> {
        let frame = Frame::new(world, &self.section.layout);
        document.set(&frame);
        if let Some(claims) = claims {
            frame.set("claims", claims.view(world.arena));
        }
        frame
    }

    /// Whether the section takes this request.
    ///
    /// # Errors
    /// What the condition faults with.
    pub fn applies(&self, frame: &Frame<'v>) -> Result<bool, Refusal> {
        Ok(self.section.when.as_ref().map_or(Ok(true), |when| when.holds(frame))?)
    }

    /// Which of the verified tenants it belongs to. `frame`: in a world without a tenant.
    ///
    /// # Errors
    /// `unknown_tenant`: nobody, more than one, or one whose credentials these are not.
    pub fn tenant(&self, frame: &Frame<'v>, snapshot: &Snapshot, verified: &[usize]) -> Result<usize, Refusal> {
        let named = match &self.section.tenant {
            None => None,
            Some(TenantRule::Named(program)) => match program.value(frame)?.and_then(Value::as_text) {
                Some(name) => Some(snapshot.index_of(name).ok_or_else(unknown)?),
                None => None,
            },
            Some(TenantRule::Number(None, program)) => match program.value(frame)?.and_then(Value::as_text) {
                Some(number) => Some(snapshot.by_number(&self.mapping.name, number).ok_or_else(unknown)?),
                None => None,
            },
            Some(TenantRule::Number(Some(member), program)) => {
                self.matching(frame, program, snapshot, verified, |tenant, value| {
                    tenant
                        .numbers
                        .iter()
                        .any(|number| number.members.get(member).and_then(Tree::as_text) == Some(value))
                })?
            }
            Some(TenantRule::Setting(name, program)) => {
                self.matching(frame, program, snapshot, verified, |tenant, value| {
                    tenant.side(self.mapping.party).setting(name).and_then(Tree::as_text) == Some(value)
                })?
            }
        };
        match (named, verified) {
            (Some(tenant), _) => Some(tenant).filter(|tenant| verified.contains(tenant)).ok_or_else(unknown),
            (None, [tenant]) => Ok(*tenant),
            _ => Err(unknown()),
        }
    }

    fn matching(
        &self,
        frame: &Frame<'v>,
        program: &'v crate::language::Program,
        snapshot: &Snapshot,
        verified: &[usize],
        fits: impl Fn(&Tenant, &str) -> bool,
    ) -> Result<Option<usize>, Refusal> {
        let Some(value) = program.value(frame)?.and_then(Value::as_text) else { return Ok(None) };
        let mut fitting =
            verified.iter().filter(|place| snapshot.tenants.get(**place).is_some_and(|tenant| fits(tenant, value)));
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(Some(*one)),
            _ => Err(unknown()),
        }
    }

    /// Runs the section's checks, in order.
    ///
    /// # Errors
    /// The first that refuses.
    pub fn check(&self, frame: &Frame<'v>) -> Result<(), Refused<'v>> {
        for check in &self.section.checks {
            let when = check.when.as_ref().map_or(Ok(true), |when| when.holds(frame)).map_err(Refusal::from)?;
            let unless =
                check.unless.as_ref().map_or(Ok(false), |unless| unless.holds(frame)).map_err(Refusal::from)?;
            if !when || unless {
                continue;
            }
            let text = check.text.as_ref().map(|text| text.value(frame)).transpose().map_err(Refusal::from)?.flatten();
            let with = check.with.as_ref().map(|with| with.value(frame)).transpose().map_err(Refusal::from)?.flatten();
            let refusal = Refusal { reason: check.refuse, text: text.and_then(Value::as_text).map(str::to_owned) };
            return Err(Refused { with, ..refusal.into() });
        }
        Ok(())
    }

    /// The model value that the section makes; `None` for one that is to be ignored.
    ///
    /// # Errors
    /// What the tree faults with.
    pub fn value(&self, frame: &Frame<'v>) -> Result<Option<Value<'v>>, Refusal> {
        match &self.section.makes {
            crate::mapping::Makes::Value(program) => Ok(program.value(frame)?),
            crate::mapping::Makes::Page(_) => Ok(None),
        }
    }

    /// The message that a send request makes: checked, not yet fitted.
    ///
    /// # Errors
    /// What a check refuses with, or what is wrong with the message.
    pub fn message(&self, frame: &Frame<'v>, arena: &'v Arena) -> Result<Message<'v>, Refused<'v>> {
        self.check(frame)?;
        let value =
            self.value(frame)?.ok_or_else(|| Refusal::new(Reason::EmptyBody, "the request makes no message"))?;
        Ok(Message::read(value, self.section.dedupe_given, arena)?)
    }

    /// The answer to an accepted request, or to a repeat of one.
    ///
    /// # Errors
    /// What the answer's programs fault with.
    pub fn answer(&self, frame: &Frame<'v>, repeat: bool) -> Result<Reply, Refusal> {
        let own = self.section.duplicate.as_ref().filter(|_| repeat);
        match own.or(self.section.answer.as_ref()) {
            Some(plan) => answer::answer(plan, frame),
            None => Ok(Reply { http: 200, headers: Vec::new(), body: bytes::Bytes::new() }),
        }
    }
}

fn unknown() -> Refusal {
    Reason::UnknownTenant.into()
}
