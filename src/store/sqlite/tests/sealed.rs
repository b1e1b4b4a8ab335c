//! Contents sealed at rest: not in the file, read again, with keys that come and go.

use std::path::Path;
use std::time::Instant;

use zeroize::Zeroizing;

use super::place;
use crate::delivery::Phase;
use crate::model::Address;
use crate::store::samples::{address, at, call, change, id, letter, name, new, suppression};
use crate::store::sqlite::{OpenError, SealKey, Sqlite};
use crate::store::{Change, DeadLetter, Forget, Kept, NewMessage, Store, Text, TextKind};

const SAID: &str = "Zanzibar";

fn key(name: &str, byte: u8) -> SealKey {
    SealKey { name: name.to_owned(), key: Zeroizing::new([byte; 32]) }
}

/// A message, a call, a letter and a text that say something.
async fn fill(store: &Sqlite, number: i64) {
    let content = || format!(r#"{{"number":{number},"text":"{SAID}"}}"#);
    store.accept(vec![NewMessage { body: content().into(), ..new(number) }]).await.unwrap();
    let mut about = call(100 + number, Some(number));
    about.context = content().into();
    store.update(Change { calls: vec![about], ..change(number, 0, Phase::Submitted) }).await.unwrap();
    store.park(vec![DeadLetter { content: content().into(), ..letter(Some("acme"), "why") }]).await.unwrap();
    let text = Text {
        kind: TextKind::Tenant,
        file: format!("{number}.yaml"),
        version: String::new(),
        content: content(),
        retired: None,
    };
    store.keep_texts(vec![text]).await.unwrap();
}

/// All of it comes back, from these fillings, oldest first.
async fn says(store: &Sqlite, numbers: &[i64]) {
    for number in numbers {
        let body = store.message(id(*number)).await.unwrap().unwrap().message.body;
        assert!(String::from_utf8_lossy(&body).contains(SAID));
    }
    let (calls, _) = store.calls(at(i64::MAX), 99, &std::collections::HashSet::new()).await.unwrap();
    let letters = store.dead_letters(None, 99).await.unwrap();
    let texts = store.texts().await.unwrap();
    let all = calls.iter().map(|call| call.call.context.clone()).chain(letters.iter().map(|one| one.content.clone()));
    assert!(
        all.chain(texts.into_iter().map(|text| text.content.into()))
            .all(|one| { String::from_utf8_lossy(&one).contains(SAID) })
    );
    assert_eq!((calls.len(), letters.len()), (numbers.len(), numbers.len()));
}

async fn closed(store: Sqlite) {
    store.close().await.unwrap();
    drop(store);
}

fn is_in_the_files(path: &Path) -> bool {
    let folder = path.parent().unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(SAID.len()).any(|part| part == SAID.as_bytes()))
}

#[tokio::test]
async fn sealed_contents_are_not_in_the_file_and_come_back() {
    let (_directory, path) = place();
    let store = Sqlite::open_sealed(&path, &[key("first", 1)]).unwrap();
    fill(&store, 1).await;
    says(&store, &[1]).await;
    assert!(!is_in_the_files(&path), "nor in the log");
    closed(store).await;
    assert!(!is_in_the_files(&path));
    let store = Sqlite::open_sealed(&path, &[key("first", 1)]).unwrap();
    says(&store, &[1]).await;
    // A letter that repeats is known, and a call that is parked and redriven stays sealed.
    let again = DeadLetter {
        content: store.dead_letters(None, 1).await.unwrap()[0].content.clone(),
        ..letter(Some("acme"), "why")
    };
    store.park(vec![again]).await.unwrap();
    says(&store, &[1]).await;
    closed(store).await;
    assert!(!is_in_the_files(&path));
}

