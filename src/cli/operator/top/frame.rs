//! What a frame shows of an overview: a line for each tenant, then what needs somebody. Pure: text in, lines out.

use std::cmp::Ordering;

use serde_json::Value;

use super::columns::{COLUMNS, Column, word};

/// What is drawn at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Size {
    /// Of a terminal that does not say.
    pub(super) const USUAL: Self = Self { columns: 80, rows: 24 };

    /// As many rows as there are.
    pub(super) const fn endless() -> Self {
        Self { rows: usize::MAX, ..Self::USUAL }
    }
}

/// How a line stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Head,
    Bad,
}

/// A line of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) style: Style,
}

/// What somebody chose to see.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The place of a column.
    sort: usize,
    reversed: bool,
    /// So many tenants are above the screen.
    above: usize,
}

impl View {
    /// Does what a key says; false if it says to end.
    pub(super) fn press(&mut self, key: u8) -> bool {
        match key {
            // Ctrl-C comes as a key.
            b'q' | 3 => return false,
            b's' => (self.sort, self.above) = ((self.sort + 1) % COLUMNS.len(), 0),
            b'r' => self.reversed = !self.reversed,
            b'j' => self.above = self.above.saturating_add(1),
            b'k' => self.above = self.above.saturating_sub(1),
            _ => {}
        }
        true
    }

    /// Names from A on, numbers from the largest on.
    fn order(&self, one: &Value, other: &Value) -> Ordering {
        let by_name = one["tenant"].as_str().cmp(&other["tenant"].as_str());
        let number = |tenant: &Value| (COLUMNS[self.sort].number)(tenant).unwrap_or(f64::INFINITY);
        let order = if self.sort == 0 { by_name } else { number(other).total_cmp(&number(one)) };
        let order = if self.reversed { order.reverse() } else { order };
        order.then(by_name)
    }
}

/// The lines of a screen. `problem`: why what is shown is old.
pub(super) fn frame(overview: &Value, view: &View, size: Size, problem: Option<&str>) -> Vec<Line> {
    let none = Vec::new();
    let mut tenants: Vec<&Value> = overview["tenants"].as_array().unwrap_or(&none).iter().collect();
    tenants.sort_by(|one, other| view.order(one, other));
    let alarms = alarms(overview, problem);
    // The first line, the heads, and the keys where there is a screen.
    let room = size.rows.saturating_sub(3);
    let wanted = room.saturating_sub(tenants.len()).max(room / 3);
    let shown = if alarms.len() > wanted { wanted.saturating_sub(1) } else { alarms.len() };
    let more = alarms.len() - shown;
    let fits = room.saturating_sub(shown + usize::from(more > 0));
    let above = view.above.min(tenants.len().saturating_sub(fits));
    let mut lines = vec![first(overview, tenants.len()), heads(view, size)];
    lines.extend(tenants.iter().skip(above).take(fits).map(|tenant| row(tenant, size)));
    lines.extend(alarms.into_iter().take(shown).map(|text| Line { text, style: Style::Bad }));
    lines.extend((more > 0).then(|| Line { text: format!("and {more} more"), style: Style::Bad }));
    if size.rows < usize::MAX {
        let full = size.rows.saturating_sub(1);
        lines.resize_with(full, || Line { text: String::new(), style: Style::Plain });
        let text = "q quit   s sort by the next column   r reverse   j k down and up".to_owned();
        lines.push(Line { text, style: Style::Plain });
    }
    for line in &mut lines {
        line.text = line.text.replace(char::is_control, "?");
    }
    lines
}

fn first(overview: &Value, tenants: usize) -> Line {
    let (at, version) = (word(&overview["at"]), word(&overview["configuration"]["version"]));
    // Of a time with parts of a second, so much as people read.
    let at = at.split('.').next().unwrap_or_default().trim_end_matches('Z').replace('T', " ");
    let what = if tenants == 1 { "tenant" } else { "tenants" };
    Line { text: format!("switchboard  {at} UTC  {tenants} {what}  configuration {version}"), style: Style::Plain }
}

