//! What a store on the disk that a cut left is asked for: everything that had been acknowledged.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use switchboard::delivery::Phase;
use switchboard::model::{Address, Ref};
use switchboard::store::sqlite::Sqlite;
use switchboard::store::{Store, StoreError};
use switchboard::value::Timestamp;

use super::workload::{POSTED, STORE, body, letter, person, provider_id, tenant};

/// Steps by what was done, such as `accept`: the numbers of the messages.
pub(super) type Done = BTreeMap<String, BTreeSet<i64>>;

/// Opens the store on what is left, and asks for everything that was acknowledged.
pub(super) async fn problems(folder: &Path, done: &Done) -> Vec<String> {
    let path = folder.join(STORE);
    let store = match Sqlite::open(&path) {
        Ok(store) => store,
        Err(problem) => return vec![format!("it cannot be opened: {problem}")],
    };
    let mut wrong = Vec::new();
    for asked in [messages(&store, done, &mut wrong).await, others(&store, done, &mut wrong).await] {
        wrong.extend(asked.err().map(|problem| format!("it cannot be read: {problem}")));
    }
    drop(store);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let sound = connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    if sound.as_deref() != Ok("ok") {
        wrong.push(format!("the file is damaged: {sound:?}"));
    }
    wrong
}

/// The numbers of which a step was acknowledged.
fn of<'d>(done: &'d Done, step: &str) -> &'d BTreeSet<i64> {
    static NONE: BTreeSet<i64> = BTreeSet::new();
    done.get(step).unwrap_or(&NONE)
}

async fn messages(store: &Sqlite, done: &Done, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let interrupted: HashSet<Ref> = store.interrupted().await?.into_iter().collect();
    let (calls, _) = store.calls(Timestamp::from_millis(i64::MAX), usize::MAX, &HashSet::new()).await?;
    let calls: HashSet<i64> = calls.iter().map(|call| call.call.id).collect();
    for number in of(done, "accept") {
        let reference = Ref::from_number(*number);
        let Some(found) = store.message(reference).await? else {
            wrong.push(format!("the accepted message {number} is lost"));
            continue;
        };
        if found.message.body != body(*number) {
            wrong.push(format!("the body of message {number} is not what was accepted"));
        }
        let settled = found.message.life.phase == Phase::Submitted;
        if of(done, "settle").contains(number) && !settled {
            wrong.push(format!("the provider's answer to message {number} is lost"));
        }
        if of(done, "begin").contains(number) && !settled && !interrupted.contains(&reference) {
            wrong.push(format!("the attempt of message {number} is lost"));
        }
        if settled {
            let by_id = store.by_provider_id(&provider_id(*number)).await?;
            if by_id.is_none_or(|by_id| by_id.message.reference != reference) {
                wrong.push(format!("message {number} is not found by the provider's id"));
            }
            let posted = store.history(reference).await?.iter().any(|line| line.text == POSTED);
            // Either it waits or it was made: one of the two, whatever was acknowledged.
            if posted == calls.contains(number) || (of(done, "call").contains(number) && !posted) {
                wrong.push(format!("the report of message {number} is lost, or would be made again"));
            }
        }
    }
    Ok(())
}

async fn others(store: &Sqlite, done: &Done, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    for number in of(done, "stop") {
        for address in [person(*number), Address::from(format!("user-{number}").as_str())] {
            if !store.is_suppressed(&tenant(), &Address::from("6531290000"), &address) {
                wrong.push(format!("the opt-out {number} is lost"));
            }
        }
    }
    let letters = store.dead_letters(None, usize::MAX).await?;
    let letters: HashSet<_> = letters.iter().map(|letter| &letter.content).collect();
    let lost = of(done, "park").iter().filter(|number| !letters.contains(&letter(**number)));
    wrong.extend(lost.map(|number| format!("the dead letter {number} is lost")));
    let ledger = store.ledger(&tenant()).await?;
    if ledger.accepted != ledger.submitted + ledger.in_flight {
        wrong.push(format!("the ledger does not add up: {ledger:?}"));
    }
    Ok(())
}
