//! Every contract case of the shipped mappings passes, and together they reach and notice what they must.

use switchboard::cases::{Mutant, Noticed, mutants, summary};

use crate::shipped::Shipped;

#[test]
fn every_case_of_the_shipped_mappings_passes() {
    let shipped = Shipped::read();
    let (suites, problems) = shipped.suites();
    assert!(problems.is_empty(), "{}", switchboard::diagnostic::render(&problems));
    let reports: Vec<_> = suites.iter().map(|suite| shipped.run(suite)).collect();
    let mut bad = String::new();
    for report in &reports {
        bad.push_str(&switchboard::diagnostic::render(&report.problems));
        let outcomes = report.outcomes.iter();
        let failed = outcomes.filter(|outcome| !matches!(outcome.verdict, switchboard::cases::Verdict::Passed));
        failed.for_each(|outcome| bad.push_str(&format!("{outcome}\n")));
    }
    let counts = summary(&reports);
    println!("{counts}");
    let all: usize = reports.iter().map(|report| report.outcomes.len()).sum();
    assert!(all >= 440, "only {all} cases were found");
    assert!(reports.iter().all(switchboard::cases::Report::is_good), "{bad}\n{counts}");
}

/// The mappings that the gateway was made for.
const SHIPPED: [&str; 3] = ["moengage", "webengage", "vonage"];
/// In per cent of a mapping's places and mutants.
const FLOOR: usize = 95;

/// The cases reach nearly all of every mapping; of those that the gateway was made for every check and every row of a
/// table.
#[test]
fn the_cases_reach_the_mappings() {
    let shipped = Shipped::read();
    let mut seen = 0;
    for suite in shipped.suites().0 {
        let (_, coverage) = shipped.cover(&suite);
        let coverage = coverage.expect("a mapping without errors");
        assert!(coverage.total().is_at_least(FLOOR), "{coverage}");
        // What finds nothing shows that it looked.
        assert!(coverage.total().all >= 200, "{coverage}");
        if !SHIPPED.contains(&suite.name()) {
            continue;
        }
        for group in ["checks", "table rows", "keyword rules"] {
            let count = coverage.count(group);
            assert_eq!(count.hit, count.all, "{group}: {coverage}");
        }
        seen += 1;
    }
    assert_eq!(seen, SHIPPED.len());
}

/// Mutants of each mapping are noticed. All of them take minutes without optimisation: here some, evenly spread and
/// always the same; all with `switchboard test --mutate`. No entry of the list of equivalent ones is stale.
#[test]
fn mutants_of_the_mappings_are_noticed() {
    const SOME: usize = 30;
    let shipped = Shipped::read();
    let equivalents = Shipped::equivalents();
    for suite in shipped.suites().0 {
        let name = suite.name();
        let all = mutants(suite.source());
        let stale: Vec<_> = equivalents.stale(name, &all).collect();
        assert!(stale.is_empty(), "{}", switchboard::diagnostic::render(&stale));
        let left: Vec<&Mutant> = all.iter().filter(|mutant| !equivalents.lists(name, mutant)).collect();
        let every = left.len().div_ceil(SOME);
        assert!(every > 1, "{name} has {} mutants", left.len());
        let mut hunt = shipped.hunt(&suite);
        let tried = left.into_iter().step_by(every);
        let (noticed, not): (Vec<&Mutant>, Vec<&Mutant>) =
            tried.partition(|mutant| shipped.notice(&mut hunt, mutant) != Noticed::Nobody);
        let of = noticed.len() + not.len();
        let floor = if SHIPPED.contains(&name) { FLOOR } else { FLOOR_OF_OTHERS };
        let lines: Vec<_> =
            not.iter().map(|mutant| format!("{name}:{}: {}: {}", mutant.line, mutant.at, mutant.what)).collect();
        println!("{name}: {} of {of}", noticed.len());
        assert!(of >= SOME / 2 && noticed.len() * 100 >= of * floor, "{} of {of}: {lines:#?}", noticed.len());
    }
}

/// In per cent of the mutants of each other mapping.
const FLOOR_OF_OTHERS: usize = 90;