#[tokio::test]
async fn a_key_that_is_missing_or_wrong_is_told_and_changes_nothing() {
    let (_directory, path) = place();
    let store = Sqlite::open_sealed(&path, &[key("first", 1)]).unwrap();
    fill(&store, 1).await;
    closed(store).await;
    let opened = |keys: &[SealKey]| {
        Sqlite::open_sealed(&path, keys).map(drop).inspect_err(|problem| {
            assert!(!problem.help().is_empty());
        })
    };
    assert!(matches!(opened(&[]), Err(OpenError::KeyMissing(name)) if name == "first"));
    assert!(matches!(opened(&[key("other", 1)]), Err(OpenError::KeyMissing(name)) if name == "first"));
    assert!(matches!(opened(&[key("first", 2)]), Err(OpenError::KeyWrong(name)) if name == "first"));
    let told = opened(&[key("other", 2), key("first", 3)]).unwrap_err().to_string();
    assert!(told.contains("`first`"), "{told}");
    let store = Sqlite::open_sealed(&path, &[key("first", 1)]).unwrap();
    says(&store, &[1]).await;
}

#[tokio::test]
async fn keys_come_and_go() {
    let (_directory, path) = place();
    // Begun without: what is there stays as it is.
    let store = Sqlite::open(&path).unwrap();
    fill(&store, 1).await;
    store.suppress(vec![suppression(None, "919812345670", true)]).await.unwrap();
    closed(store).await;
    let store = Sqlite::open_sealed(&path, &[key("first", 1)]).unwrap();
    fill(&store, 2).await;
    says(&store, &[1, 2]).await;
    closed(store).await;
    let store = Sqlite::open_sealed(&path, &[key("second", 2), key("first", 1)]).unwrap();
    fill(&store, 3).await;
    says(&store, &[1, 2, 3]).await;
    closed(store).await;
    assert!(matches!(Sqlite::open_sealed(&path, &[key("second", 2)]), Err(OpenError::KeyMissing(_))));
    // All of it grows old or is erased; then the first key is needed no more.
    let store = Sqlite::open_sealed(&path, &[key("second", 2), key("first", 1)]).unwrap();
    let whom = Forget { tenant: None, address: address("919812345670"), at: at(9) };
    assert_eq!(store.forget(whom).await.unwrap().messages, 3);
    assert_eq!(store.purge(at(99), 99).await, Ok(3));
    store.expire(Kept::Letters, at(99), 99).await.unwrap();
    let text = |text: Text| Text { retired: Some(at(1)), ..text };
    store.keep_texts(store.texts().await.unwrap().into_iter().map(text).collect()).await.unwrap();
    store.purge(at(99), 9).await.unwrap();
    closed(store).await;
    let store = Sqlite::open_sealed(&path, &[key("second", 2)]).unwrap();
    let (tenant, sender) = (name("acme"), Address::from("1"));
    assert!(store.is_suppressed(&tenant, &sender, &address("919812345670")), "the key of opt-outs was sealed anew");
    closed(store).await;
    assert!(matches!(Sqlite::open(&path), Err(OpenError::KeyMissing(name)) if name == "second"));
}

/// What sealing costs: `cargo test --lib sealed -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "prints timings"]
async fn what_sealing_costs() {
    const COUNT: i64 = 20_000;
    let body = format!(r#"{{"text":"{}"}}"#, "x".repeat(600));
    for round in 0..3 {
        for (what, keys) in [("plain", vec![]), ("sealed", vec![key("first", 1)])] {
            let (_directory, path) = place();
            let store = Sqlite::open_sealed(&path, &keys).unwrap();
            let began = Instant::now();
            for first in (1..=COUNT).step_by(500) {
                let message = |number| NewMessage { body: body.clone().into(), ..new(number) };
                store.accept((first..first + 500).map(message).collect()).await.unwrap();
            }
            let accepted = began.elapsed();
            let began = Instant::now();
            for number in 1..=COUNT / 10 {
                store.message(id(number)).await.unwrap();
            }
            let read = began.elapsed() * 10;
            println!("{round} {what}: {accepted:.2?} to accept {COUNT}, {read:.2?} to read as many");
            closed(store).await;
        }
    }
}
