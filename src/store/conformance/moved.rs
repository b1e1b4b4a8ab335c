//! A store that was moved into another engine, and back, answers every question as before; also where the move was cut off.

use std::panic::AssertUnwindSafe;
use std::path::Path;

use futures_util::FutureExt;
use proptest::prelude::*;
use tempfile::TempDir;

use super::super::postgres::tests::{Tables, made, place_of, reopen};
use super::super::postgres::{self, RawPostgres};
use super::super::samples::*;
use super::super::sqlite::{self, RawSqlite, Sqlite};
use super::super::transfer::{self, MoveError, Moved, Progress, Raw};
use super::super::*;
use super::differential::{Op, apply, cases, op, seen};
use super::rings::sample;
use super::seal_key;

type Both<'p> = (&'p mut dyn Raw, &'p str);

async fn moved(from: Both<'_>, to: Both<'_>) -> Result<Moved, MoveError> {
    transfer::move_all(from, to, "first".to_owned(), &mut |_| ()).await
}

fn file(directory: &TempDir, name: &str) -> RawSqlite {
    RawSqlite::alone(&directory.path().join(name)).unwrap()
}

async fn database(tables: &Tables) -> RawPostgres {
    RawPostgres::alone_or_new(&place_of(tables)).await.unwrap()
}

fn opened(path: &Path) -> Sqlite {
    Sqlite::open_sealed(path, &[seal_key()]).unwrap()
}

/// What there is besides messages and their like.
async fn more(store: &dyn Store) -> String {
    let tokens: Vec<(String, [u8; 32])> =
        store.tokens().await.unwrap().into_iter().map(|token| (token.name, token.hash)).collect();
    let mut histories = Vec::new();
    for number in 1..=8 {
        histories.push(store.history(id(number)).await.unwrap());
    }
    let audits = store.audits(&Audits::default(), 9).await.unwrap();
    let (texts, samples) = (store.texts().await.unwrap(), store.samples().await.unwrap());
    format!("{tokens:?} {audits:?} {texts:?} {samples:?} {histories:?}")
}

/// Everything that the operations of the differential test never touch.
async fn fill(store: &dyn Store) {
    let token = |name: &str| Token {
        name: name.to_owned(),
        hash: [3; 32],
        at: at(1),
        roles: Roles::ALL,
        tenant: Some(name.into()),
        until: Some(at(99)),
    };
    assert!(store.keep_token(token("ops\0\u{1}")).await.unwrap());
    for number in 1..=3 {
        let (who, what, about) = ("ops".to_owned(), "redrive".to_owned(), format!("letter {number}"));
        store.audit(Audit { id: 0, at: at(number), who, what, tenant: None, about }).await.unwrap();
    }
    store.keep_samples((1..=3).map(|id| sample(id, "acme", "send")).collect(), 9).await.unwrap();
    let text = |kind, content: &str| Text {
        kind,
        file: "acme.yaml".to_owned(),
        version: "1".to_owned(),
        content: content.to_owned(),
        retired: Some(at(5)),
    };
    store.keep_texts(vec![text(TextKind::Tenant, "tenant: acme"), text(TextKind::Gateway, "{}")]).await.unwrap();
}

async fn answers(store: &dyn Store) -> Vec<String> {
    let mut all = seen(store).await;
    all.push(more(store).await);
    all
}

async fn checked(raw: &mut dyn Raw) {
    let found = transfer::check(raw, &[seal_key()]).await.unwrap();
    assert_eq!(found.findings, [], "{found:?}");
    assert!(found.tables.iter().map(|(_, rows)| rows).sum::<u64>() > 0);
}

