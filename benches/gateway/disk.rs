//! A disk whose syncs take 2 ms longer, beside the same without: under the layer that the tests put below a gateway's files,
//! with many callers at once.

#[path = "../../tests/it/power/layer.rs"]
#[expect(clippy::panic, reason = "the tests' own")]
mod layer;

use std::path::Path;
use std::process::Command;

use crate::brands::ONE;
use crate::mapping::Trouble;
use crate::report::{Row, against, columns, median};
use crate::round::{Measured, Scene, Subject};
use crate::subjects::{Stage, sends};

/// Callers at once.
const CONNECTIONS: usize = 512;

pub(super) async fn start() -> Result<Scene, Trouble> {
    let stage = Stage::set(ONE)?;
    let subject = |name, folder: &str, slow: bool| {
        let folder = stage.files(folder)?;
        let switches = folder.join("switches");
        std::fs::create_dir(&switches)?;
        if slow {
            std::fs::write(switches.join("slow"), "")?;
        }
        let server = stage.changed(&folder, &|command| under(command, &folder, &switches))?;
        Ok::<_, Trouble>(Subject { connections: CONNECTIONS, ..sends(name, server) })
    };
    let subjects = vec![subject("as it is", "fast", false)?, subject("each sync 2 ms longer", "slow", true)?];
    stage.scene(subjects, Vec::new(), Vec::new()).await
}

fn under(command: &mut Command, folder: &Path, switches: &Path) {
    layer::under(command, folder);
    command.env("POWER_SWITCHES", switches).env("POWER_SLOW_MS", "2");
}

pub(super) fn table(measured: &Measured) -> String {
    let fast = measured.servers.first();
    let rows: [Row<'_>; 4] = [
        ("accepted/s, 512 callers", &|own| format!("{:.0}", median(&own.answered))),
        ("÷ as it is", &|own| against(fast, own, |s| s.answered.iter().map(|rate| 1.0 / rate).collect())),
        ("delivered/s", &|own| format!("{:.0}", median(&own.rate))),
        ("answer: half, 99 of 100 within ms", &|own| format!("{:.1}, {:.1}", median(&own.half), median(&own.most))),
    ];
    columns(&measured.servers, &rows)
}
