//! Exactness of the limits on a clock that only tests move.

use std::time::Duration;

use governor::clock::FakeRelativeClock;
use proptest::prelude::*;

use super::*;

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn burst(number: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(number)
}

fn limits() -> (FakeRelativeClock, Limits<FakeRelativeClock>) {
    let clock = FakeRelativeClock::default();
    (clock.clone(), Limits::with_clock(clock))
}

/// Sends `count` as fast as allowed, sleeping exactly as long as told; the times of the sends in nanoseconds.
fn send(clock: &FakeRelativeClock, count: usize, mut check: impl FnMut(usize) -> Verdict) -> Vec<u64> {
    (0..count)
        .map(|nth| {
            while let Verdict::Wait(wait) = check(nth) {
                assert!(!wait.is_zero(), "a wait of nothing makes its caller spin");
                clock.advance(wait);
            }
            clock.now().as_u64()
        })
        .collect()
}

/// No window holds more than `rate × window + burst`, in whole numbers.
fn assert_bounded(times: &[u64], rate: Rate, burst: u32) {
    for (from, start) in times.iter().enumerate() {
        for (upto, end) in times.iter().enumerate().skip(from) {
            let beyond = (1 + upto - from).saturating_sub(usize::try_from(burst).unwrap());
            let needed = u128::try_from(beyond).unwrap() * rate.period().as_nanos();
            let had = u128::from(end - start) * u128::from(rate.cells().get());
            assert!(needed <= had, "{} sends within {} ns at {rate} burst {burst}", 1 + upto - from, end - start);
        }
    }
}

fn rates() -> impl Strategy<Value = Rate> {
    (1_u32..100_000, prop::sample::select(vec!["1s", "1ms", "6s", "60s", "1h"]))
        .prop_map(|(cells, per)| rate(&format!("{cells}/{per}")))
}

proptest! {
    #[test]
    fn never_more_than_the_rate_and_hardly_less(rate in rates(), size in 1_u32..120, idle in prop::collection::vec(0_u64..50_000_000, 40)) {
        let (clock, limits) = limits();
        let steady = send(&clock, 300, |_| limits.check("steady", rate, burst(size)));
        assert_bounded(&steady, rate, size);

        let spread = 300_u128.saturating_sub(u128::from(size)) * rate.period().as_nanos() / u128::from(rate.cells().get());
        let took = u128::from(steady[299] - steady[0]);
        // Nanoseconds are whole: 300 times one of them may be added by rounding.
        prop_assert!(took <= spread + spread / 50 + 300, "{took} ns instead of {spread} ns at {rate}");

        let uneven = send(&clock, 200, |nth| {
            clock.advance(Duration::from_nanos(idle[nth % idle.len()]));
            limits.check("uneven", rate, burst(size))
        });
        assert_bounded(&uneven, rate, size);
    }

    #[test]
    fn a_changing_rate_never_gives_a_fresh_burst(rates in prop::collection::vec(1_u32..500, 2..20), size in 1_u32..50) {
        let (clock, limits) = limits();
        let at = |nth: usize| rate(&format!("{}/s", rates[nth / 5 % rates.len()]));
        let times = send(&clock, 200, |nth| limits.check("key", at(nth), burst(size)));
        let fastest = rates.iter().max().unwrap();
        // A change rounds what was used up down by less than one send.
        let rounding = u32::try_from(times.len() / 5).unwrap();
        assert_bounded(&times, rate(&format!("{fastest}/s")), size + rounding);
    }
}

#[test]
fn one_in_six_seconds_with_a_burst() {
    let (clock, limits) = limits();
    let times = send(&clock, 48, |_| limits.check("pair", rate("1/6s"), burst(45)));
    let seconds: Vec<u64> = times[44..].iter().map(|time| time / 1_000_000_000).collect();
    assert_eq!(seconds, [0, 6, 12, 18]);
}

#[test]
fn without_a_burst_it_is_the_number_of_the_rate() {
    let (_, limits) = limits();
    let gone = (0..100).filter(|_| limits.check("number", rate("80/s"), None) == Verdict::Go).count();
    assert_eq!(gone, 80);
    assert_eq!(limits.check("number", rate("80/s"), None), Verdict::Wait(Duration::from_micros(12_500)));
    assert_eq!(limits.check("another", rate("80/s"), None), Verdict::Go);
}

