//! Figures to Markdown: medians of all rounds, and between which values the rounds lie.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use super::round::{Measured, Samples};
use super::subjects::{DIRECT, GATEWAY, PASSTHROUGH};
use super::times::Timed;
use crate::mapping::Trouble;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
const BEGIN: &str = "<!-- written by `cargo bench -- --write`: begin -->";
const END: &str = "<!-- written by `cargo bench -- --write`: end -->";

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

/// How long an accept takes at the worst, against the commit that it waits for.
pub(super) fn waits(measured: &Measured) -> String {
    let (half, most): (Vec<f64>, Vec<f64>) = measured.commits.iter().copied().unzip();
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

fn ratio(ratios: impl Iterator<Item = f64>) -> String {
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

/// Puts the tables between the page's marks.
pub(super) fn write(tables: &str) -> Result<(), Trouble> {
    let page = fs::read_to_string(PAGE)?;
    let (head, rest) = page.split_once(BEGIN).ok_or("docs/performance.md has lost its marks")?;
    let (_, tail) = rest.split_once(END).ok_or("docs/performance.md has lost its marks")?;
    fs::write(PAGE, format!("{head}{BEGIN}\n\n{}\n\n{END}{tail}", tables.trim()))?;
    Ok(())
}