async fn there_and_back(ops: &[Op], rest: &[Op]) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().unwrap();
    let (first, last) = (directory.path().join("first.db"), directory.path().join("last.db"));
    let store = opened(&first);
    fill(&store).await;
    let mut call = 1;
    for op in ops {
        apply(&store, op, call).await;
        call += 2;
    }
    let before = answers(&store).await;
    store.close().await.unwrap();
    drop(store);

    let tables = Tables::new();
    let (mut from, mut to) = (file(&directory, "first.db"), database(&tables).await);
    moved((&mut from, "first"), (&mut to, "database")).await.unwrap();
    drop(from);
    checked(&mut to).await;
    drop(to);
    let store = reopen(&tables, &[seal_key()]).await;
    prop_assert_eq!(&before, &answers(&store).await);
    Store::close(&store).await.unwrap();
    drop(store);

    let (mut from, mut to) = (database(&tables).await, file(&directory, "last.db"));
    moved((&mut from, "database"), (&mut to, "last")).await.unwrap();
    checked(&mut to).await;
    drop((from, to));
    let store = opened(&last);
    prop_assert_eq!(&before, &answers(&store).await);
    // Life goes on as it would have: the next numbers, repeats, opt-outs.
    let twin = directory.path().join("twin.db");
    std::fs::copy(&first, &twin).unwrap();
    rusqlite::Connection::open(&twin).unwrap().execute_batch("DROP TABLE moving").unwrap();
    let twin = opened(&twin);
    for op in rest {
        prop_assert_eq!(apply(&twin, op, call).await, apply(&store, op, call).await, "{:?}", op);
        call += 2;
    }
    prop_assert_eq!(answers(&twin).await, answers(&store).await);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_store_that_was_moved_there_and_back_answers_the_same(
        ops in proptest::collection::vec(op(), 20..60),
        rest in proptest::collection::vec(op(), 5..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(there_and_back(&ops, &rest))?;
    }
}

/// Many messages with something of everything.
async fn many(path: &Path, messages: i64) -> Vec<String> {
    let store = opened(path);
    // Nothing is found from memory that can be in the index.
    store.index_together(1);
    fill(&store).await;
    store.accept((1..=messages).map(new).collect()).await.unwrap();
    for number in 1..=8 {
        let change = Change {
            provider_id: Some(format!("p-{number}")),
            calls: vec![call(number, Some(number))],
            ..change(number, 0, crate::delivery::Phase::Submitted)
        };
        store.update(change).await.unwrap();
    }
    store.suppress(vec![suppression(None, "91", true)]).await.unwrap();
    let before = answers(&store).await;
    store.close().await.unwrap();
    before
}

#[tokio::test]
async fn a_move_that_is_cut_off_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("first.db");
    let before = many(&path, 2300).await;
    let tables = Tables::new();
    let mut steps = 0;
    // Cut off after each further step, as by a kill: nothing of what comes after is done.
    for cut in 1.. {
        let mut told = 0;
        let mut tell = |_: Progress| {
            told += 1;
            assert!(told < cut, "cut off");
        };
        let (mut from, mut to) = (file(&directory, "first.db"), database(&tables).await);
        let id = format!("move {cut}");
        let move_all = transfer::move_all((&mut from, "first"), (&mut to, "database"), id, &mut tell);
        let ended = AssertUnwindSafe(move_all).catch_unwind().await;
        drop((from, to));
        match ended {
            Ok(done) => {
                assert!(done.unwrap().resumed);
                break;
            }
            Err(_) => steps += 1,
        }
        // Half a store is not served.
        let place = place_of(&tables);
        let refused = postgres::Postgres::open(&place, &[seal_key()]).await;
        assert!(matches!(refused, Err(postgres::OpenError::Half(from)) if from == "first"));
    }
    assert!(steps > 15, "{steps}");
    assert!(matches!(Sqlite::open(&path), Err(sqlite::OpenError::Moved(to)) if to == "database"));
    let store = reopen(&tables, &[seal_key()]).await;
    assert_eq!(before, answers(&store).await);
    Store::close(&store).await.unwrap();
}

