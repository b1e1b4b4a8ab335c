//! The columns of a frame: what each says of a tenant, in so many characters, and what it is sorted by.

use serde_json::Value;

/// A column: its head, how wide it is, what it says, and the number that it is sorted by.
pub(super) struct Column {
    pub(super) head: &'static str,
    pub(super) width: usize,
    pub(super) cell: fn(&Value) -> String,
    pub(super) number: fn(&Value) -> Option<f64>,
}

const fn column(
    head: &'static str,
    width: usize,
    number: fn(&Value) -> Option<f64>,
    cell: fn(&Value) -> String,
) -> Column {
    Column { head, width, cell, number }
}

/// All of them fit into 80 columns. What is called sent, delivered, read and failed is of the last hour.
pub(super) const COLUMNS: [Column; 12] = [
    column("TENANT", 12, |_| None, |tenant| word(&tenant["tenant"])),
    column("RATE/S", 8, |tenant| tenant["rate"]["current"].as_f64(), rate),
    column("/MIN", 5, minute, |tenant| short(minute(tenant))),
    column("QUEUED", 6, |tenant| tenant["queued"].as_f64(), |tenant| short(tenant["queued"].as_f64())),
    column("WAIT", 5, |tenant| lately(tenant, "waited_seconds"), |tenant| span(lately(tenant, "waited_seconds"))),
    column("DRAIN", 5, drain_number, drain),
    column("SENT", 5, |tenant| lately(tenant, "submitted"), |tenant| short(lately(tenant, "submitted"))),
    column("DELIV", 5, |tenant| lately(tenant, "delivered"), |tenant| short(lately(tenant, "delivered"))),
    column("READ", 5, |tenant| lately(tenant, "read"), |tenant| short(lately(tenant, "read"))),
    column("FAIL", 5, |tenant| lately(tenant, "failed"), |tenant| short(lately(tenant, "failed"))),
    column("HELD", 4, |tenant| tenant["held"].as_f64(), |tenant| short(tenant["held"].as_f64())),
    column("DEAD", 4, |tenant| tenant["dead_letters"].as_f64(), |tenant| short(tenant["dead_letters"].as_f64())),
];

/// A text; what is none is a dash.
pub(super) fn word(value: &Value) -> String {
    value.as_str().unwrap_or("-").to_owned()
}

fn lately(tenant: &Value, name: &str) -> Option<f64> {
    tenant["lately"][name].as_f64()
}

/// Accepted within the last whole minute.
fn minute(tenant: &Value) -> Option<f64> {
    let minutes = tenant["lately"]["minutes"].as_array()?;
    minutes.get(minutes.len().checked_sub(2)?)?[0].as_f64()
}

fn rate(tenant: &Value) -> String {
    let [current, ceiling] = ["current", "ceiling"].map(|name| tenant["rate"][name].as_f64());
    match (current, ceiling) {
        (Some(current), Some(ceiling)) if current < ceiling => format!("{}/{}", decimal(current), decimal(ceiling)),
        (Some(current), _) => decimal(current),
        (None, _) => "-".to_owned(),
    }
}

fn decimal(number: f64) -> String {
    let text = if number < 10.0 { format!("{number:.1}") } else { format!("{number:.0}") };
    text.trim_end_matches(".0").to_owned()
}

/// Nothing that waits is drained at once; what never is, after everything else.
fn drain_number(tenant: &Value) -> Option<f64> {
    if tenant["queued"] == 0 { Some(0.0) } else { tenant["drain_seconds"].as_f64() }
}

fn drain(tenant: &Value) -> String {
    drain_number(tenant).map_or_else(|| "never".to_owned(), |seconds| span(Some(seconds)))
}

/// At most five characters.
fn short(number: Option<f64>) -> String {
    match number {
        None => "-".to_owned(),
        Some(number) if number < 10_000.0 => format!("{number:.0}"),
        Some(number) if number < 999_500.0 => format!("{:.0}k", number / 1e3),
        Some(number) => format!("{:.0}M", number / 1e6),
    }
}

/// At most five characters.
fn span(seconds: Option<f64>) -> String {
    match seconds {
        None => "-".to_owned(),
        Some(seconds) if seconds < 0.05 => "0".to_owned(),
        Some(seconds) if seconds < 10.0 => format!("{seconds:.1}s"),
        Some(seconds) if seconds < 120.0 => format!("{seconds:.0}s"),
        Some(seconds) if seconds < 7200.0 => format!("{:.0}m", seconds / 60.0),
        Some(seconds) if seconds < 172_800.0 => format!("{:.0}h", seconds / 3600.0),
        Some(seconds) => format!("{:.0}d", seconds / 86_400.0),
    }
}
