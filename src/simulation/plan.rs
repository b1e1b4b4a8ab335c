//! What a seed comes to: tenants, people, messages, and everything that goes wrong and when.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::files::Brand;
use super::outside::{Ask, Mood, Net};

/// Something that happens.
#[derive(Debug)]
pub(super) enum Event {
    /// A platform wants this sent.
    Ask(usize),
    /// A person writes.
    Say {
        person: usize,
        brand: usize,
        number: usize,
        text: &'static str,
    },
    /// A provider posts this.
    Hook(usize),
    /// A call of the gateway's arrives.
    Reach(usize),
    /// Its answer arrives.
    Return(usize),
    /// A party's mood changes.
    Mood(String, Mood),
    Net(Net),
    /// The store is in trouble, or not any more.
    Disk(bool),
    /// Requests reach the gateway, or not.
    Door(bool),
    /// A tenant's file changes.
    Change(usize, Change),
    /// The gateway ends, and comes back after so long.
    End {
        killed: bool,
        down: i64,
    },
    /// The gateway is killed after so many more steps.
    KillIn(u64),
    /// The operator puts somebody on the list, or takes him off.
    List {
        person: usize,
        brand: usize,
        on: bool,
    },
    /// The operator lets nothing go out, or lets it go on: a brand's, or one number's.
    Pause {
        brand: usize,
        number: Option<usize>,
        on: bool,
    },
    /// The operator ends what a brand has queued.
    Cancel(usize),
    /// All is well from now on.
    Heal,
}

/// A change of a tenant's file.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Enabled(bool),
    There(bool),
    /// Its last number is gone, or back.
    Number(bool),
    ResendsDoubtful(bool),
    /// Messages cannot be sent, or can again.
    Mute(bool),
    ResendsFailed(bool),
    Rate(i64),
    /// Nothing that matters; but a change.
    Longest(i64),
}

/// What a run begins with.
pub(super) struct Plan {
    /// Nothing goes wrong.
    pub(super) calm: bool,
    pub(super) brands: Vec<Brand>,
    /// Whether an account's webhooks carry our id.
    pub(super) knows_ref: BTreeMap<String, bool>,
    pub(super) net: Net,
    /// How many words fit on their way to the dispatcher.
    pub(super) told: usize,
    /// Milliseconds that the store takes, at most.
    pub(super) store: i64,
    /// Statuses come hours later.
    pub(super) late: bool,
    /// Milliseconds that a slow way takes, at most.
    pub(super) slowest: i64,
    /// The store is in trouble for some time.
    pub(super) disk_fails: bool,
    pub(super) asks: Vec<Ask>,
    /// When all is well again.
    pub(super) healed: i64,
}

/// People's numbers.
pub(super) fn number_of(person: usize) -> String {
    format!("9198123000{person:02}")
}

/// The provider's own ids of the same people.
pub(super) fn user_of(person: usize) -> String {
    format!("user-{person:02}")
}

/// How many people there are.
pub(super) const PEOPLE: usize = 8;

/// A quiet network.
pub(super) const QUIET: Net = Net { refused: 0, lost: 0, answer_lost: 0, slow: 0, delay: 40 };

impl Plan {
    pub(super) fn draw(seed: u64, dice: &mut Dice) -> (Self, Vec<(i64, Event)>) {
        let calm = seed.is_multiple_of(8);
        let brands: Vec<Brand> =
            (0..dice.between(1, 3)).enumerate().map(|(at, _)| Brand::draw(dice, at, calm)).collect();
        let knows = |dice: &mut Dice| calm || dice.chance(75);
        let knows_ref = brands.iter().map(|brand| (brand.account.clone(), knows(dice))).collect();
        let noisy = !calm && dice.chance(60);
        let net = if noisy {
            Net { refused: 4, lost: 4, answer_lost: 5, slow: 4, delay: dice.between(0, 400) }
        } else {
            Net { delay: dice.between(0, 60), ..QUIET }
        };
        let healed = dice.between(2, 20) * 60_000;
        let mut events = Vec::new();
        let asks = asks(dice, &brands, healed, &mut events);
        says(dice, &brands, healed, &mut events);
        if !calm {
            spells(dice, &brands, healed, &mut events);
            changes(dice, &brands, healed, &mut events);
            steers(dice, &brands, healed, &mut events);
        }
        events.push((healed, Event::Heal));
        let plan = Self {
            calm,
            knows_ref,
            net,
            told: *dice.pick(&[1, 4, 64, 1024]),
            store: if calm { 0 } else { *dice.pick(&[0, 2, 20, 200]) },
            late: dice.chance(30),
            slowest: *dice.pick(&[20_000, 20_000, 50_000]),
            disk_fails: events.iter().any(|(_, event)| matches!(event, Event::Disk(true))),
            asks,
            healed,
            brands,
        };
        (plan, events)
    }
}

fn asks(dice: &mut Dice, brands: &[Brand], healed: i64, events: &mut Vec<(i64, Event)>) -> Vec<Ask> {
    let mut asks = Vec::new();
    let burst = dice.chance(50).then(|| dice.between(0, healed / 2));
    for at in 0..usize::try_from(dice.between(6, 24)).unwrap_or_default() {
        let brand = dice.below(brands.len());
        let (from, _) = dice.pick(&brands[brand].numbers).clone();
        let to = number_of(dice.below(PEOPLE));
        let class = if dice.chance(30) { "transactional" } else { "promotional" };
        asks.push(Ask { brand, id: format!("a{at}"), from, to, class, tries: 0 });
        let when = burst.filter(|_| dice.chance(70)).unwrap_or_else(|| dice.between(0, healed * 3 / 4));
        events.push((when, Event::Ask(at)));
        if dice.chance(10) {
            events.push((when + dice.between(0, 60_000), Event::Ask(at)));
        }
    }
    asks
}

