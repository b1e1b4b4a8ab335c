//! Figures to Markdown: medians of all rounds, and between which values the rounds lie.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use super::options::Part;
use super::peers::{EXPRESS, FASTIFY};
use super::round::{Measured, Samples};
use super::subjects::{DIRECT, GATEWAY, LEAN, PASSTHROUGH};
use super::times::Timed;
use crate::mapping::Trouble;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");

/// Where it was measured.
pub(super) fn machine(date: Option<&str>) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let processor = read("/proc/cpuinfo");
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("unknown");
    let date = date.map(|date| format!("{date}; ")).unwrap_or_default();
    format!(
        "{date}{cores} cores ({}), Linux {}, {rustc}. Load average of the machine before the run: {load}; load \
         generator, provider and the measured server share the cores.",
        processor.map_or("unknown", |(_, name)| name.trim()),
        read("/proc/sys/kernel/osrelease").trim(),
    )
}

/// The mappings' table.
pub(super) fn mappings(times: &[Timed]) -> String {
    let mut table =
        "| mapping | bytes in | programs, ns | by hand, ns | programs ÷ by hand (lowest to highest round) |\n\
                     |---|--:|--:|--:|--:|\n"
            .to_owned();
    for timed in times {
        let ratios = timed.programs.iter().zip(&timed.by_hand).map(|(programs, by_hand)| programs / by_hand);
        let _ = writeln!(
            table,
            "| {} | {} | {:.0} | {:.0} | {} |",
            timed.name,
            timed.bytes,
            median(&timed.programs),
            median(&timed.by_hand),
            ratio(ratios)
        );
    }
    table
}

/// The servers' table.
pub(super) fn servers(samples: &[Samples]) -> String {
    let mut table = "| server | CPU µs a message | messages a CPU-second ÷ reference's (lowest to highest round) | \
                     messages/s | answer, half within ms | 99 of 100 within ms | most memory, MiB |\n\
                     |---|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    let mut reference: Option<&Samples> = None;
    for sample in samples {
        if [DIRECT, PASSTHROUGH].contains(&sample.name) {
            reference = Some(sample);
        }
        let against = reference.map_or(&sample.cpu, |reference| &reference.cpu);
        let ratios = against.iter().zip(&sample.cpu).map(|(reference, own)| reference / own);
        let is_reference = reference.is_some_and(|reference| std::ptr::eq(reference, sample));
        let _ = writeln!(
            table,
            "| {} | {:.1} | {} | {:.0} | {:.1} | {:.1} | {} |",
            sample.name,
            median(&sample.cpu),
            if is_reference { "reference".to_owned() } else { ratio(ratios) },
            median(&sample.rate),
            median(&sample.half),
            median(&sample.most),
            sample.memory
        );
    }
    table
}

/// The durable gateway against those that the table does not divide by.
pub(super) fn beside(samples: &[Samples]) -> String {
    let find = |name: &str| samples.iter().find(|sample| sample.name == name);
    let Some(gateway) = find(GATEWAY) else { return String::new() };
    let others = [LEAN, EXPRESS, FASTIFY].into_iter().filter_map(find);
    let ratios =
        others.map(|other| format!("{} of \"{}\"", against(Some(other), gateway, |s| s.cpu.clone()), other.name));
    let ratios: Vec<String> = ratios.collect();
    if ratios.is_empty() {
        return String::new();
    }
    format!("The durable gateway's messages a CPU-second, log as shipped, are {}.\n", ratios.join(", "))
}

/// How long an accept takes at the worst, against the commit that it waits for.
pub(super) fn waits(measured: &Measured) -> String {
    let (half, most): (Vec<f64>, Vec<f64>) = measured.commits.iter().flatten().copied().unzip();
    let gateway = measured.servers.iter().find(|sample| sample.name == GATEWAY);
    let ratios = gateway.into_iter().flat_map(|gateway| gateway.most.iter().zip(&most).map(|(own, alone)| own / alone));
    format!(
        "A commit of the store alone, with as many callers: half within {:.1} ms, 99 of 100 within {:.1} ms. Of the \
         gateway's answers, which wait for one, 99 of 100 take {} times as long as those.\n",
        median(&half),
        median(&most),
        ratio(ratios)
    )
}

/// What stands before a row, and what stands in it for each subject.
pub(super) type Row<'r> = (&'r str, &'r dyn Fn(&Samples) -> String);

/// A table with a column for each subject.
pub(super) fn columns(samples: &[Samples], rows: &[Row<'_>]) -> String {
    let line = |head: &str, cells: Vec<String>| format!("| {head} | {} |\n", cells.join(" | "));
    let names = samples.iter().map(|sample| sample.name.to_owned()).collect();
    let mut table = line("", names) + "|---|" + &"--:|".repeat(samples.len()) + "\n";
    for (head, cell) in rows {
        table += &line(head, samples.iter().map(cell).collect());
    }
    table
}

/// Of columns in pairs, the first of a column's own.
pub(super) fn first_of_pair<'s>(samples: &'s [Samples], own: &Samples) -> Option<&'s Samples> {
    let place = samples.iter().position(|known| std::ptr::eq(known, own))?;
    samples.get(place - place % 2)
}

/// The reference's cost of each round by this one's: how much more this one does with as much.
pub(super) fn against(reference: Option<&Samples>, own: &Samples, cost: impl Fn(&Samples) -> Vec<f64>) -> String {
    let Some(reference) = reference.filter(|reference| !std::ptr::eq(*reference, own)) else { return "–".to_owned() };
    ratio(cost(reference).iter().zip(cost(own)).map(|(reference, own)| reference / own))
}

/// The median of the rounds, and the lowest and the highest.
pub(super) fn ratio(ratios: impl Iterator<Item = f64>) -> String {
    let mut ratios: Vec<f64> = ratios.collect();
    ratios.sort_by(f64::total_cmp);
    let (lowest, highest) = (ratios.first().copied().unwrap_or_default(), ratios.last().copied().unwrap_or_default());
    format!("**{:.2}** ({lowest:.2}–{highest:.2})", median(&ratios))
}

/// The value in the middle.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Puts a part's tables between its marks on the page.
pub(super) fn write(part: Part, tables: &str) -> Result<(), Trouble> {
    let mark = |what: &str| match part {
        Part::Servers => format!("<!-- written by `cargo bench -- --write`: {what} -->"),
        other => format!("<!-- written by `cargo bench -- {} --write`: {what} -->", other.flag()),
    };
    let (begin, end) = (mark("begin"), mark("end"));
    let page = fs::read_to_string(PAGE)?;
    let lost = || format!("docs/performance.md has lost its marks: {begin}");
    let (head, rest) = page.split_once(&begin).ok_or_else(lost)?;
    let (_, tail) = rest.split_once(&end).ok_or_else(lost)?;
    fs::write(PAGE, format!("{head}{begin}\n\n{}\n\n{end}{tail}", tables.trim()))?;
    Ok(())
}
