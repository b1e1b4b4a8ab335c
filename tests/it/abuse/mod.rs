//! What strangers try, and callers with a key of their own: over real sockets, against the gateway as a process, while
//! another brand's messages go through unharmed.
//!
//! An attack is a row: its name, what comes of it, and what it does. docs/security.md lists them all, from these rows.
//! Every attack has a caller's address of its own (127.0.0.0/8), so that they can run side by side.

mod bodies;
pub(crate) mod certificates;
mod crowds;
mod framing;
mod guesses;
mod heads;
mod operators;
mod outward;
mod page;
mod paths;
mod slow;
mod sources;
mod stage;
mod tls;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, StreamExt};

use self::stage::Stage;

/// Something that is tried.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// What comes of it, in the words of docs/security.md.
    pub(crate) end: &'static str,
    run: fn(Arc<Stage>) -> LocalBoxFuture<'static, ()>,
}

/// A row of a list.
macro_rules! attack {
    ($name:literal, $end:literal, |$stage:ident| $body:expr) => {
        $crate::abuse::Attack { name: $name, end: $end, run: |$stage| Box::pin(async move { $body }) }
    };
}
use attack;

/// All of them, by what they are aimed at.
pub(crate) const GROUPS: &[(&str, &[Attack])] = &[
    ("Slow callers", slow::ATTACKS),
    ("Heads", heads::ATTACKS),
    ("Where a request ends", framing::ATTACKS),
    ("Paths", paths::ATTACKS),
    ("Bodies", bodies::ATTACKS),
    ("Credentials", guesses::ATTACKS),
    ("Where callers are", sources::ATTACKS),
    ("TLS", tls::ATTACKS),
    ("Calls that are led astray", outward::ATTACKS),
    ("The operator's listener", operators::ATTACKS),
    ("Crowds", crowds::ATTACKS),
];

/// So many at once: whoever waits to be cut keeps nobody else waiting.
const AT_ONCE: usize = 12;

/// What the gateway may take of memory meanwhile, in megabytes: an unoptimised build, half of it before the first attack.
const MOST_MEMORY: u64 = 220;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attack_ends_and_the_neighbour_does_not_notice() {
    let stage = Stage::start().await;
    let (before, _) = stage.memory();
    let bystander = stage.bystander();
    let mut failures = Vec::new();
    for (group, attacks) in GROUPS {
        // Crowds fill the house: each has it for itself.
        let at_once = if *group == "Crowds" { 1 } else { AT_ONCE };
        let only = std::env::var("SWITCHBOARD_ATTACK").unwrap_or_default();
        let chosen = attacks.iter().filter(|attack| attack.name.contains(&only));
        let tried = stream::iter(chosen).map(|attack| run(attack, &stage)).buffer_unordered(at_once);
        failures.extend(tried.filter_map(async |failure| failure).collect::<Vec<_>>().await);
    }
    assert!(failures.is_empty(), "{} attacks:\n{}", failures.len(), failures.join("\n"));
    let passed = bystander.stop(&stage).await;
    let attacks: usize = GROUPS.iter().map(|(_, attacks)| attacks.len()).sum();
    let (after, most) = stage.memory();
    println!("{attacks} attacks; the neighbour sent {passed} messages, all accepted, sent and reported");
    println!("memory: {before} MB before, {after} MB after, at most {most} MB");
    assert!(most <= MOST_MEMORY, "{most} MB");
    stage.end().await;
}

/// One attack; messages of the neighbour pass while it goes on. What went wrong, with its name.
async fn run(attack: &'static Attack, stage: &Arc<Stage>) -> Option<String> {
    let before = stage.passed();
    let attacking = AssertUnwindSafe((attack.run)(Arc::clone(stage))).catch_unwind();
    let failure = match tokio::time::timeout(stage::GUARD, attacking).await {
        Ok(Ok(())) => None,
        Ok(Err(problem)) => Some(format!("{}: {}", attack.name, stage::words(&*problem))),
        Err(_) => Some(format!("{}: neither answered nor cut", attack.name)),
    };
    stage.passes(before + 1).await;
    failure
}
