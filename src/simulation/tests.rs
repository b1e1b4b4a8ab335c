//! The runs.

use std::fmt::Write;

use super::drive::{Played, play};
use super::{coverage, oracle};
use crate::delivery::Phase;

/// Runs one seed; what is wrong, with the command that replays it.
fn check(seed: u64) -> Result<Played, String> {
    let played = play(seed);
    let wrong = oracle::judge(&played);
    if wrong.is_empty() {
        return Ok(played);
    }
    let mut text = format!("seed {seed}:\n");
    wrong.iter().take(20).for_each(|line| writeln!(text, "  {line}").unwrap());
    write!(text, "replay: SWITCHBOARD_SEED={seed} cargo test --lib simulation::tests::replay -- --ignored --nocapture")
        .unwrap();
    Err(text)
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn many_histories_keep_every_promise() {
    for seed in 0..number("SWITCHBOARD_SEEDS", 40) {
        let _ = check(seed).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

#[test]
fn one_seed_is_one_history() {
    for seed in [1, 2, 3, 8] {
        let trace = |_| play(seed).journal.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (one, other) = (trace(0), trace(1));
        for (at, (one, other)) in one.iter().zip(&other).enumerate() {
            assert_eq!(one, other, "seed {seed}, line {at}");
        }
        assert_eq!(one.len(), other.len());
    }
}

#[test]
#[ignore = "docs/testing.md: thousands of histories"]
fn thousands() {
    let (first, seeds) = (number("SWITCHBOARD_SEED", 0), number("SWITCHBOARD_SEEDS", 10_000));
    let begun = std::time::Instant::now();
    let (mut wrong, mut hours, mut lines, mut steps) = (Vec::new(), 0, 0, 0);
    for seed in first..first + seeds {
        match check(seed) {
            Ok(played) => {
                hours += played.took / 1000;
                lines += played.journal.len();
                steps += played.steps;
            }
            Err(text) => wrong.push(text),
        }
    }
    println!("{} simulated hours, {lines} happenings, {steps} steps of store and network", hours / 3600);
    for text in wrong.iter().take(12) {
        println!("{text}");
    }
    println!("{seeds} seeds from {first}, {} wrong, {:?}", wrong.len(), begun.elapsed());
    print_pairs();
    assert!(wrong.is_empty());
}

/// Prints how often each pair was met, and which were not that can be. One that cannot be must not.
fn print_pairs() {
    let (pairs, mut missed, mut met) = (coverage::pairs(), Vec::new(), 0);
    for input in coverage::INPUTS {
        let cell = |phase| {
            let count = pairs.get(&(coverage::phase_word(phase), input)).copied().unwrap_or_default();
            match coverage::impossible(phase, input) {
                Some(why) => {
                    assert_eq!(count, 0, "{input} of {phase:?} was met, and that cannot be: {why}");
                    "-".to_owned()
                }
                None => count.to_string(),
            }
        };
        let row = Phase::ALL.map(cell);
        println!("{input:>12} {}", row.join(" "));
        met += row.iter().filter(|cell| !matches!(cell.as_str(), "-" | "0")).count();
        missed.extend(Phase::ALL.into_iter().zip(row).filter(|(_, cell)| cell == "0").map(|(phase, _)| (phase, input)));
    }
    println!("{met} pairs of what a message is and what happens to it were met, {} were not: {missed:?}", missed.len());
}

#[test]
#[ignore = "prints one history: SWITCHBOARD_SEED"]
fn replay() {
    let played = play(number("SWITCHBOARD_SEED", 0));
    played.journal.iter().for_each(|entry| println!("{entry}"));
    for wrong in oracle::judge(&played) {
        println!("WRONG {wrong}");
    }
}
