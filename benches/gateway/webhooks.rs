//! The way back: a status comes in, its token is verified, what it says is stored, and the platform is told. Against the same
//! by hand, which keeps nothing.

use crate::brands::ONE;
use crate::mapping::Trouble;
use crate::postgres::Database;
use crate::process::Server;
use crate::report::{Row, against, columns, median};
use crate::round::{Measured, Scene, Subject, Work};
use crate::subjects::{ALL, Stage, TROUBLE, sends, this};

pub(super) async fn start() -> Result<Scene, Trouble> {
    let stage = Stage::set(ONE)?;
    let mut database = Database::start().await?;
    let over = stage.node(this(), &stage.files("postgres")?, database.tables()?, ALL)?;
    let relay = Server::own("relay", &[stage.provider()], TROUBLE)?;
    let gateway = |name, folder: &str, log| {
        let server = stage.gateway(this(), folder, log)?;
        Ok::<_, Trouble>(Subject { work: Work::Status, ..sends(name, server) })
    };
    let subjects = vec![
        Subject { work: Work::StatusMadeUp, ..sends("hand-written warp + reqwest, not durable", relay) },
        gateway("`switchboard serve`, durable", "all", ALL)?,
        gateway("the same, log at `warn`", "trouble", TROUBLE)?,
        Subject { work: Work::Status, database: Some(database.first), ..sends("durable, over PostgreSQL", over) },
    ];
    stage.scene(subjects, Vec::new(), database.kept()).await
}

pub(super) fn table(measured: &Measured) -> String {
    let by_hand = measured.servers.first();
    let rows: [Row<'_>; 6] = [
        ("CPU µs a status", &|own| format!("{:.0}", median(&own.cpu))),
        ("CPU µs a status, PostgreSQL", &|own| format!("{:.0}", median(&own.database))),
        ("statuses a CPU-second ÷ by hand", &|own| against(by_hand, own, |sample| sample.cpu.clone())),
        ("statuses/s, to the last report", &|own| format!("{:.0}", median(&own.rate))),
        ("answer: half, 99 of 100 within ms", &|own| format!("{:.1}, {:.1}", median(&own.half), median(&own.most))),
        ("most memory, MiB", &|own| own.memory.to_string()),
    ];
    columns(&measured.servers, &rows)
}
