//! Many brands of many numbers, beside one: what they cost in throughput, memory and time to start.

use std::time::Duration;

use crate::brands::{Brands, ONE};
use crate::mapping::Trouble;
use crate::postgres::Database;
use crate::report::{Row, against, columns, first_of_pair, median};
use crate::round::{Measured, Samples, Scene, Subject, rested};
use crate::subjects::{ALL, Stage, listening, sends, this};

const MANY: Brands = Brands { count: 2000, numbers: 10 };

/// Each engine's: the one, then the many.
const COLUMNS: [(&str, Brands, bool); 4] = [
    ("1 tenant, 1 number", ONE, false),
    ("2,000 tenants of 10 numbers", MANY, false),
    ("PostgreSQL: 1 tenant, 1 number", ONE, true),
    ("PostgreSQL: 2,000 tenants of 10 numbers", MANY, true),
];

/// Each gateway is started twice: at the second start its store is there, and nothing else begins beside it.
pub(super) async fn start() -> Result<Scene, Trouble> {
    let mut subjects = Vec::new();
    let (stage, mut database) = (Stage::set(MANY)?, Database::start().await?);
    for (name, brands, is_shared) in COLUMNS {
        let folder = stage.files_of(brands, name)?;
        let file = || format!("sqlite:{}", folder.join("store.db").display());
        let store = if is_shared { database.tables()? } else { file() };
        let start = || stage.node(this(), &folder, store.clone(), ALL);
        let first = sends(name, start()?);
        ready(&first).await?;
        drop(first);
        let beside = is_shared.then_some(database.first);
        let mut subject = Subject { brands, database: beside, ..sends(name, start()?) };
        subject.started = ready(&subject).await?;
        subjects.push(subject);
    }
    stage.scene(subjects, Vec::new(), database.kept()).await
}

/// Until it answers; then it lists templates for a while.
async fn ready(subject: &Subject) -> Result<Duration, Trouble> {
    let mut longest = Duration::ZERO;
    for server in &subject.servers {
        longest = longest.max(listening(server).await?);
    }
    rested(subject).await?;
    Ok(longest)
}

pub(super) fn table(measured: &Measured) -> String {
    let one = |own: &Samples| first_of_pair(&measured.servers, own);
    let rows: [Row<'_>; 6] = [
        ("messages/s", &|own| format!("{:.0}", median(&own.rate))),
        ("messages/s ÷ one tenant's", &|own| {
            against(one(own), own, |s| s.rate.iter().map(|rate| 1.0 / rate).collect())
        }),
        ("CPU µs a message", &|own| format!("{:.0}", median(&own.cpu))),
        ("messages a CPU-second ÷ one tenant's", &|own| against(one(own), own, |sample| sample.cpu.clone())),
        ("from start to first answer, ms", &|own| format!("{:.0}", own.started.as_secs_f64() * 1e3)),
        ("most memory, MiB", &|own| own.memory.to_string()),
    ];
    columns(&measured.servers, &rows)
}
