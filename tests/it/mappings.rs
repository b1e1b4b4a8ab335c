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

/// The cases of the mappings that the gateway was made for reach every check and every row of a table.
#[test]
fn the_cases_reach_the_shipped_mappings() {
    let shipped = Shipped::read();
    let mut seen = 0;
    for suite in shipped.suites().0 {
        let (_, coverage) = shipped.cover(&suite);
        let coverage = coverage.expect("a mapping without errors");
        if !["moengage", "webengage", "vonage"].contains(&suite.name()) {
            assert!(coverage.total().is_at_least(80), "{coverage}");
            continue;
        }
        assert!(coverage.total().is_at_least(95), "{coverage}");
        for group in ["checks", "table rows", "keyword rules"] {
            let count = coverage.count(group);
            assert_eq!(count.hit, count.all, "{group}: {coverage}");
        }
        // What finds nothing shows that it looked.
        assert!(coverage.total().all >= 200, "{coverage}");
        seen += 1;
    }
    assert_eq!(seen, 3);
}

/// Mutants of the shipped mappings are noticed. All of them take minutes: here some, evenly spread; all with
/// `switchboard test --mutate`. No entry of the list of equivalent ones is stale.
#[test]
fn mutants_of_the_shipped_mappings_are_noticed() {
    const SOME: usize = 25;
    let shipped = Shipped::read();
    let equivalents = Shipped::equivalents();
    let (mut tried, mut unnoticed) = (0, Vec::new());
    for suite in shipped.suites().0 {
        let all = mutants(suite.source());
        let stale: Vec<_> = equivalents.stale(suite.name(), &all).collect();
        assert!(stale.is_empty(), "{}", switchboard::diagnostic::render(&stale));
        let every = all.len().div_ceil(SOME);
        assert!(every > 1, "{} has {} mutants", suite.source().name, all.len());
        let mut hunt = shipped.hunt(&suite);
        let held = ["moengage", "webengage", "vonage"].contains(&suite.name());
        let some = all.iter().step_by(every).filter(|mutant| !equivalents.lists(suite.name(), mutant));
        let (noticed, not): (Vec<&Mutant>, Vec<&Mutant>) =
            some.partition(|mutant| shipped.notice(&mut hunt, mutant) != Noticed::Nobody);
        if held {
            tried += noticed.len() + not.len();
            unnoticed.extend(
                not.iter().map(|mutant| format!("{}:{}: {}: {}", suite.name(), mutant.line, mutant.at, mutant.what)),
            );
            continue;
        }
        let figure = noticed.len() * 100 / (noticed.len() + not.len());
        assert!(figure >= FLOOR_OF_OTHERS, "{}: {figure} %: {not:#?}", suite.source().name);
    }
    assert!(tried >= 2 * SOME, "{tried}");
    assert!(unnoticed.len() * 100 <= tried * (100 - FLOOR), "{} of {tried}: {unnoticed:#?}", unnoticed.len());
}

/// In per cent of the mutants of the mappings that the gateway was made for.
const FLOOR: usize = 95;
/// In per cent of the mutants of each other mapping.
const FLOOR_OF_OTHERS: usize = 75;
