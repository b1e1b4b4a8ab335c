//! A gateway whose disk is full, sick, slow or read-only: told "later" or told at the start, and nothing acknowledged is
//! lost.

use std::path::Path;

use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;

use super::disk::{Told, read};
use super::layer::under;
use crate::world::{
    Answer, Process, TenantFile, World, order, person, provider, sample, text_from, until, until_async,
};

/// A world whose gateway has the layer under it, and the switches of its disk.
struct Bench {
    world: World,
    switches: TempDir,
}

impl Bench {
    async fn new(rate: &str) -> Self {
        let file = TenantFile::moengage("acme", "6531290044").rate(rate);
        let world = World::new(vec![file.line("delivery: { in_doubt: { wait: 2s } }")], provider()).await;
        Self { world, switches: tempfile::tempdir().unwrap() }
    }

    fn on(&self, switch: &str) {
        std::fs::write(self.switches.path().join(switch), "").unwrap();
    }

    fn off(&self, switch: &str) {
        std::fs::remove_file(self.switches.path().join(switch)).unwrap();
    }

    fn begin(&self, log: Option<&Path>) -> Process {
        let mut command = Process::command(&self.world);
        under(&mut command, self.world.folder());
        command.env("POWER_SWITCHES", self.switches.path());
        command.envs(log.map(|log| ("POWER_LOG", log)));
        Process::begin(command)
    }

    async fn start(&self) -> Process {
        let process = self.begin(None);
        process.listening(&self.world).await;
        process
    }

    async fn send(&self, id: &str, place: u64) -> Answer {
        let brand = &self.world.brands[0];
        self.world.send(brand, &order(brand, id, &person(brand, place))).await
    }

    /// Sends until it is refused: those accepted before, and the refusal.
    async fn until_refused(&self) -> (Vec<String>, Answer) {
        let mut accepted = Vec::new();
        loop {
            let place = u64::try_from(accepted.len()).unwrap();
            let id = format!("m-{place}");
            let answer = self.send(&id, place).await;
            if answer.status != 200 {
                return (accepted, answer);
            }
            accepted.push(id);
            assert!(accepted.len() < 10_000, "the disk takes everything");
        }
    }

    async fn all_are_read(&self, ids: &[String]) {
        let brand = &self.world.brands[0];
        until("all are read", || ids.iter().all(|id| World::is_read(brand, id))).await;
        assert_eq!(self.world.provider.journal().summary().duplicated, 0);
    }
}

/// While the disk takes nothing both sides are told "later"; once it does, life goes on without a restart.
async fn later_until_it_is_over(switch: &str) {
    let bench = Bench::new("1000/s").await;
    let process = bench.start().await;
    let mut accepted = Vec::new();
    for place in 0..20 {
        let id = format!("before-{place}");
        assert_eq!(bench.send(&id, 100 + place).await.status, 200);
        accepted.push(id);
    }
    bench.on(switch);
    let (more, answer) = bench.until_refused().await;
    assert_eq!((answer.status, &answer.body), (503, &sample("moengage.response.failure.overloaded.json")));
    assert!(answer.header("retry-after").is_some());
    accepted.extend(more);
    let text = text_from(&person(&bench.world.brands[0], 900), "6531290044", "in-1", "STOP");
    let webhook = async || bench.world.webhook("/webhooks/vonage/inbound", &text).await.status;
    until_async("a webhook is asked for again", async || webhook().await == 503).await;
    bench.off(switch);
    until_async("it is taken", async || webhook().await == 200).await;
    until_async("sends are too", async || bench.send("after", 500).await.status == 200).await;
    accepted.push("after".to_owned());
    process.kill();
    let process = bench.start().await;
    bench.all_are_read(&accepted).await;
    assert_eq!(bench.send("stopped", 900).await.status, 200);
    let told = || World::words(&bench.world.brands[0], "stopped").last().is_some_and(|word| word == "failed");
    until("the opt-out holds", told).await;
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_means_later() {
    later_until_it_is_over("full").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_cannot_sync_means_later() {
    later_until_it_is_over("sick").await;
}

/// A slow disk costs time: everybody waits for it, and they share its syncs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_disk_is_shared() {
    let bench = Bench::new("1000/s").await;
    let log = bench.switches.path().join("log");
    let process = bench.begin(Some(&log));
    process.listening(&bench.world).await;
    bench.on("slow");
    let syncs = || {
        let records = read(&std::fs::read(&log).unwrap());
        records.iter().filter(|record| matches!(record.told, Told::Synced)).count()
    };
    let before = syncs();
    let ids: Vec<String> = (0..100).map(|place| format!("m-{place}")).collect();
    let answers = join_all(ids.iter().zip(0..).map(|(id, place)| bench.send(id, place))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let made = syncs() - before;
    assert!(made < 100, "{made} syncs for 100 messages");
    bench.off("slow");
    process.kill();
    let process = bench.start().await;
    let brand = &bench.world.brands[0];
    until("all are read", || ids.iter().all(|id| World::is_read(brand, id))).await;
    assert!(process.terminate().await.success());
}

/// What cannot be opened is told at once, with the file and what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_on_a_disk_that_takes_nothing_says_so() {
    for (switch, word) in [("read-only", "ead-only"), ("full", "full"), ("sick", "I/O")] {
        let bench = Bench::new("1/s").await;
        bench.on(switch);
        let mut process = bench.begin(None);
        assert_eq!(process.ended().await.code(), Some(1), "{switch}");
        let file = bench.world.folder().join("switchboard.db").display().to_string();
        let says = |text: &str| [word, &file, "--store sqlite:PATH"].iter().all(|part| text.contains(part));
        until(&format!("{switch} is told"), || says(&process.text().join("\n"))).await;
        bench.off(switch);
        let process = bench.start().await;
        assert_eq!(bench.send("now", 1).await.body, json!({"status": "success"}), "{switch}");
        assert!(process.terminate().await.success());
    }
}
