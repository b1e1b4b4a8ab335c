//! A kill at each step of each write: what was not committed is not there, what was committed is there in whole, and
//! the work goes on from there.

use std::collections::HashSet;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures_util::FutureExt;

use crate::delivery::Phase;
use crate::faults::Point;
use crate::store::samples::{at, call, change, id, lane, letter, name, new, paused, suppression, taken};
use crate::store::sqlite::Sqlite;
use crate::store::{
    Audit, Audits, CallStep, Change, Consents, Count, DeadLetter, Forget, Kept, Letters, Line, NewCall, NewMessage,
    Page, Roles, Store, Stored, Taken, Text, TextKind, Token, Which,
};

/// SIGABRT.
const ABORTED: i32 = 6;
/// Where the killed process has its store.
const PLACE: &str = "SWITCHBOARD_STEPS_IN";

/// A write, by the name that its points begin with.
type Step = (&'static str, fn(&Sqlite) -> Stored<'_, ()>);

const STEPS: &[Step] = &[
    ("accept", |store| done(store.accept(vec![new(1)]))),
    ("begin", |store| store.begin(vec![(id(1), 0)])),
    ("settle", |store| {
        let told = Change { provider_id: Some("provider-1".to_owned()), calls: vec![call(5, Some(1))], ..sent() };
        done(store.update(told))
    }),
    ("call", |store| store.settle_call(5, CallStep::Park { why: "refused".to_owned() }, Some(line("refused")))),
    ("redrive", |store| done(store.redrive(1, at(60), true))),
    ("call", |store| store.settle_call(5, CallStep::Done, Some(line("posted")))),
    ("take", |store| {
        let suppressions = vec![suppression(None, PERSONS[0], true)];
        done(store.take(Taken { suppressions, replies: vec![new(2)], calls: vec![call(6, None)], ..taken("in-1") }))
    }),
    ("suppress", |store| {
        let of_one_sender = suppression(Some("14155550100"), PERSONS[2], true);
        done(store.suppress(vec![suppression(None, PERSONS[1], true), of_one_sender]))
    }),
    ("suppress", |store| done(store.suppress(vec![suppression(None, PERSONS[1], false)]))),
    ("pause", |store| done(store.pause(paused("acme", Some("14155550100"))))),
    ("pause", |store| done(store.pause(paused("acme", None)))),
    ("pause", |store| done(store.resume(&name("acme"), &Which::All))),
    ("pause", |store| done(store.pause(paused("globex", None)))),
    ("park", |store| {
        let waits =
            DeadLetter { kind: "unmatched".to_owned(), due: Some(at(100)), ..letter(Some("acme"), "no message") };
        store.park(vec![letter(Some("acme"), "malformed"), waits])
    }),
    ("put_off", |store| done(store.put_off(vec![(3, Some(at(400)))], 10))),
    ("discard", |store| done(store.discard(2))),
    ("token", |store| {
        let (name, roles) = ("admin".to_owned(), Roles::ALL);
        done(store.keep_token(Token { name, hash: [7; 32], at: at(70), roles, tenant: None, until: None }))
    }),
    ("audit", |store| store.audit(audit(71, "token revoke"))),
    ("audit", |store| store.audit(audit(81, "redrive"))),
    ("revoke", |store| done(store.revoke_token("admin"))),
    ("expire", |store| done(store.expire(Kept::Audit, at(80), 10))),
    ("expire", |store| done(store.expire(Kept::Inbound, at(80), 10))),
    ("park", |store| store.park(vec![letter(Some("acme"), "too old")])),
    ("expire", |store| done(store.expire(Kept::Letters, at(80), 10))),
    ("expire", |store| done(store.expire(Kept::Histories, at(2), 10))),
    ("texts", |store| store.keep_texts(vec![text("acme.yaml"), text("bolt.yaml")])),
    ("accept", |store| done(store.accept(vec![new(3), new(4)]))),
    ("purge", |store| done(store.purge(at(3), 10))),
];

const PERSONS: [&str; 3] = ["919812345670", "919812345671", "919812345672"];

