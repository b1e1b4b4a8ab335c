//! Alarms that are no tenant's alone: codes that no table knows, dead letters, files with errors, secrets that end, a ledger
//! that does not add up, a store that takes no writes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::Desk;
use super::{Alarm, Look};
use crate::shape::AlarmKind as Kind;
use crate::store::Lettered;
use crate::value::Timestamp;

/// So long before its end a secret is told of.
const AHEAD: Duration = Duration::from_secs(14 * 24 * 60 * 60);

impl Desk {
    pub(super) async fn house_alarms(&self, look: &mut Look) {
        let now = self.flow.ambient.now();
        let unmapped = self.flow.misses.lately(now).into_iter();
        look.stands.extend(unmapped.map(|(mapping, table)| {
            let says = format!("a code came that the table `{table}` of `{mapping}` does not know: the log says which");
            house(Kind::CodeUnmapped, Some(format!("{mapping}/{table}")), says)
        }));
        look.stands.extend(self.broken_files());
        look.stands.extend(self.ending(now));
        match self.flow.store.count_letters().await {
            Ok(letters) => look.stands.extend(waiting(letters)),
            Err(_) => look.unseen.push(Kind::DeadLetters),
        }
        let misplaced = self.recounted().into_iter();
        for count in misplaced.flat_map(|recounted| recounted.counts.clone()).filter(|count| count.misplaced() != 0) {
            let says =
                "the ledger has messages elsewhere than the last count: `switchboard ledger --recount`".to_owned();
            look.stands.push(Alarm { tenant: Some(count.tenant), ..house(Kind::LedgerWrong, None, says) });
        }
        if let Err(problem) = self.writable().await {
            let says = format!("the store takes no writes: {problem}");
            look.stands.push(house(Kind::StoreUnwritable, None, says));
        }
    }

    /// One for each file, with its first error.
    fn broken_files(&self) -> Vec<Alarm> {
        let standing = self.standing();
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for problem in standing.problems.iter().filter(|problem| problem.is_error()) {
            let name = problem.place.as_ref().map_or("", |(source, _)| &*source.name).to_owned();
            // As a log has it: without the line itself, which may hold a secret.
            files.entry(name).or_insert_with(|| problem.headline());
        }
        files.into_iter().map(|(file, says)| house(Kind::FileBroken, Some(file), says)).collect()
    }

    /// The listener's certificate and the admin API's tokens, those that are over included as long as they are known.
    fn ending(&self, now: Timestamp) -> Vec<Alarm> {
        let soon = |until: Timestamp| until < now.after(AHEAD);
        let certificate = self.certified.load_full().filter(|until| soon(**until)).map(|until| {
            let says = format!("the certificate of the public listener ends at {until}");
            house(Kind::SecretEnding, Some("certificate".to_owned()), says)
        });
        let tokens = self.tokens.load_full();
        let tokens = tokens.ending().filter(|(_, until)| soon(*until) && *until > now).map(|(name, until)| {
            house(Kind::SecretEnding, Some(format!("token/{name}")), format!("the token `{name}` ends at {until}"))
        });
        certificate.into_iter().chain(tokens).collect()
    }
}

fn waiting(letters: Vec<Lettered>) -> impl Iterator<Item = Alarm> {
    let waiting = letters.into_iter().filter(|lettered| lettered.listed && lettered.count > 0);
    waiting.map(|Lettered { tenant, kind, .. }| {
        let says = "dead letters wait for a person: `switchboard redrive --dry-run`".to_owned();
        Alarm { tenant, ..house(Kind::DeadLetters, Some(kind), says) }
    })
}

fn house(kind: Kind, about: Option<String>, says: String) -> Alarm {
    Alarm { kind, tenant: None, number: None, about, says }
}