fn says(dice: &mut Dice, brands: &[Brand], healed: i64, events: &mut Vec<(i64, Event)>) {
    for _ in 0..dice.between(0, 6) {
        let (person, brand) = (dice.below(PEOPLE), dice.below(brands.len()));
        let number = dice.below(brands[brand].numbers.len());
        let at = dice.between(0, healed * 3 / 4);
        let text = *dice.pick(&["STOP", "Stop.", "STOP", "START", "Hello"]);
        events.push((at, Event::Say { person, brand, number, text }));
        if text != "Hello" && dice.chance(40) {
            let at = at + dice.between(1000, 120_000);
            events.push((at, Event::Say { person, brand, number, text: "START" }));
        }
    }
    if dice.chance(20) {
        let (person, brand) = (dice.below(PEOPLE), dice.below(brands.len()));
        events.push((dice.between(0, healed / 2), Event::List { person, brand, on: true }));
        events.push((dice.between(healed / 2, healed), Event::List { person, brand, on: false }));
    }
}

/// Times of trouble, each with its end.
fn spells(dice: &mut Dice, brands: &[Brand], healed: i64, events: &mut Vec<(i64, Event)>) {
    for _ in 0..dice.between(0, 5) {
        let from = dice.between(0, healed * 3 / 4);
        let until = (from + dice.between(200, 400_000)).min(healed);
        let brand = dice.pick(brands);
        match dice.below(8) {
            0..=2 => {
                let moods = [
                    Mood::Down,
                    Mood::Silent,
                    Mood::Errs,
                    Mood::Garbage,
                    Mood::Throttles(None),
                    Mood::Throttles(Some(dice.between(1, 120))),
                    Mood::Unauthorized,
                    Mood::Broke,
                    Mood::Refuses,
                ];
                let mood = *dice.pick(&moods);
                events.push((from, Event::Mood(brand.account.clone(), mood)));
                events.push((until, Event::Mood(brand.account.clone(), Mood::Well)));
            }
            3 | 4 => {
                let moods = [
                    Mood::Down,
                    Mood::Silent,
                    Mood::Errs,
                    Mood::Garbage,
                    Mood::Throttles(Some(dice.between(1, 60))),
                    Mood::Unauthorized,
                    Mood::Refuses,
                ];
                let mood = *dice.pick(&moods);
                // Down for an hour, now and then, or for longer than a report is tried.
                let hours = if dice.chance(20) { dice.between(1, 3) } else { 0 };
                let until = until.max(from + hours * 3_600_000);
                events.push((from, Event::Mood(brand.host(), mood)));
                events.push((until, Event::Mood(brand.host(), Mood::Well)));
            }
            5 => {
                let bad = Net { refused: 10, lost: 20, answer_lost: 20, slow: 20, delay: 2000 };
                events.push((from, Event::Net(bad)));
                events.push((until, Event::Net(QUIET)));
            }
            6 => {
                events.push((from, Event::Door(false)));
                events.push((until, Event::Door(true)));
            }
            _ => {
                events.push((from, Event::Disk(true)));
                events.push(((from + dice.between(100, 90_000)).min(until), Event::Disk(false)));
            }
        }
    }
}

/// What the operator does: pauses, mostly with their end, and cancels.
fn steers(dice: &mut Dice, brands: &[Brand], healed: i64, events: &mut Vec<(i64, Event)>) {
    for _ in 0..dice.between(0, 2) {
        let brand = dice.below(brands.len());
        let number = dice.chance(50).then(|| dice.below(brands[brand].numbers.len()));
        let from = dice.between(0, healed * 3 / 4);
        events.push((from, Event::Pause { brand, number, on: true }));
        if dice.chance(80) {
            let until = (from + dice.between(500, 300_000)).min(healed);
            events.push((until, Event::Pause { brand, number, on: false }));
        }
    }
    if dice.chance(20) {
        events.push((dice.between(0, healed), Event::Cancel(dice.below(brands.len()))));
    }
}

/// Changes of the files, and ends of the gateway.
fn changes(dice: &mut Dice, brands: &[Brand], healed: i64, events: &mut Vec<(i64, Event)>) {
    for _ in 0..dice.between(0, 3) {
        let brand = dice.below(brands.len());
        let at = dice.between(0, healed * 3 / 4);
        let back = (at + dice.between(1000, 300_000)).min(healed);
        let (there, then) = match dice.below(8) {
            0 => (Change::Enabled(false), Some(Change::Enabled(true))),
            1 => (Change::There(false), Some(Change::There(true))),
            2 => (Change::Number(false), Some(Change::Number(true))),
            3 => (Change::ResendsDoubtful(dice.chance(50)), None),
            4 => (Change::ResendsFailed(dice.chance(50)), None),
            5 => (Change::Mute(true), Some(Change::Mute(false))),
            6 => (Change::Rate(dice.between(1, 30)), None),
            _ => (Change::Longest(dice.between(10, 300)), None),
        };
        events.push((at, Event::Change(brand, there)));
        events.extend(then.map(|then| (back, Event::Change(brand, then))));
    }
    for _ in 0..dice.between(0, 3) {
        let at = dice.between(0, healed * 3 / 4);
        let down = *dice.pick(&[0, 100, 2000, 60_000]);
        events.push(match dice.below(5) {
            0 => (at, Event::End { killed: false, down }),
            1 => (at, Event::End { killed: true, down }),
            _ => (at, Event::KillIn(u64::try_from(dice.between(1, 60)).unwrap_or(1))),
        });
    }
}