fn done<'s, T: Send + 's>(stored: Stored<'s, T>) -> Stored<'s, ()> {
    stored.map(|result| result.map(drop)).boxed()
}

fn sent() -> Change {
    change(1, 0, Phase::Submitted)
}

fn line(text: &str) -> Line {
    Line { at: at(50), text: text.to_owned() }
}

fn audit(millis: i64, what: &str) -> Audit {
    let (who, about) = ("admin".to_owned(), "1".to_owned());
    Audit { id: 0, at: at(millis), who, what: what.to_owned(), tenant: Some(name("acme")), about }
}

fn text(file: &str) -> Text {
    let (file, version, content) = (file.to_owned(), "5f3a".to_owned(), "tenant: acme".to_owned());
    Text { kind: TextKind::Tenant, file, version, content, retired: None }
}

/// Everything that a store can be asked.
async fn all(store: &Sqlite) -> Vec<String> {
    let (end, nobody) = (at(i64::MAX), HashSet::new());
    let mut all = Vec::new();
    for number in 1..=4 {
        let message = store.message(id(number)).await.unwrap();
        all.push(format!("{number}: {message:?} {:?}", store.history(id(number)).await.unwrap()));
        all.push(format!("{:?}", store.by_platform_id(&name("acme"), &format!("platform-{number}")).await.unwrap()));
    }
    all.push(format!("provider's id: {:?}", store.by_provider_id("provider-1").await.unwrap()));
    all.push(format!("calls: {:?}", store.calls(end, 10, &nobody).await.unwrap()));
    all.push(format!("letters: {:?}", store.dead_letters(None, 10).await.unwrap()));
    all.push(format!("waiting letters: {:?}", store.letters_due(end, 10).await.unwrap()));
    let own = Letters { tenant: Some(name("acme")), ..Letters::default() };
    all.push(format!("a tenant's: {:?}", store.letters(&own, Page::Newest { below: None }, 10).await.unwrap().len()));
    let sender = lane("acme", "14155550100").from;
    let listed = PERSONS.map(|person| store.is_suppressed(&name("acme"), &sender, &person.into()));
    all.push(format!("opted out: {listed:?}"));
    all.push(format!("paused: {:?}", store.paused()));
    all.push(format!("history: {:?}", store.consents(&Consents::default(), 20).await.unwrap()));
    all.push(format!("begun: {:?}", store.interrupted().await.unwrap()));
    all.push(format!("lanes: {:?} {:?}", store.lanes().await.unwrap(), store.ledger(&name("acme")).await.unwrap()));
    all.push(format!("counted: {:?}", store.recount().await.unwrap()));
    let known = store.read(|reader| reader.connection.query_row("SELECT count(*) FROM inbound", [], |row| row.get(0)));
    let known: i64 = known.await.unwrap();
    all.push(format!("ids of inbound messages: {known}"));
    all.push(format!("audit: {:?}", store.audits(&Audits::default(), 10).await.unwrap()));
    all.push(format!("tokens: {:?} texts: {:?}", store.tokens().await.unwrap(), store.texts().await.unwrap()));
    all
}

async fn take(store: &Sqlite, steps: &[Step]) {
    for (write, step) in steps {
        step(store).await.unwrap_or_else(|problem| panic!("{write}: {problem}"));
    }
}

/// What is there before the first step, and after each.
async fn states() -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("store")).unwrap();
    let mut states = vec![all(&store).await];
    for step in STEPS {
        take(&store, &[*step]).await;
        states.push(all(&store).await);
    }
    states
}

/// What the killed process does; by itself, that no step is in vain: each leaves something behind.
#[tokio::test]
async fn the_steps_are_taken() {
    match std::env::var(PLACE) {
        Ok(place) => take(&Sqlite::open(Path::new(&place)).unwrap(), STEPS).await,
        Err(_) => {
            let states = states().await;
            for (place, (write, _)) in STEPS.iter().enumerate() {
                assert_ne!(states[place], states[place + 1], "{write}");
            }
        }
    }
}

/// A process that aborts at that passing of a point; the store that it leaves.
fn killed(folder: &Path, point: &str, nth: usize) -> PathBuf {
    killed_by("the_steps_are_taken", folder, point, nth)
}

fn killed_by(test: &str, folder: &Path, point: &str, nth: usize) -> PathBuf {
    let place = folder.join("store");
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", &format!("store::sqlite::tests::kills::{test}")]);
    process.env(PLACE, &place).env("SWITCHBOARD_ABORT_AT", format!("{point}:{nth}"));
    let ended = process.output().unwrap();
    assert_eq!(ended.status.signal(), Some(ABORTED), "{point}:{nth}: {}", String::from_utf8_lossy(&ended.stdout));
    place
}