#[test]
fn a_refusal_counts_nothing() {
    let (clock, limits) = limits();
    assert_eq!(limits.check("key", rate("1/s"), None), Verdict::Go);
    for _ in 0..50 {
        assert_eq!(limits.check("key", rate("1/s"), None), Verdict::Wait(Duration::from_secs(1)));
    }
    clock.advance(Duration::from_secs(1));
    assert_eq!(limits.check("key", rate("1/s"), None), Verdict::Go);
}

#[test]
fn a_lowered_rate_takes_over_what_was_used_up() {
    let (_, limits) = limits();
    while limits.check("number", rate("100/s"), burst(10)) == Verdict::Go {}
    assert_eq!(limits.check("number", rate("10/s"), burst(10)), Verdict::Wait(Duration::from_millis(100)));
    // A raised one does not have to wait at the old pace.
    assert_eq!(limits.check("number", rate("1000/s"), burst(10)), Verdict::Wait(Duration::from_millis(1)));
}

#[test]
fn several_who_hear_of_each_other_keep_one_limit() {
    let clock = FakeRelativeClock::default();
    let nodes = [0; 3].map(|_| Limits::with_clock(clock.clone()));
    let (pace, size) = (rate("100/s"), burst(100));
    let (mut gone, mut untold) = (0, [0; 3]);
    for tenth in 1..=600 {
        // More comes in everywhere than may; each hears of the others once a second.
        for (limits, untold) in nodes.iter().zip(&mut untold) {
            *untold += (0..50).filter(|_| limits.check("accept/acme", pace, size) == Verdict::Go).count();
        }
        if tenth % 10 == 0 {
            for (place, limits) in nodes.iter().enumerate() {
                let others: usize = (0..3).filter(|other| *other != place).map(|other| untold[other]).sum();
                limits.owe("accept/acme", Speed::new(pace, size), others.try_into().unwrap());
            }
            gone += std::mem::take(&mut untold).iter().sum::<usize>();
        }
        clock.advance(Duration::from_millis(100));
    }
    // A minute's worth, and what three let go before they heard of each other.
    assert!((5700..=6000 + 3 * 200).contains(&gone), "{gone}");
    // Nobody stands still for long, whatever he hears.
    nodes[0].owe("accept/acme", Speed::new(pace, size), 1_000_000);
    let Verdict::Wait(wait) = nodes[0].check("accept/acme", pace, size) else { panic!("let go") };
    assert!(wait <= Duration::from_secs(62), "{wait:?}");
}

#[test]
fn rates_beyond_all_reason_do_not_overflow() {
    let (clock, limits) = limits();
    clock.advance(Duration::from_secs(3600 * 24 * 365));
    for text in ["1/99999999999999ms", "1/7d", "4294967295/1ms", "4294967295/s", "1/18446744073709551s"] {
        for size in [1, u32::MAX] {
            let key = format!("{text} {size}");
            assert_eq!(limits.check(&key, rate(text), burst(size)), Verdict::Go, "{key}");
            let _ = limits.check(&key, rate(text), burst(size));
            let _ = limits.check(&key, rate("1/s"), None);
            let _ = limits.check(&key, rate(text), burst(size));
        }
    }
}

#[test]
fn keys_that_are_as_good_as_new_are_forgotten() {
    let (clock, limits) = limits();
    for key in 0..1000 {
        assert_eq!(limits.check(&format!("pair {key}"), rate("1/6s"), burst(45)), Verdict::Go);
    }
    for _ in 0..45 {
        assert_eq!(limits.check("busy", rate("1/6s"), burst(45)), Verdict::Go);
    }
    limits.retain_recent();
    assert_eq!(limits.keys(), 1001);
    clock.advance(Duration::from_secs(6));
    limits.retain_recent();
    assert_eq!(limits.keys(), 1);
    assert_eq!(limits.check("busy", rate("1/6s"), burst(45)), Verdict::Go);
    assert_eq!(limits.check("busy", rate("1/6s"), burst(45)), Verdict::Wait(Duration::from_secs(6)));
}

#[test]
fn keys_do_not_grow_without_anybody_sweeping() {
    let (clock, limits) = limits();
    for key in 0..200_000 {
        let _ = limits.check(&format!("pair {key}"), rate("1/6s"), None);
        clock.advance(Duration::from_millis(6));
    }
    assert!(limits.keys() < 16 * 1024, "{} keys", limits.keys());
}

#[test]
fn many_threads_on_one_key_get_no_more_than_the_burst() {
    let (_, limits) = limits();
    let gone: usize = std::thread::scope(|scope| {
        let ask = || (0..500).filter(|_| limits.check("key", rate("1/s"), burst(700)) == Verdict::Go).count();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(gone, 700);
}
