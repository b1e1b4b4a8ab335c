//! Who goes next, as tables and as sums over many turns. Times are made up; nothing waits.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::*;

const A: &str = "a";
const B: &str = "b";

fn stake(weight: u64, most: usize) -> Stake {
    Stake { weight, most, fair: 1, spare: 0 }
}

fn go(_: &Name, _: SeatId) -> May {
    May::Go
}

/// Seats of tenants, all of which want to send something promotional.
fn turns(seats: &[(&str, SeatId)]) -> Turns {
    let mut turns = Turns::default();
    for (tenant, seat) in seats {
        turns.sit(&(*tenant).into(), *seat);
        turns.want(&(*tenant).into(), *seat, Some(Class::Promotional));
    }
    turns
}

/// So many turns; who went wants the next at once, and the oldest call ends when there is no room.
fn run(turns: &mut Turns, count: usize, stake: impl Fn(&Name) -> Option<Stake>) -> Vec<(String, SeatId)> {
    let (now, mut under_way, mut went) = (Instant::now(), VecDeque::new(), Vec::new());
    while went.len() < count {
        let Some((tenant, seat)) = turns.next(now, &stake, go) else {
            turns.done(&under_way.pop_front().expect("somebody has to be under way where nobody may go"));
            continue;
        };
        turns.want(&tenant, seat, Some(Class::Promotional));
        went.push((tenant.as_str().to_owned(), seat));
        under_way.push_back(tenant);
    }
    went
}

fn of<'w>(went: &'w [(String, SeatId)], tenant: &'w str) -> usize {
    went.iter().filter(|(name, _)| name == tenant).count()
}

#[test]
fn tenants_share_by_weight_and_not_by_senders_whatever_the_room() {
    for most in [1, 8, 64] {
        // Ten senders against one.
        let mut seats: Vec<_> = (0..10).map(|seat| (A, seat)).collect();
        seats.push((B, 10));
        let even = run(&mut turns(&seats), 1000, |_| Some(stake(1, most)));
        assert!((490..=510).contains(&of(&even, B)), "{most}: {} of 1000", of(&even, B));
        let weight = |name: &Name| if name.as_str() == B { 3 } else { 1 };
        let heavy = run(&mut turns(&seats), 1000, |name| Some(stake(weight(name), most)));
        assert!((740..=760).contains(&of(&heavy, B)), "{most}: {} of 1000", of(&heavy, B));
    }
}

#[test]
fn the_senders_of_a_tenant_take_turns() {
    let went = run(&mut turns(&[(A, 1), (A, 2), (A, 3)]), 300, |_| Some(stake(1, 4)));
    for seat in 1..=3 {
        assert_eq!(went.iter().filter(|(_, of)| *of == seat).count(), 100);
    }
}

#[test]
fn a_newcomer_is_next_and_brings_no_credit_for_its_absence() {
    let mut turns = turns(&[(A, 1)]);
    run(&mut turns, 500, |_| Some(stake(1, 1)));
    turns.done(&A.into());
    turns.sit(&B.into(), 2);
    turns.want(&B.into(), 2, Some(Class::Promotional));
    let went = run(&mut turns, 100, |_| Some(stake(1, 1)));
    assert_eq!(went[0].0, B);
    assert!((49..=51).contains(&of(&went, B)), "{}", of(&went, B));
}

#[test]
fn transactional_goes_first_within_a_tenant_and_moves_it_before_no_other() {
    let now = Instant::now();
    let mut turns = turns(&[(A, 1), (A, 2), (A, 3), (B, 4)]);
    for seat in [2, 3] {
        turns.want(&A.into(), seat, Some(Class::Transactional));
    }
    let mut order = Vec::new();
    while let Some((_, seat)) = turns.next(now, |_| Some(stake(1, 64)), go) {
        order.push(seat);
    }
    assert_eq!(order, [2, 4, 3, 1]);
}

#[test]
fn whose_calls_hang_leaves_room_for_the_others() {
    let now = Instant::now();
    let mut turns = turns(&[(A, 1)]);
    let stake = |_: &Name| Some(Stake { weight: 1, most: 64, fair: 32, spare: 8 });
    let mut hanging = 0;
    while turns.next(now, stake, go).is_some() {
        hanging += 1;
        turns.want(&A.into(), 1, Some(Class::Transactional));
    }
    assert_eq!(hanging, 56);
    turns.sit(&B.into(), 2);
    for _ in 0..8 {
        turns.want(&B.into(), 2, Some(Class::Promotional));
        assert_eq!(turns.next(now, stake, go), Some((B.into(), 2)));
    }
    turns.want(&B.into(), 2, Some(Class::Promotional));
    assert_eq!(turns.next(now, stake, go), None, "the account has no more");
    turns.done(&A.into());
    assert_eq!(turns.next(now, stake, go), Some((B.into(), 2)), "the room goes to who has less");
}

