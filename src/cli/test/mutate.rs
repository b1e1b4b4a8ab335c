//! `switchboard test --mutate`: which mutants of the mappings neither `check` nor a case notices.

use std::path::Path;
use std::sync::Mutex;

use super::folder::{Folder, Trouble};
use crate::app::read_file;
use crate::cases::{Equivalents, Hunt, Mutant, Noticed, Suite, mutants};
use crate::cli::out::out;
use crate::cli::progress::Progress;
use crate::diagnostic;

/// What came of the mutants of one mapping.
#[derive(Default)]
struct Figure {
    all: usize,
    by_check: usize,
    by_case: usize,
    equivalent: usize,
    unnoticed: Vec<Mutant>,
}

impl Figure {
    /// Noticed ones in a thousand, equivalent ones left out.
    fn per_mille(&self) -> usize {
        ((self.by_check + self.by_case) * 1000).checked_div(self.all - self.equivalent).unwrap_or(1000)
    }
}

/// Tries the mutants of every mapping, at most `sample` of each, evenly spread. False if less than `floor` per cent of
/// one's were noticed.
pub(super) fn run(path: &Path, floor: usize, sample: Option<usize>) -> Result<bool, Trouble> {
    let folder = Folder::read(path)?;
    let suites = folder.suites()?;
    let listed = path.join("mutants.yaml");
    let mut problems = Vec::new();
    let equivalents = match listed.exists() {
        true => Equivalents::read(&read_file(&listed)?, &mut problems),
        false => Equivalents::default(),
    };
    let mut good = true;
    for suite in &suites {
        let all = mutants(suite.source());
        problems.extend(equivalents.stale(suite.name(), &all));
        let figure = hunted(&folder, suite, spread(all, sample), &equivalents, &mut problems);
        out!("{}", shown(suite, &figure));
        good &= figure.per_mille() >= floor * 10;
    }
    out!("{}", diagnostic::render(&problems));
    Ok(good && problems.is_empty())
}

/// At most so many, evenly spread.
fn spread(all: Vec<Mutant>, most: Option<usize>) -> Vec<Mutant> {
    let every = most.map_or(1, |most| all.len().div_ceil(most.max(1)).max(1));
    all.into_iter().step_by(every).collect()
}

/// One thread a processor, each with the next mutant.
fn hunted(
    folder: &Folder,
    suite: &Suite,
    mutants: Vec<Mutant>,
    equivalents: &Equivalents,
    problems: &mut Vec<diagnostic::Diagnostic>,
) -> Figure {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (all, line) = (mutants.len(), Mutex::new((Progress::new(), 0)));
    let figure = Mutex::new((Figure { all, ..Figure::default() }, Vec::new()));
    let left = Mutex::new(mutants.into_iter());
    let next = || left.lock().ok()?.next();
    let begun = folder.with(|material| Hunt::new(suite, material));
    std::thread::scope(|scope| {
        for mut hunt in vec![begun; workers] {
            let (figure, next, line) = (&figure, &next, &line);
            scope.spawn(move || {
                while let Some(mutant) = next() {
                    let noticed = folder.with(|material| hunt.notice(&mutant, material));
                    one_more(line, all, suite.name());
                    let Ok(mut figure) = figure.lock() else { return };
                    let (figure, problems) = &mut *figure;
                    let by = match noticed {
                        Noticed::Nobody if equivalents.lists(suite.name(), &mutant) => {
                            figure.equivalent += 1;
                            continue;
                        }
                        Noticed::Nobody => {
                            figure.unnoticed.push(mutant);
                            continue;
                        }
                        Noticed::Check(code) => {
                            figure.by_check += 1;
                            format!("check ({code})")
                        }
                        Noticed::Case(case) => {
                            figure.by_case += 1;
                            format!("the case `{case}`")
                        }
                    };
                    problems.extend(equivalents.noticed(suite.name(), &mutant, &by));
                }
            });
        }
    });
    let (mut figure, found) = figure.into_inner().unwrap_or_default();
    figure.unnoticed.sort_by_key(|mutant| mutant.line);
    problems.extend(found);
    figure
}

/// One more mutant was tried.
fn one_more(line: &Mutex<(Progress, u64)>, all: usize, name: &str) {
    let Ok(mut line) = line.lock() else { return };
    let (progress, done) = &mut *line;
    *done += 1;
    progress.draw(*done, u64::try_from(all).unwrap_or_default(), &format!("mutants of {name}"));
}

fn shown(suite: &Suite, figure: &Figure) -> String {
    let tenths = figure.per_mille();
    let file = &suite.source().name;
    let noticed = figure.by_check + figure.by_case;
    let mut text = format!(
        "{file}: {noticed} of {} mutants noticed, {}.{} % ({} by check, {} by cases; {} equivalent ones left out)\n",
        figure.all - figure.equivalent,
        tenths / 10,
        tenths % 10,
        figure.by_check,
        figure.by_case,
        figure.equivalent,
    );
    for mutant in &figure.unnoticed {
        text.push_str(&format!("  {file}:{}: {}: {}\n", mutant.line, mutant.at, mutant.what));
    }
    text
}
