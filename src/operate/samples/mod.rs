//! What parties posted, masked and kept, so that two versions of the files can be tried on it (`switchboard diff`).
//!
//! What is kept has the shape of what came, and stand-ins for what people are called, wrote, or can be reached by
//! ([`stand_in`]): so it is nobody's, and there is nothing in it to be forgotten.

mod drawn;
mod known;
mod stand_in;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use tracing::{debug, warn};

use super::Desk;
use crate::codec::{self, Format};
use crate::config::{Snapshot, Tenant};
use crate::flow::Posted;
use crate::model::wire::Incoming;
use crate::store::{Came, Sample};
use crate::value::Arena;
use known::Known;
use stand_in::StandIns;

/// What the files of the newest configuration say themselves, read once for it.
#[derive(Default)]
pub(super) struct Reading(Mutex<Option<(Weak<Snapshot>, Arc<Known>)>>);

impl Reading {
    fn of(&self, snapshot: &Arc<Snapshot>) -> Arc<Known> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, known)) = &*read
            && of.as_ptr() == Arc::as_ptr(snapshot)
        {
            return Arc::clone(known);
        }
        let known = Arc::new(Known::of(snapshot));
        *read = Some((Arc::downgrade(snapshot), Arc::clone(&known)));
        known
    }
}

impl Desk {
    /// Masks and keeps what was taken aside of what parties posted, all in one write. What cannot be kept now is dropped: more
    /// will come.
    pub async fn keep_samples(self: &Arc<Self>) {
        let posted = self.flow.samples.take();
        if posted.is_empty() {
            return;
        }
        let desk = Arc::clone(self);
        let masked = tokio::task::spawn_blocking(move || {
            let snapshot = desk.flow.snapshot.load_full();
            let known = desk.reading_files.of(&snapshot);
            let of = |posted: Posted| masked(&posted, snapshot.tenant(posted.tenant.as_str())?, &known);
            posted.into_iter().filter_map(of).collect::<Vec<_>>()
        });
        let Ok(samples) = masked.await else {
            warn!("samples could not be masked: none of these is kept");
            return;
        };
        if samples.is_empty() {
            return;
        }
        let (kept, most) = (samples.len(), self.flow.samples.sampling().most);
        match self.flow.store.keep_samples(samples, most).await {
            Ok(()) => debug!(kept, "samples of what came in are kept"),
            Err(problem) => debug!(%problem, "samples of what came in could not be kept"),
        }
    }
}

/// A request as it may be kept; nothing where it cannot be read, and so not be masked.
fn masked(posted: &Posted, tenant: &Tenant, known: &Known) -> Option<Sample> {
    let Posted { id, leg, hit, refused, incoming, at, .. } = posted;
    let stand_ins = StandIns { known, tenant, key: rand::random(), at: *at };
    let Incoming { method, path, query, headers, body, .. } = incoming;
    let format = hit.route()?.decode;
    let content =
        if body.is_empty() || format == Format::Query { Bytes::new() } else { written(format, body, &stand_ins)? };
    let query = String::from_utf8(written(Format::Query, query.as_bytes(), &stand_ins)?.to_vec()).ok()?;
    let header = |(name, value): &(String, String)| {
        let value = if name == "content-type" { kind(value) } else { stand_ins.text(value) };
        (name.clone(), value)
    };
    let headers = headers.iter().map(header).collect();
    let path = hit.with_values(path, |name, text| stand_ins.segment(name, text))?;
    let came = Came { method: method.clone(), query, headers, verified: vec![tenant.name.to_string()] };
    let (id, leg, tenant) = (id.number(), leg.as_str().to_owned(), tenant.name.clone());
    Some(Sample { id, tenant, leg, refused: *refused, path, content, came, at: *at })
}

fn written(format: Format, bytes: &[u8], stand_ins: &StandIns<'_>) -> Option<Bytes> {
    let arena = Arena::new();
    let document = codec::decode(format, bytes, &arena).ok()?;
    let mut out = Vec::with_capacity(bytes.len());
    codec::encode(format, stand_ins.value(document, &arena), &mut out).ok()?;
    Some(out.into())
}

/// A content type without its parameters: anybody may write them.
fn kind(value: &str) -> String {
    let kind = value.split(';').next().unwrap_or_default().trim();
    let plain = kind.len() <= 64 && kind.bytes().all(|byte| byte.is_ascii_alphabetic() || b"/+-.".contains(&byte));
    if plain { kind.to_owned() } else { String::new() }
}