#[tokio::test]
async fn what_was_served_meanwhile_is_not_mixed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("first.db");
    many(&path, 600).await;
    let mut tell = |progress: Progress| assert!(progress.table != "message", "cut off");
    let (mut from, mut to) = (file(&directory, "first.db"), file(&directory, "last.db"));
    let begun = transfer::move_all((&mut from, "first"), (&mut to, "last"), "one".to_owned(), &mut tell);
    AssertUnwindSafe(begun).catch_unwind().await.unwrap_err();
    drop(from);
    // Who serves it again gives the move up.
    let store = opened(&path);
    store.accept(vec![new(700)]).await.unwrap();
    drop(store);
    let mut from = file(&directory, "first.db");
    let refused = moved((&mut from, "first"), (&mut to, "last")).await;
    assert!(matches!(refused, Err(MoveError::OtherHalf { .. })), "{refused:?}");
    transfer::undo((&mut from, "first"), (&mut to, "last")).await.unwrap();
    moved((&mut from, "first"), (&mut to, "last")).await.unwrap();
    let done = moved((&mut from, "first"), (&mut to, "last")).await;
    assert!(matches!(done, Err(MoveError::Done(_))), "{done:?}");
    let mut third = file(&directory, "third.db");
    let refused = moved((&mut from, "first"), (&mut third, "third")).await;
    assert!(matches!(refused, Err(MoveError::Left(to)) if to == "last"));

    // Taken back as long as nobody served it.
    transfer::undo((&mut from, "first"), (&mut to, "last")).await.unwrap();
    moved((&mut from, "first"), (&mut to, "last")).await.unwrap();
    drop((from, to));
    drop(opened(&directory.path().join("last.db")));
    let (mut from, mut to) = (file(&directory, "first.db"), file(&directory, "last.db"));
    let refused = transfer::undo((&mut from, "first"), (&mut to, "last")).await;
    assert!(matches!(refused, Err(MoveError::NotMoved { .. })), "{refused:?}");
    let refused = moved((&mut third, "third"), (&mut to, "last")).await;
    assert!(matches!(refused, Err(MoveError::NotEmpty(_))), "{refused:?}");
}

#[tokio::test]
async fn a_store_that_is_used_is_not_moved() {
    let (store, tables) = made(&[]).await;
    let refused = RawPostgres::alone(&place_of(&tables)).await;
    assert!(matches!(refused, Err(postgres::OpenError::InUse)));
    Store::close(&store).await.unwrap();
    // And what is being moved is not used.
    let alone = RawPostgres::alone(&place_of(&tables)).await.unwrap();
    let refused = postgres::Postgres::open(&place_of(&tables), &[]).await;
    assert!(matches!(refused, Err(postgres::OpenError::InUse)));
    drop(alone);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("first.db");
    let store = opened(&path);
    assert!(matches!(RawSqlite::alone(&path), Err(sqlite::OpenError::InUse(_))));
    // Looking is allowed, and what is written meanwhile is not seen.
    store.accept(vec![new(1)]).await.unwrap();
    let mut looking = RawSqlite::reading(&path).unwrap();
    checked(&mut looking).await;
    store.accept(vec![new(2)]).await.unwrap();
    checked(&mut looking).await;
}

/// Each gateway adds to rows of its own, and one that was killed leaves them: what is moved is their sum.
#[tokio::test]
async fn what_several_gateways_counted_is_moved_as_one() {
    let (first, tables) = made(&[seal_key()]).await;
    let second = reopen(&tables, &[seal_key()]).await;
    first.accept((1..=4).map(new).collect()).await.unwrap();
    second.accept(vec![new(5), new(6)]).await.unwrap();
    second.update(change(1, 0, crate::delivery::Phase::Submitted)).await.unwrap();
    first.begin(vec![(id(2), 0)]).await.unwrap();
    second.suppress(vec![suppression(None, "91", true)]).await.unwrap();
    Store::close(&first).await.unwrap();
    // Killed: it is there until its lease ends.
    drop((first, second));
    let kept =
        "INSERT INTO node (slot, program, commits, heard, until) VALUES (9, '', 0, 0, now() + interval '1 hour')";
    tables.run(kept).unwrap();
    let refused = RawPostgres::alone(&place_of(&tables)).await;
    assert!(matches!(refused, Err(postgres::OpenError::InUse)));
    tables.run("DELETE FROM node WHERE slot = 9").unwrap();

    let (directory, other) = (tempfile::tempdir().unwrap(), Tables::new());
    let (mut from, mut file) = (database(&tables).await, file(&directory, "file.db"));
    checked(&mut from).await;
    moved((&mut from, "database"), (&mut file, "file")).await.unwrap();
    // A gateway that had nothing to do was there before.
    drop(database(&other).await);
    Store::close(&reopen(&other, &[]).await).await.unwrap();
    other.run("INSERT INTO part (name) VALUES ('house'); UPDATE turn SET news = 5").unwrap();
    let mut to = database(&other).await;
    transfer::move_all((&mut file, "file"), (&mut to, "other"), "second".to_owned(), &mut |_| ()).await.unwrap();
    checked(&mut to).await;
    drop((from, file, to));
    let nothing =
        "DO $$ BEGIN ASSERT (SELECT count(*) FROM node) + (SELECT count(*) FROM part) + (SELECT count(*) FROM news)
        + (SELECT news FROM turn) = 0; END $$";
    other.run(nothing).unwrap();

    let store = reopen(&other, &[seal_key()]).await;
    let ledger = store.ledger(&name("acme")).await.unwrap();
    assert_eq!((ledger.accepted, ledger.submitted, ledger.in_flight), (6, 1, 5));
    let counts = store.recount().await.unwrap();
    assert!(counts.len() == 1 && counts.iter().all(Count::agrees), "{counts:?}");
    assert_eq!(store.interrupted().await.unwrap(), [id(2)]);
    Store::close(&store).await.unwrap();
}

