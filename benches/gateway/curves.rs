//! How one gateway does with more callers, and with larger messages: a table and a picture of each.

use std::rc::Rc;

use crate::brands::ONE;
use crate::chart::{Bar, chart};
use crate::mapping::{SEND, Trouble};
use crate::report::{Row, columns, median};
use crate::round::{Measured, Samples, Scene, Subject};
use crate::subjects::{ALL, Stage, sends, this};

/// Callers at once.
const CALLERS: [(usize, &str); 5] = [(1, "1"), (8, "8"), (64, "64"), (256, "256"), (1024, "1,024")];
/// Bytes of a request's body.
const BYTES: [(usize, &str); 4] = [(858, "0.8 KiB"), (4 << 10, "4 KiB"), (16 << 10, "16 KiB"), (64 << 10, "64 KiB")];

/// All of them ask the same gateway.
pub(super) async fn start() -> Result<Scene, Trouble> {
    let stage = Stage::set(ONE)?;
    let gateway = Rc::new(stage.gateway(this(), "gateway", ALL)?);
    let mut subjects = Vec::new();
    for (connections, name) in CALLERS {
        subjects.push(Subject { connections, ..sends(name, gateway.clone()) });
    }
    for (bytes, name) in BYTES {
        subjects.push(Subject { padding: bytes.saturating_sub(SEND.len()), ..sends(name, gateway.clone()) });
    }
    stage.scene(subjects, Vec::new(), Vec::new()).await
}

pub(super) fn table(measured: &Measured) -> Result<String, Trouble> {
    let (callers, bytes) = measured.servers.split_at(CALLERS.len());
    let mut page = String::new();
    for (head, file, samples) in [("callers at once", "callers", callers), ("bytes of a request", "bytes", bytes)] {
        let rows: [Row<'_>; 3] = [
            ("messages/s", &|own| format!("{:.0}", median(&own.rate))),
            ("CPU µs a message", &|own| format!("{:.0}", median(&own.cpu))),
            ("answer: half, 99 of 100 within ms", &|own| format!("{:.1}, {:.1}", median(&own.half), median(&own.most))),
        ];
        let bars: Vec<Bar<'_>> = samples.iter().map(bar).collect();
        chart(file, &format!("messages a second, by {head}"), &bars)?;
        page += &format!("Messages by {head}:\n\n{}\n", columns(samples, &rows));
        page += &format!("![messages a second, by {head}](figures/{file}.svg)\n\n");
    }
    Ok(page)
}

fn bar(samples: &Samples) -> Bar<'_> {
    let lowest = samples.rate.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = samples.rate.iter().copied().fold(0.0, f64::max);
    Bar { name: samples.name, median: median(&samples.rate), lowest, highest }
}
