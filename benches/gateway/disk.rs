//! A disk whose syncs take 2 ms longer, beside the same without: under the layer that the tests put below a gateway's files,
//! with many callers at once.

#[path = "../../tests/it/power/layer.rs"]
#[expect(clippy::panic, reason = "the tests' own")]
mod layer;

use std::path::Path;
use std::process::Command;

use crate::brands::ONE;
use crate::mapping::Trouble;
use crate::postgres::Database;
use crate::report::{Row, against, columns, first_of_pair, median};
use crate::round::{Measured, Samples, Scene, Subject};
use crate::subjects::{ALL, Stage, sends, this};

/// In the URL of a database: whoever syncs its log waits for so many microseconds first, as on such a disk.
const LATE: &str = "%20-ccommit_delay%3D2000%20-ccommit_siblings%3D0";

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
    let mut subjects = vec![subject("as it is", "fast", false)?, subject("each sync 2 ms longer", "slow", true)?];
    let mut database = Database::start().await?;
    for (name, folder, slower) in [("PostgreSQL", "database", ""), ("each commit's sync 2 ms longer", "late", LATE)] {
        let server = stage.node(this(), &stage.files(folder)?, database.tables()? + slower, ALL)?;
        subjects.push(Subject { connections: CONNECTIONS, database: Some(database.first), ..sends(name, server) });
    }
    stage.scene(subjects, Vec::new(), database.kept()).await
}

fn under(command: &mut Command, folder: &Path, switches: &Path) {
    layer::under(command, folder);
    command.env("POWER_SWITCHES", switches).env("POWER_SLOW_MS", "2");
}

pub(super) fn table(measured: &Measured) -> String {
    // Each that is slower stands behind the same as it is.
    let as_it_is = |own: &Samples| first_of_pair(&measured.servers, own);
    let rows: [Row<'_>; 4] = [
        ("accepted/s, 512 callers", &|own| format!("{:.0}", median(&own.answered))),
        ("÷ as it is", &|own| against(as_it_is(own), own, |s| s.answered.iter().map(|rate| 1.0 / rate).collect())),
        ("delivered/s", &|own| format!("{:.0}", median(&own.rate))),
        ("answer: half, 99 of 100 within ms", &|own| format!("{:.1}, {:.1}", median(&own.half), median(&own.most))),
    ];
    columns(&measured.servers, &rows)
}
