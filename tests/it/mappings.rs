//! Every contract case of the shipped mappings passes.

use switchboard::cases::summary;

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