#[tokio::test]
async fn a_killed_write_is_there_in_whole_or_not_at_all() {
    let states = states().await;
    for (place, (write, _)) in STEPS.iter().enumerate() {
        let nth = STEPS[..=place].iter().filter(|(name, _)| name == write).count();
        for (end, taken) in [("written", place), ("committed", place + 1)] {
            let (folder, point) = (tempfile::tempdir().unwrap(), format!("{write}.{end}"));
            let store = Sqlite::open(&killed(folder.path(), &point, nth)).unwrap();
            assert_eq!(all(&store).await, states[taken], "{point}:{nth}");
            take(&store, &STEPS[taken..]).await;
            assert_eq!(all(&store).await, states[STEPS.len()], "{point}:{nth}, and all that comes after it");
        }
    }
}

/// A person with something in every table, and another one.
async fn known(store: &Sqlite) {
    let joined = Taken { addresses: vec![PERSONS[0].into(), "IN.1349120".into()], ..taken("in-1") };
    let calls = vec![call(8, None)].into_iter().map(|call| NewCall { context: PERSONS[0].into(), ..call });
    let opted_out = vec![suppression(None, PERSONS[0], true)];
    store.take(Taken { suppressions: opted_out, calls: calls.collect(), ..joined }).await.unwrap();
    let other = NewMessage { to: PERSONS[1].into(), ..new(2) };
    store.accept(vec![new(1), other, new(3)]).await.unwrap();
    store.update(Change { calls: vec![call(5, Some(1))], ..sent() }).await.unwrap();
    let content = bytes::Bytes::from(format!("to={}", PERSONS[0]));
    store.park(vec![DeadLetter { content, ..letter(Some("acme"), "malformed") }]).await.unwrap();
}

async fn forget(store: &Sqlite) {
    store.forget(Forget { tenant: None, address: PERSONS[0].into(), at: at(77) }).await.unwrap();
}

/// What a killed process does that forgets somebody; by itself, how many parts that has.
#[tokio::test]
async fn somebody_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let place = std::env::var_os(PLACE).map_or_else(|| folder.path().join("store"), PathBuf::from);
    let store = Sqlite::open(&place).unwrap();
    known(&store).await;
    let before = store.commits();
    forget(&store).await;
    assert_eq!(store.commits() - before, PARTS, "calls, letters, messages, who it is");
}

const PARTS: u64 = 4;

/// Without the keyed hashes of platforms' ids: each store has a key of its own.
fn unveiled(all: &[String]) -> Vec<String> {
    let hash = regex::Regex::new(r#"platform_id: "", campaign: None, dedupe: Some\("[^"]+"\)"#).unwrap();
    all.iter().map(|text| hash.replace_all(text, "forgotten").into_owned()).collect()
}

/// Half forgotten, the books are right; and whoever asks again forgets the rest, as if nothing had happened.
#[tokio::test]
async fn a_killed_forgetting_is_ended_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Sqlite::open(&folder.path().join("store")).unwrap();
    known(&whole).await;
    let untouched = all(&whole).await;
    forget(&whole).await;
    let expected = unveiled(&all(&whole).await);
    for (end, nth) in (1..=PARTS).flat_map(|nth| [("written", nth), ("committed", nth)]) {
        let (folder, point) = (tempfile::tempdir().unwrap(), format!("forget.{end}"));
        let place = killed_by("somebody_is_forgotten", folder.path(), &point, usize::try_from(nth).unwrap());
        let store = Sqlite::open(&place).unwrap();
        let half = all(&store).await;
        assert_eq!(half == untouched, (end, nth) == ("written", 1), "{point}:{nth}");
        assert!(store.recount().await.unwrap().iter().all(Count::agrees), "{point}:{nth}");
        assert!(store.is_suppressed(&name("acme"), &"14155550100".into(), &PERSONS[0].into()), "{point}:{nth}");
        forget(&store).await;
        assert_eq!(unveiled(&all(&store).await), expected, "{point}:{nth}");
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(12).any(|part| part == PERSONS[0].as_bytes()), "{point}:{nth}");
        }
    }
}

#[test]
fn every_write_that_has_points_is_a_step() {
    for write in Point::ALL.iter().filter_map(|point| point.name().strip_suffix(".committed")) {
        assert!(write == "forget" || STEPS.iter().any(|(name, _)| *name == write), "{write}");
    }
}
