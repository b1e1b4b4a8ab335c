//! The cases: each one body, the way through the shipped programs, and the way written by hand, to the same bytes.
//!
//! Measures nothing: `gateway` takes the times, `allocations` the counts.

mod one_program;
mod provider_events;
mod sends;
pub(crate) mod shipped;

use std::sync::Arc;

use crate::reference::{moengage, vonage, webengage};
use one_program::OneProgram;
use shipped::Shipped;

pub(crate) type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// The send that all benches of HTTP use, too.
pub(crate) const SEND: &str = include_str!("../samples/webengage-send.json");
const CAROUSEL: &str = include_str!("../../mappings/samples/moengage.send.template-carousel.json");
const STATUS: &str = include_str!("../../mappings/samples/vonage.status.rejected-1022.json");
const TAP: &str = include_str!("../../mappings/samples/vonage.inbound.button-quick-reply.json");

/// What the provider's `client_ref` is.
const REFERENCE: &str = "4ts9k2v0qxa7m";
/// What the platform calls a message.
const PLATFORM_ID: &str = "66b1f0c2a7d4e90017_20261104_c017";

type Map = Box<dyn Fn() -> Result<Vec<u8>, Trouble>>;

/// One thing that is mapped.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Bytes that come in.
    pub(crate) bytes: usize,
    /// By the compiled programs.
    pub(crate) programs: Map,
    /// By hand.
    pub(crate) by_hand: fn() -> Result<Vec<u8>, Trouble>,
}

/// All cases.
pub(crate) fn cases() -> Result<Vec<Case>, Trouble> {
    let shipped = Arc::new(Shipped::load()?);
    let one = OneProgram::compile()?;
    let with = |run: fn(&Shipped) -> Result<Vec<u8>, Trouble>| -> Map {
        let shipped = shipped.clone();
        Box::new(move || run(&shipped))
    };
    let whole = sends::Whole::new(&shipped)?;
    let send = || Ok(webengage::send(SEND.as_bytes(), REFERENCE)?);
    let case = |name, body: &str, programs: Map, by_hand| Case { name, bytes: body.len(), programs, by_hand };
    let one_program: Map = Box::new(move || one.run(SEND.as_bytes(), REFERENCE));
    Ok(vec![
        case("send, one program", SEND, one_program, send),
        case("send, two programs over the model", SEND, with(|s| sends::two_programs(s, "shop", SEND)), send),
        case("send, all the gateway does", SEND, Box::new(move || whole.run()), send),
        case("carousel, two programs over the model", CAROUSEL, with(carousel), || {
            Ok(moengage::send(CAROUSEL.as_bytes(), REFERENCE)?)
        }),
        case("failed status to report, all", STATUS, with(provider_events::report), || {
            Ok(vonage::report(STATUS.as_bytes(), PLATFORM_ID)?)
        }),
        case("tapped button to post, all", TAP, with(provider_events::post), || Ok(vonage::tap(TAP.as_bytes())?)),
    ])
}

fn carousel(shipped: &Shipped) -> Result<Vec<u8>, Trouble> {
    sends::two_programs(shipped, "travel", CAROUSEL)
}

/// Both ways come to the same document; which key stands first does not matter.
pub(crate) fn agree(case: &Case) -> Result<(), Trouble> {
    let (programs, by_hand) = ((case.programs)()?, (case.by_hand)()?);
    let read = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes);
    if read(&programs)? == read(&by_hand)? {
        return Ok(());
    }
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Err(format!("{}:\nprograms {}\nby hand  {}", case.name, shown(&programs), shown(&by_hand)).into())
}
