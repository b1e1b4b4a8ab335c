//! What the provider is sent: each message once, unless nobody could know; never late, never to who said STOP.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::delivery::Phase;
use crate::model::Ref;
use crate::simulation::files::Scope;
use crate::simulation::journal::{Entry, Kept, Meant, Spoken, What};

/// Between a decision and its call lie the store and a proof: milliseconds.
const SLACK: i64 = 1500;

/// A message's story as far as it is told.
#[derive(Default)]
struct Story<'j> {
    phase: Option<Phase>,
    /// The provider has it, and the gateway knows.
    known: bool,
    /// A good answer is there, not stored yet.
    answered: bool,
    /// How often the provider took it.
    taken: u32,
    /// The last call, and the provider's id for it once that was taken.
    call: usize,
    last: Option<&'j str>,
    /// A call is under way.
    calling: bool,
    /// Since when the outcome of the last one is unclear.
    unclear: Option<i64>,
    ever_unclear: bool,
    /// Not before that time, as the provider asked.
    not_before: Option<i64>,
    /// Something was stored of it since a status arrived.
    stored: bool,
    /// A failure that is worth another attempt was told since the last one.
    anew: bool,
    ever_anew: bool,
    /// A good status was told.
    good: bool,
    refused: bool,
}

impl Story<'_> {
    /// Once a message was sent anew, what became of the attempts before the last one says nothing of that.
    fn is_of_last(&self, spoken: &Spoken) -> bool {
        !self.anew && (!self.ever_anew || self.last == Some(&*spoken.id))
    }

    fn doubt(&mut self, at: i64) {
        (self.unclear, self.ever_unclear) = (Some(at), true);
    }
}

pub(super) fn judge(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    let mut stories: BTreeMap<Ref, Story<'_>> = facts.kept.keys().map(|of| (*of, Story::default())).collect();
    let mut list = List::default();
    let mut paused = Pauses::default();
    for Entry { at, what } in facts.journal {
        list.hear(what);
        paused.hear(what);
        match what {
            What::Called { exchange, of, tenant, from, to } => {
                let kept = facts.kept[of];
                let story = stories.get_mut(of).unwrap();
                let mut say = |text: &str| wrong.push(format!("{of} at {at}: {text}"));
                if (&kept.from, &kept.to) != (from, to) {
                    say("it goes to somebody else");
                }
                called(facts, kept, story, *at, &mut say);
                let off = |brand: &super::Brand| brand.scope == Scope::Off;
                if !kept.consent && list.holds(tenant, from, to) && !facts.ever(tenant, *at - SLACK, *at, off) {
                    say("sent to somebody who said STOP");
                }
                if paused.holds(tenant, from) {
                    say("sent while it was paused");
                }
                (story.calling, story.anew, story.good, story.unclear) = (true, false, false, None);
                (story.call, story.last) = (*exchange, None);
            }
            What::Took { exchange, of, id } => {
                let story = stories.get_mut(of).unwrap();
                story.taken += 1;
                if story.call == *exchange {
                    story.last = Some(id);
                }
            }
            What::Answered { of, meant, .. } => answered(stories.get_mut(of).unwrap(), *at, *meant),
            What::Stored { of, to, only_time, .. } => {
                let story = stories.get_mut(of).unwrap();
                story.phase = Some(*to);
                if !only_time {
                    story.calling = false;
                    story.stored = true;
                    story.known |= std::mem::take(&mut story.answered) && !story.anew;
                    if *to == Phase::InDoubt && story.unclear.is_none() {
                        story.doubt(*at);
                    }
                }
            }
            What::Arrives(spoken) => {
                let story = stories.get_mut(&spoken.of).unwrap();
                story.stored = false;
                if spoken.is_worth_another() {
                    (story.known, story.good, story.anew, story.ever_anew) = (false, false, true, true);
                }
            }
            // While its tenant has no file it is kept as a dead letter.
            What::Status(spoken) if stories[&spoken.of].stored && !facts.is_parked(spoken) => {
                let story = stories.get_mut(&spoken.of).unwrap();
                if spoken.is_worth_another() {
                    story.known = false;
                } else if spoken.with_ref && (story.is_of_last(spoken) || matches!(spoken.word, "delivered" | "read")) {
                    story.known = true;
                    story.good |= matches!(spoken.word, "submitted" | "delivered" | "read");
                }
            }
            What::Said { tenant, to, address, text } => {
                let stop = text.starts_with(['S', 's']) && !text.starts_with("START");
                // While nobody has the number it is kept as a dead letter.
                let nobodys =
                    |brand: &super::Brand| !brand.there || brand.numbers.iter().all(|(number, _)| number != to);
                let had = !facts.ever(tenant, 0, *at, nobodys);
                if had && (stop || text == "START") && !list.ever.contains(&(tenant.clone(), address.clone(), stop)) {
                    wrong.push(format!("at {at}: {text} to {to} of {tenant} is acknowledged, and does nothing"));
                }
            }
            What::Ended { .. } => {
                for story in stories.values_mut() {
                    story.answered = false;
                    if std::mem::take(&mut story.calling) {
                        // An answer in that very moment is lost, and what it asked for.
                        story.not_before = None;
                        story.doubt(*at);
                    }
                }
            }
            _ => {}
        }
    }
    for (of, story) in &stories {
        ended(facts, &paused, *of, story, wrong);
    }
}

