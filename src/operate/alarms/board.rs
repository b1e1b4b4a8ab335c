//! What was told and stands: each alarm once when it rises, once when it is over. Pure.

use std::collections::BTreeMap;

use super::{Alarm, Look};
use crate::value::Timestamp;

/// A change to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// It stands now; else it is over.
    pub raised: bool,
    /// Which.
    pub alarm: Alarm,
    /// Since when it stands, or stood.
    pub since: Timestamp,
}

/// An alarm at the last look.
#[derive(Debug)]
struct Stands {
    alarm: Alarm,
    since: Timestamp,
    told: bool,
}

/// Everything that stood at the last look.
#[derive(Debug, Default)]
pub struct Board(BTreeMap<String, Stands>);

impl Board {
    /// Compares a look with the one before. What stands at one look only is told to nobody: a call that failed once is done
    /// again by itself.
    pub fn look(&mut self, look: Look, now: Timestamp) -> Vec<Change> {
        let Look { stands, elsewhere, house_elsewhere, unseen } = look;
        // Whoever has it now tells of it: here it is forgotten, not over.
        self.0.retain(|_, Stands { alarm, .. }| match &alarm.tenant {
            Some(tenant) if !alarm.kind.is_of_house() => !elsewhere.contains(tenant),
            _ => !house_elsewhere,
        });
        let now_there: BTreeMap<String, Alarm> = stands.into_iter().map(|alarm| (alarm.key(), alarm)).collect();
        let mut changes = Vec::new();
        self.0.retain(|key, known| {
            let stays = now_there.contains_key(key) || unseen.contains(&known.alarm.kind);
            if !stays && known.told {
                changes.push(Change { raised: false, alarm: known.alarm.clone(), since: known.since });
            }
            stays
        });
        for (key, alarm) in now_there {
            match self.0.get_mut(&key) {
                None => drop(self.0.insert(key, Stands { alarm, since: now, told: false })),
                Some(known) => {
                    known.alarm = alarm;
                    if !std::mem::replace(&mut known.told, true) {
                        changes.push(Change { raised: true, alarm: known.alarm.clone(), since: known.since });
                    }
                }
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::AlarmKind as Kind;

    fn held(tenant: &str) -> Alarm {
        let says = "held".to_owned();
        Alarm { kind: Kind::LaneHeld, tenant: Some(tenant.into()), number: Some("1".to_owned()), about: None, says }
    }

    fn broken() -> Alarm {
        let (about, says) = (Some("a.yaml".to_owned()), "broken".to_owned());
        Alarm { kind: Kind::FileBroken, tenant: None, number: None, about, says }
    }

    const NOTHING: [(bool, String, i64); 0] = [];

    fn look(board: &mut Board, stands: &[Alarm], at: i64) -> Vec<(bool, String, i64)> {
        told(board, Look { stands: stands.to_vec(), ..Look::default() }, at)
    }

    fn told(board: &mut Board, look: Look, at: i64) -> Vec<(bool, String, i64)> {
        let changes = board.look(look, Timestamp::from_millis(at)).into_iter();
        changes.map(|change| (change.raised, change.alarm.key(), change.since.millis())).collect()
    }

    #[test]
    fn each_change_is_told_once() {
        let (mut board, key) = (Board::default(), "lane_held/acme/1".to_owned());
        assert_eq!(look(&mut board, &[held("acme")], 1), NOTHING, "it may be over at once");
        assert_eq!(look(&mut board, &[held("acme")], 2), [(true, key.clone(), 1)]);
        assert_eq!(look(&mut board, &[Alarm { says: "still".to_owned(), ..held("acme") }], 3), NOTHING);
        assert_eq!(look(&mut board, &[], 4), [(false, key.clone(), 1)]);
        assert_eq!(look(&mut board, &[], 5), NOTHING);
        assert_eq!(look(&mut board, &[held("acme")], 6), NOTHING);
        assert_eq!(look(&mut board, &[], 7), NOTHING, "what was not told needs no end");
        look(&mut board, &[held("acme")], 8);
        assert_eq!(look(&mut board, &[held("acme"), broken()], 9), [(true, key, 8)], "it stands again");
    }

    #[test]
    fn what_another_gateway_has_is_over_for_nobody() {
        let mut board = Board::default();
        let all = [held("acme"), held("other"), broken()];
        look(&mut board, &all, 1);
        assert_eq!(look(&mut board, &all, 2).len(), 3);
        let elsewhere = vec!["acme".into()];
        let gone = Look { stands: vec![held("other")], elsewhere, house_elsewhere: true, ..Look::default() };
        assert_eq!(told(&mut board, gone, 3), NOTHING);
        assert_eq!(look(&mut board, &[held("other")], 4), NOTHING);
        look(&mut board, &all, 5);
        assert_eq!(look(&mut board, &all, 6).len(), 2, "come back, it is told by whoever has it");
    }

    #[test]
    fn what_is_the_houses_stays_with_it_and_what_could_not_be_seen_as_it_was() {
        let mut board = Board::default();
        let letters = Alarm { kind: Kind::DeadLetters, number: None, ..held("acme") };
        let seen = || Look { stands: vec![letters.clone()], elsewhere: vec!["acme".into()], ..Look::default() };
        assert_eq!(told(&mut board, seen(), 1), NOTHING);
        assert_eq!(told(&mut board, seen(), 2), [(true, "dead_letters/acme".to_owned(), 1)], "whoever has the tenant");
        let blind = Look { unseen: vec![Kind::DeadLetters], ..Look::default() };
        assert_eq!(told(&mut board, blind, 3), NOTHING);
        assert_eq!(told(&mut board, Look::default(), 4), [(false, "dead_letters/acme".to_owned(), 1)]);
    }
}
