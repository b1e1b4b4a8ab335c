//! The table at the end: what a newcomer wants to know, each number from the party that knows it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::scene::{Brand, Scene};
use crate::app::{Ledger, StoreError};

/// The finished table.
pub(super) struct Table {
    pub(super) text: String,
    /// The difference is zero and nobody broke a contract.
    pub(super) sound: bool,
}

struct Column {
    title: String,
    ledger: Ledger,
    /// How messages were answered, by the platform's journal.
    answers: BTreeMap<String, u64>,
    reports: BTreeMap<String, u64>,
    failures: BTreeMap<String, u64>,
    violations: u64,
}

impl Column {
    async fn of(scene: &Scene, brand: &Brand) -> Result<Self, StoreError> {
        let ledger = scene.gateway.ledger(&brand.tenant).await?;
        let journal = brand.platform.journal();
        let (mut answers, mut failures) = (BTreeMap::new(), BTreeMap::new());
        for message in journal.messages().into_values() {
            *answers.entry(message.answer.unwrap_or_else(|| "no answer".to_owned())).or_default() += 1;
            let failed = message.reports.iter().find(|report| report.status.ends_with("failed"));
            if let Some(report) = failed {
                *failures.entry(report.code.clone().unwrap_or_else(|| "-".to_owned())).or_default() += 1;
            }
        }
        let summary = journal.summary();
        let title = format!("{} ({})", brand.tenant, brand.cast.platform);
        Ok(Self {
            title,
            ledger,
            answers,
            failures,
            reports: summary.reports,
            violations: summary.violations.values().sum(),
        })
    }

    fn report(&self, words: &[&str]) -> u64 {
        words
            .iter()
            .filter_map(|word| self.reports.iter().find(|(known, _)| known.ends_with(word)))
            .map(|(_, count)| *count)
            .sum()
    }

    fn accepted(&self) -> u64 {
        self.answers.get("accepted").copied().unwrap_or_default()
    }

    /// Accepted, less every place a message can be: zero, or something was lost or counted twice.
    fn difference(&self) -> i128 {
        let ledger = &self.ledger;
        let placed =
            [ledger.submitted, ledger.rejected, ledger.suppressed, ledger.expired, ledger.failed, ledger.in_flight];
        i128::from(ledger.accepted) - placed.into_iter().map(i128::from).sum::<i128>()
    }
}

/// Gathers and writes the table.
pub(super) async fn render(scene: &Scene) -> Result<Table, StoreError> {
    let mut columns = Vec::new();
    for brand in &scene.brands {
        columns.push(Column::of(scene, brand).await?);
    }
    let mut text = String::new();
    row(&mut text, "", &columns, |column| column.title.clone());
    row(&mut text, "campaign messages", &columns, |column| column.answers.values().sum::<u64>().to_string());
    row(&mut text, "accepted", &columns, |column| column.accepted().to_string());
    let refused: BTreeMap<&String, ()> =
        columns.iter().flat_map(|column| column.answers.keys()).map(|answer| (answer, ())).collect();
    for answer in refused.into_keys().filter(|answer| *answer != "accepted") {
        row(&mut text, &format!("refused at once: {answer}"), &columns, |column| count(&column.answers, answer));
    }
    row(&mut text, "replies to people", &columns, |column| {
        (column.ledger.accepted - column.accepted().min(column.ledger.accepted)).to_string()
    });
    row(&mut text, "sent to the provider", &columns, |column| column.ledger.submitted.to_string());
    row(&mut text, "suppressed (said STOP)", &columns, |column| column.ledger.suppressed.to_string());
    row(&mut text, "still under way", &columns, |column| column.ledger.in_flight.to_string());
    row(&mut text, "reported delivered", &columns, |column| delivered(column).to_string());
    row(&mut text, "reported read", &columns, |column| column.report(&["read"]).to_string());
    row(&mut text, "reported failed", &columns, |column| column.report(&["failed"]).to_string());
    let codes: BTreeMap<&String, ()> =
        columns.iter().flat_map(|column| column.failures.keys()).map(|code| (code, ())).collect();
    for code in codes.into_keys() {
        row(&mut text, &format!("  code {code}"), &columns, |column| count(&column.failures, code));
    }
    row(&mut text, "reports delivered, in all", &columns, |column| column.reports.values().sum::<u64>().to_string());
    row(&mut text, "contract violations seen", &columns, |column| column.violations.to_string());
    row(&mut text, "conservation difference", &columns, |column| column.difference().to_string());
    let broken = scene.provider.journal().summary();
    let sound =
        columns.iter().all(|column| column.difference() == 0 && column.violations == 0 && column.ledger.in_flight == 0)
            && broken.violations == 0
            && broken.duplicated == 0;
    Ok(Table { text, sound })
}

/// A platform without a word for delivered says it with its word for sent.
fn delivered(column: &Column) -> u64 {
    let own = column.report(&["delivered"]);
    if own > 0 { own } else { column.report(&["sent"]) }
}

fn count(counts: &BTreeMap<String, u64>, key: &str) -> String {
    counts.get(key).map_or_else(|| "-".to_owned(), u64::to_string)
}

fn row(text: &mut String, name: &str, columns: &[Column], cell: impl Fn(&Column) -> String) {
    let _ = write!(text, "\n{name:<28}");
    for column in columns {
        let _ = write!(text, "{:>22}", cell(column));
    }
}
