//! A party's request of us, step by step: decode, whose it is, checks, model value.

use super::answer::{self, Refused};
use super::document::Document;
use crate::codec::{self, Format};
use crate::config::{Snapshot, Tenant};
use crate::language::{Frame, World};
use crate::mapping::{Mapping, Route, Says, Section, TenantRule};
use crate::model::wire::{Incoming, Reply};
use crate::model::{Message, Reason, Refusal};
use crate::value::{Arena, Tree, Value};

/// So many messages or events may be in one request.
const ITEMS: usize = 10_000;

/// Which of a section's checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// Those that read the request only.
    OfRequest,
    /// Those that read the item.
    OfItem,
    /// All: a section without items.
    All,
}

/// What a check stops a request with.
#[derive(Debug)]
pub enum Stopped {
    /// No.
    Refused(Refused),
    /// This answer, and nothing else happens.
    Answered(Reply),
}

impl<E: Into<Refusal>> From<E> for Stopped {
    fn from(problem: E) -> Self {
        Self::Refused(problem.into().into())
    }
}

/// One item of a section with `each`.
#[derive(Clone, Copy, Debug)]
pub struct Item<'v> {
    /// `$.item`.
    pub item: Value<'v>,
    /// `$.index`: its place among all items of the request.
    pub index: usize,
    /// `$.outer`: the item that it is inside of.
    pub outer: Option<Value<'v>>,
}

impl<'v> Item<'v> {
    /// Gives a frame this item's names.
    pub fn enter(&self, frame: &Frame<'v>) {
        frame.item(self.item, self.index, self.outer);
    }
}

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

    /// The section's items; without `each` there are none to speak of. Leaves the frame at some item.
    ///
    /// # Errors
    /// What a path faults with; `malformed` for more items than one request may have.
    pub fn items(&self, frame: &Frame<'v>) -> Result<Vec<Item<'v>>, Refusal> {
        let mut found = vec![Item { item: Value::Null, index: 0, outer: None }];
        for (level, list) in self.section.each.iter().enumerate() {
            let mut inner = Vec::new();
            for parent in found {
                if level > 0 {
                    parent.enter(frame);
                }
                let items = list.value(frame)?.and_then(Value::as_list).unwrap_or_default();
                if inner.len() + items.len() > ITEMS {
                    return Err(Refusal::new(Reason::Malformed, format!("a list of more than {ITEMS} items")));
                }
                let outer = (level > 0).then_some(parent.item);
                for item in items {
                    inner.push(Item { item: *item, index: inner.len(), outer });
                }
            }
            found = inner;
        }
        Ok(found)
    }

    /// Runs the section's checks, in order: those of the request, those of an item, or all.
    ///
    /// # Errors
    /// The first that stops it.
    pub fn check(&self, which: Checks, frame: &Frame<'v>) -> Result<(), Stopped> {
        for check in &self.section.checks {
            let meant = match which {
                Checks::All => true,
                Checks::OfRequest => !check.per_item,
                Checks::OfItem => check.per_item,
            };
            if !meant || !check.when.as_ref().map_or(Ok(true), |when| when.holds(frame))? {
                continue;
            }
            if check.unless.as_ref().map_or(Ok(false), |unless| unless.holds(frame))? {
                continue;
            }
            return Err(match &check.says {
                Says::Answer(plan) => Stopped::Answered(answer::answer(plan, frame)?),
                Says::Refuse { reason, text, with } => {
                    let text = text.as_ref().map(|text| text.value(frame)).transpose()?.flatten();
                    let with = with.as_ref().map(|with| with.value(frame)).transpose()?.flatten();
                    let text = text.and_then(Value::as_text).map(str::to_owned);
                    let refusal = Refusal { text, ..(*reason).into() };
                    Stopped::Refused(Refused { with: with.map(Tree::from), ..refusal.into() })
                }
            });
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
            crate::mapping::Makes::Page(_) | crate::mapping::Makes::Nothing => Ok(None),
        }
    }

    /// The message that a send request, or an item of it, makes: checked, not yet fitted.
    ///
    /// # Errors
    /// What a check stops it with, or what is wrong with the message.
    pub fn message(&self, which: Checks, frame: &Frame<'v>, arena: &'v Arena) -> Result<Message<'v>, Stopped> {
        self.check(which, frame)?;
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