#[test]
fn of_the_senders_of_a_tenant_at_its_rate_one_keeps_watch() {
    let (now, second) = (Instant::now(), Duration::from_secs(1));
    let mut turns = turns(&[(A, 1), (A, 2), (A, 3)]);
    let closed = |_: &Name, _| May::NobodyYet(second);
    let stake = |_: &Name| Some(stake(1, 64));
    assert_eq!(turns.next(now, stake, closed), None);
    let a: Name = A.into();
    assert_eq!([1, 2, 3].map(|seat| turns.alarm(&a, seat, now)), [Some(now + second), None, None]);
    // A transactional one moves to the front, the watch with it.
    turns.want(&a, 3, Some(Class::Transactional));
    assert_eq!([1, 2, 3].map(|seat| turns.alarm(&a, seat, now)), [None, None, Some(now + second)]);
    let then = now + second;
    assert_eq!(turns.next(then, stake, go), Some((A.into(), 3)));
    assert_eq!(turns.next(then, stake, closed), None);
    assert_eq!((turns.watch(&a, then), turns.alarm(&a, 1, then)), (Some(1), Some(then + second)));
    turns.leave(&a, 1);
    assert_eq!(turns.watch(&a, then), Some(2));
    // Nobody watches a time that has come: room is what is missing then.
    assert_eq!((turns.watch(&a, then + second), turns.alarm(&a, 2, then + second)), (None, None));
}

#[test]
fn a_sender_at_its_own_rate_holds_up_nobody_and_a_change_of_the_rates_wakes_it() {
    let now = Instant::now();
    let mut turns = turns(&[(A, 1), (A, 2)]);
    let slow = |_: &Name, seat| if seat == 1 { May::NotYet(Duration::from_secs(60)) } else { May::Go };
    let stake = |_: &Name| Some(stake(1, 64));
    assert_eq!(turns.next(now, stake, slow), Some((A.into(), 2)));
    assert_eq!(turns.next(now, stake, go), None, "it is not asked for before its time");
    turns.refresh();
    assert_eq!(turns.next(now, stake, go), Some((A.into(), 1)));
}

#[test]
fn who_left_is_forgotten() {
    let mut turns = turns(&[(A, 1)]);
    assert!(turns.next(Instant::now(), |_| Some(stake(1, 1)), go).is_some());
    turns.leave(&A.into(), 1);
    assert_eq!((turns.tenants.len(), turns.under_way), (1, 1), "its call is under way");
    turns.done(&A.into());
    assert_eq!((turns.tenants.len(), turns.under_way), (0, 0));
}

proptest! {
    /// Whatever happens: never more than there is room for, never a turn for somebody who wants none, and never nobody
    /// while somebody wants to and there is room for all.
    #[test]
    fn room_is_kept_and_used(acts in prop::collection::vec((0_u8..5, 0_u64..6, 1_u64..4), 1..400), most in 1_usize..9) {
        let now = Instant::now();
        let tenant = |seat: SeatId| Name::from(["a", "b", "c"][usize::try_from(seat % 3).unwrap()]);
        let mut turns = Turns::default();
        (0..6).for_each(|seat| turns.sit(&tenant(seat), seat));
        let (mut wants, mut under_way) = (BTreeMap::new(), Vec::new());
        for (act, seat, weight) in acts {
            match act {
                0 | 1 => {
                    let class = if act == 0 { Class::Transactional } else { Class::Promotional };
                    turns.want(&tenant(seat), seat, Some(class));
                    wants.insert(seat, class);
                }
                2 => {
                    turns.want(&tenant(seat), seat, None);
                    wants.remove(&seat);
                }
                3 => if let Some(tenant) = under_way.pop() { turns.done(&tenant) },
                _ => match turns.next(now, |_| Some(stake(weight, most)), go) {
                    Some((name, seat)) => {
                        prop_assert_eq!(&name, &tenant(seat));
                        let class = wants.remove(&seat);
                        prop_assert!(class.is_some());
                        let better = wants.iter().any(|(other, wanted)| tenant(*other) == name && Some(*wanted) < class);
                        prop_assert!(!better, "a transactional one of the same tenant was left behind");
                        under_way.push(name);
                    }
                    None => prop_assert!(wants.is_empty() || under_way.len() == most),
                },
            }
            prop_assert!(under_way.len() <= most);
            prop_assert_eq!(turns.under_way, under_way.len());
        }
    }
}
