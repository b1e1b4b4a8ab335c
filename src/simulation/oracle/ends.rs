//! How it all ends: nothing is left, the books balance, and what was said was heard.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::delivery::Phase;
use crate::model::{Name, Ref};
use crate::simulation::drive::Played;
use crate::simulation::journal::What;
use crate::simulation::watched::ready;
use crate::store::{Ledger, Store};

pub(super) fn judge(facts: &Facts<'_>, played: &Played, wrong: &mut Vec<String>) {
    accepted(facts, wrong);
    ledgers(facts, played, wrong);
    told(facts, played, wrong);
}

/// What a platform was told is accepted is there, once.
fn accepted(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    let mut kept = BTreeSet::new();
    for message in facts.kept.values().filter(|message| !message.reply) {
        if !kept.insert((&message.tenant, &message.id)) {
            wrong.push(format!("{} of {} was taken in twice", message.id, message.tenant));
        }
    }
    for entry in facts.journal {
        if let What::Accepted { id, tenant } = &entry.what
            && !kept.contains(&(tenant, id))
        {
            wrong.push(format!("{id} of {tenant} was accepted, and is not there"));
        }
    }
}

/// The ledger is the sum, and what the messages say.
fn ledgers(facts: &Facts<'_>, played: &Played, wrong: &mut Vec<String>) {
    let mut counted: BTreeMap<&str, Ledger> = BTreeMap::new();
    for (of, kept) in &facts.kept {
        let ledger = counted.entry(&kept.tenant).or_default();
        ledger.accepted += 1;
        let place = match phase(played, *of) {
            Some(Phase::Submitted) => &mut ledger.submitted,
            Some(Phase::Rejected) => &mut ledger.rejected,
            Some(Phase::Suppressed) => &mut ledger.suppressed,
            Some(Phase::Expired) => &mut ledger.expired,
            Some(Phase::Failed) => &mut ledger.failed,
            Some(Phase::Queued | Phase::Sending | Phase::InDoubt) => &mut ledger.in_flight,
            None => {
                wrong.push(format!("{of} is lost"));
                continue;
            }
        };
        *place += 1;
    }
    for (tenant, counted) in counted {
        let ledger = ready(played.store.ledger(&Name::from(tenant))).unwrap();
        if ledger != counted {
            wrong.push(format!("the ledger of {tenant} says {ledger:?}, its messages {counted:?}"));
        }
    }
}

fn phase(played: &Played, of: Ref) -> Option<Phase> {
    ready(played.store.message(of)).unwrap().map(|message| message.message.life.phase)
}

/// What the platform was told is what the provider said, or what we decided.
fn told(facts: &Facts<'_>, played: &Played, wrong: &mut Vec<String>) {
    let mut said: BTreeMap<Ref, BTreeSet<&str>> = BTreeMap::new();
    let mut words: BTreeMap<Ref, BTreeSet<&str>> = BTreeMap::new();
    // Once a message was sent anew, a failure of an attempt before the last one says nothing of it.
    let took = |what: &What| if let What::Took { of, id, .. } = what { Some((*of, id.clone())) } else { None };
    let last: BTreeMap<Ref, String> = facts.journal.iter().filter_map(|entry| took(&entry.what)).collect();
    for entry in facts.journal {
        match &entry.what {
            // Without our id it may have come before the provider's was known: then it is parked.
            What::Status(spoken) if spoken.with_ref && !facts.is_parked(spoken) => {
                // One that is worth another attempt may be told by that one's end.
                let earlier = spoken.word == "failed" && last.get(&spoken.of) != Some(&spoken.id);
                let anew = spoken.is_worth_another() || earlier;
                said.entry(spoken.of).or_default().insert(if anew { "to be sent anew" } else { spoken.word });
            }
            What::Queued { of: Some(of), word: Some(word), .. } => {
                words.entry(*of).or_default().insert(word);
            }
            _ => {}
        }
    }
    for (of, kept) in facts.kept.iter().filter(|(_, kept)| !kept.reply) {
        let (none, nothing) = (BTreeSet::new(), BTreeSet::new());
        let (said, words) = (said.get(of).unwrap_or(&none), words.get(of).unwrap_or(&nothing));
        let mut say =
            |text: &str| wrong.push(format!("{of} of {}: {text}: said {said:?}, told {words:?}", kept.tenant));
        if said.contains("read") && !words.contains("read") {
            say("read, and the platform is not told");
        }
        if said.contains("delivered") && !words.contains("delivered") && !words.contains("read") {
            say("delivered, and the platform is not told");
        }
        let bad = !matches!(phase(played, *of), Some(Phase::Submitted));
        if bad && !words.contains("failed") && !words.contains("delivered") && !words.contains("read") {
            say("ended badly, and the platform is not told");
        }
        if said.contains("failed")
            && words.is_disjoint(&["failed", "delivered", "read"].into())
            && !said.contains("submitted")
        {
            say("failed, and the platform is told nothing");
        }
    }
}