/// It expired during its attempt, and the answer never came: nothing ends the attempt but its message's leaving.
#[tokio::test]
async fn an_attempt_leaves_with_its_message() {
    async fn leave(store: &dyn Store) {
        store.accept(vec![new(1), new(2)]).await.unwrap();
        store.begin(vec![(id(1), 0), (id(2), 0)]).await.unwrap();
        let expired = Change { goes_on: true, ..change(1, 0, crate::delivery::Phase::Expired) };
        store.update(expired).await.unwrap();
        assert_eq!(store.purge(at(99), 9).await, Ok(1));
        assert_eq!(store.interrupted().await.unwrap(), [id(2)]);
        store.close().await.unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let (store, tables) = made(&[seal_key()]).await;
    leave(&store).await;
    drop(store);
    leave(&opened(&directory.path().join("first.db"))).await;
    checked(&mut file(&directory, "first.db")).await;
    checked(&mut database(&tables).await).await;
}

#[tokio::test]
async fn what_is_wrong_is_found_in_both_engines() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("first.db");
    many(&path, 40).await;
    let tables = Tables::new();
    let (mut from, mut to) = (file(&directory, "first.db"), database(&tables).await);
    moved((&mut from, "first"), (&mut to, "database")).await.unwrap();
    drop((from, to));
    let wrong = [
        ("UPDATE ledger SET failed = failed + 1", "tally"),
        ("DELETE FROM body WHERE ref = 20", "without a body"),
        ("DELETE FROM message WHERE ref = 3", "calls whose message is gone"),
        ("INSERT INTO attempt VALUES (99)", "attempts of no message"),
        ("INSERT INTO key VALUES (5, 40)", "too many"),
        ("DELETE FROM key WHERE ref = 39", "lack"),
        ("UPDATE body SET content = 'x' WHERE ref = 38", "their key does not open"),
    ];
    for (sql, says) in wrong {
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        tables.run(sql).unwrap();
        let mut raws: [Box<dyn Raw>; 2] = [
            Box::new(RawSqlite::reading(&path).unwrap()),
            Box::new(RawPostgres::reading(&place_of(&tables)).await.unwrap()),
        ];
        for raw in &mut raws {
            let found = transfer::check(&mut **raw, &[seal_key()]).await.unwrap().findings;
            assert!(found.iter().any(|finding| finding.what.contains(says) && finding.count > 0), "{sql}: {found:?}");
        }
    }
    let mut raw = RawSqlite::reading(&path).unwrap();
    let other = SealKey { key: zeroize::Zeroizing::new([8; 32]), ..seal_key() };
    for (keys, says) in [(vec![], "`first`, which is not given"), (vec![other], "not the one")] {
        let found = transfer::check(&mut raw, &keys).await.unwrap().findings;
        assert!(found.iter().any(|finding| finding.what.contains(says)), "{found:?}");
    }
}