fn called(facts: &Facts<'_>, kept: &Kept, story: &Story<'_>, at: i64, say: &mut dyn FnMut(&str)) {
    if story.known {
        say("sent again, though it was known that the provider has it");
    }
    if at > kept.expires + SLACK {
        say("sent after its time");
    }
    if story.not_before.is_some_and(|before| at < before) {
        say("sent before the time that the provider asked for");
    }
    if story.calling {
        // Once more with a fresh credential: the first was refused for want of one.
        return;
    }
    let Some(unclear) = story.unclear else { return };
    if !facts.ever(&kept.tenant, unclear, at, |brand| brand.resends_doubtful) && !story.anew {
        say("sent again after a doubt, though its tenant rather gives up");
    }
    let shortest = facts.shortest_doubt(&kept.tenant);
    if at < unclear + shortest * 1000 && !story.anew {
        say("sent again before the time of its doubt is over");
    }
}

fn answered(story: &mut Story<'_>, at: i64, meant: Meant) {
    story.not_before = None;
    match meant {
        Meant::Taken => story.answered = true,
        Meant::Later(after) => story.not_before = after.map(|after| at + after * 1000),
        Meant::Unclear => story.doubt(at),
        Meant::Hold => {}
        Meant::Refused(again) => {
            story.refused = true;
            story.anew |= again.is_some();
            story.ever_anew |= again.is_some();
        }
    }
}

fn ended(facts: &Facts<'_>, paused: &Pauses, of: Ref, story: &Story<'_>, wrong: &mut Vec<String>) {
    let kept = facts.kept[&of];
    let mut say = |text: String| wrong.push(format!("{of}: {text}"));
    match story.phase {
        None | Some(Phase::Queued | Phase::Sending | Phase::InDoubt) => {
            say(format!("it never came to an end: {:?}", story.phase));
        }
        Some(Phase::Submitted) if story.taken == 0 => {
            say("said to be submitted, and the provider never had it".to_owned());
        }
        Some(Phase::Rejected) if !story.refused => say("said to be rejected, and nobody refused it".to_owned()),
        Some(phase) if phase != Phase::Submitted && story.good => {
            say(format!("{phase:?}, though it was known that the provider has it"));
        }
        Some(Phase::Failed) => {
            let gives_up = facts.ever(&kept.tenant, 0, i64::MAX, |brand| !brand.resends_doubtful);
            let muted = facts.ever(&kept.tenant, 0, i64::MAX, |brand| brand.mute);
            let cancelled = paused.cancelled.contains(&kept.tenant);
            if !muted && !cancelled && (!gives_up || !story.ever_unclear) {
                say("given up, and there is no reason".to_owned());
            }
        }
        Some(_) => {}
    }
    if story.taken > 1 && !story.ever_anew && !story.ever_unclear {
        say(format!("taken {} times, and no outcome was unclear", story.taken));
    }
}

impl Facts<'_> {
    /// Seconds.
    fn shortest_doubt(&self, tenant: &str) -> i64 {
        let all = self.configured.iter().flat_map(|(_, brands)| *brands).filter(|brand| brand.name == tenant);
        all.map(|brand| brand.doubt).min().unwrap_or_default()
    }
}

/// What the operator let not go out, and whose messages he ended.
#[derive(Default)]
struct Pauses {
    on: BTreeSet<(String, Option<String>)>,
    cancelled: BTreeSet<String>,
}

impl Pauses {
    fn hear(&mut self, what: &What) {
        match what {
            What::Paused { tenant, from, on: true } => drop(self.on.insert((tenant.clone(), from.clone()))),
            What::Paused { tenant, from: None, on: false } => self.on.retain(|(known, _)| known != tenant),
            What::Paused { tenant, from, on: false } => drop(self.on.remove(&(tenant.clone(), from.clone()))),
            What::Cancels { tenant } => drop(self.cancelled.insert(tenant.clone())),
            _ => {}
        }
    }

    fn holds(&self, tenant: &str, from: &str) -> bool {
        let is = |from: Option<&str>| self.on.contains(&(tenant.to_owned(), from.map(str::to_owned)));
        is(None) || is(Some(from))
    }
}

/// Who said STOP, in a model of its own.
#[derive(Default)]
struct List {
    /// Tenant, address, and of which sender; of all where there is none.
    on: BTreeSet<(String, String, Option<String>)>,
    joined: BTreeSet<(String, String, String)>,
    /// Who was ever put on the list, or taken off.
    ever: BTreeSet<(String, String, bool)>,
}

impl List {
    fn hear(&mut self, what: &What) {
        if let What::Listed { tenant, address, on, .. } = what {
            self.ever.insert((tenant.clone(), address.clone(), *on));
        }
        match what {
            What::Listed { tenant, sender, address, on: true } => {
                self.on.insert((tenant.clone(), address.clone(), sender.clone()));
            }
            What::Listed { tenant, sender, address, on: false } => {
                let all: Vec<String> = self.all(tenant, address);
                self.on.retain(|(whose, listed, of)| {
                    whose != tenant || !all.contains(listed) || sender.is_some() && of != sender
                });
            }
            What::Joined { tenant, one, other } => {
                self.joined.insert((tenant.clone(), one.clone(), other.clone()));
            }
            _ => {}
        }
    }

    /// A person has two addresses at most.
    fn all(&self, tenant: &str, address: &str) -> Vec<String> {
        let theirs =
            self.joined.iter().filter(|(whose, one, other)| whose == tenant && (one == address || other == address));
        theirs.flat_map(|(_, one, other)| [one.clone(), other.clone()]).chain([address.to_owned()]).collect()
    }

    fn holds(&self, tenant: &str, sender: &str, address: &str) -> bool {
        self.all(tenant, address).into_iter().any(|address| {
            let of = |sender: Option<String>| self.on.contains(&(tenant.to_owned(), address.clone(), sender));
            of(None) || of(Some(sender.to_owned()))
        })
    }
}