fn heads(view: &View, size: Size) -> Line {
    let mark = if view.reversed { '^' } else { 'v' };
    let heads = COLUMNS.iter().enumerate().map(|(place, Column { head, width, .. })| {
        let marked = place == view.sort && head.len() < *width;
        if marked { format!("{head}{mark}") } else { (*head).to_owned() }
    });
    Line { text: laid_out(heads, size), style: Style::Head }
}

fn row(tenant: &Value, size: Size) -> Line {
    let trouble = tenant["held"] != 0 || tenant["paused"] != 0 || tenant["difference"] != 0 || is_stuck(tenant);
    let style = if trouble { Style::Bad } else { Style::Plain };
    Line { text: laid_out(COLUMNS.iter().map(|column| (column.cell)(tenant)), size), style }
}

/// Names to the left, numbers to the right; the name has what is left of the width.
fn laid_out(cells: impl Iterator<Item = String>, size: Size) -> String {
    let spare = size.columns.saturating_sub(Size::USUAL.columns);
    let cells = cells.zip(&COLUMNS).enumerate().map(|(place, (cell, Column { width, .. }))| {
        let width = if place == 0 { width + spare } else { *width };
        let cut: String = cell.chars().take(width).collect();
        if place == 0 { format!("{cut:<width$}") } else { format!("{cut:>width$}") }
    });
    cells.collect::<Vec<_>>().join(" ")
}

/// What needs somebody, the worst first.
fn alarms(overview: &Value, problem: Option<&str>) -> Vec<String> {
    let mut alarms: Vec<String> = problem.map(|problem| format!("not up to date: {problem}")).into_iter().collect();
    if overview["store"]["writable"] == false {
        alarms.push("the store takes no writes: platforms are told \"later\"".to_owned());
    }
    if overview["configuration"]["errors"] != 0 {
        alarms
            .push(format!("configuration: {}: switchboard check", some(&overview["configuration"]["errors"], "error")));
    }
    let tenants = overview["tenants"].as_array().into_iter().flatten();
    alarms.extend(tenants.filter_map(|tenant| {
        let says = says(tenant);
        (!says.is_empty()).then(|| format!("{}: {}", word(&tenant["tenant"]), says.join(", ")))
    }));
    alarms
}

fn says(tenant: &Value) -> Vec<String> {
    let (first, count) = (&tenant["lately"]["reasons"][0][0], &tenant["lately"]["reasons"][0][1]);
    let all = [
        (tenant["difference"] != 0, format!("the ledger is off by {}", tenant["difference"])),
        (is_stuck(tenant), "nothing goes out".to_owned()),
        (tenant["paused"] != 0, "paused".to_owned()),
        (tenant["held"] != 0, format!("{} held", some(&tenant["held"], "lane"))),
        (tenant["state"] != "enabled", word(&tenant["state"])),
        (tenant["dead_letters"] != 0, some(&tenant["dead_letters"], "dead letter")),
        (slowed(tenant), "slowed by the provider".to_owned()),
        (!first.is_null(), format!("most fail with {} ({count})", word(first))),
    ];
    all.into_iter().filter_map(|(holds, text)| holds.then_some(text)).collect()
}

/// Something waits, and as things are it always will.
fn is_stuck(tenant: &Value) -> bool {
    tenant["queued"] != 0 && tenant["drain_seconds"].is_null()
}

fn slowed(tenant: &Value) -> bool {
    let [current, ceiling] = ["current", "ceiling"].map(|name| tenant["rate"][name].as_f64());
    current.zip(ceiling).is_some_and(|(current, ceiling)| current < ceiling)
}

fn some(count: &Value, what: &str) -> String {
    let end = if *count == 1 { "" } else { "s" };
    format!("{count} {what}{end}")
}

#[cfg(test)]
mod tests;
