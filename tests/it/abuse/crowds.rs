//! Callers who are many: each of these has the house for itself, but for the neighbour.

use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::stage::{CONNECTIONS, PER_SOURCE, Stage, connect, one, request, rest};
use super::{Attack, attack};
use crate::world::{GUARD, Process, TenantFile, World, order, person, provider, until, until_async};

/// Connections of one source that say nothing.
async fn idle(stage: &Stage, count: usize) -> Vec<TcpStream> {
    let source = stage.source();
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(stage.connect_from(source).await);
    }
    all
}

/// How many of them are still open.
async fn open(all: &mut [TcpStream]) -> usize {
    let mut open = 0;
    for stream in all {
        let asked = stream.write_all(b"GET /_/health HTTP/1.1\r\nHost: x\r\n\r\n").await.is_ok();
        open += usize::from(asked && one(stream).await.statuses() == [200]);
    }
    open
}

/// Connections that were closed because others came, or since their source had enough.
async fn closed(stage: &Stage) -> f64 {
    let mut all = 0.0;
    for why in ["displaced", "surplus"] {
        let series = format!("switchboard_connections_closed_total{{listener=\"public\",why=\"{why}\"}}");
        all += stage.metric(&series).await;
    }
    all
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!(
        "a thousand idle connections of one address",
        "as many as `per_source` stay; the longest idle go, or the newcomer",
        |stage| {
            let before = closed(&stage).await;
            let mut all = idle(&stage, 1000).await;
            stage.passes_meanwhile().await;
            assert!(open(&mut all).await <= PER_SOURCE + 1);
            let closed = closed(&stage).await - before;
            assert!(closed >= 900.0, "{closed}");
        }
    ),
    attack!(
        "idle connections of fifty addresses, more than there are places",
        "the longest idle go for newcomers",
        |stage| {
            let mut all = Vec::new();
            for _ in 0..50 {
                all.extend(idle(&stage, 10).await);
            }
            stage.passes_meanwhile().await;
            assert!(open(&mut all).await <= CONNECTIONS);
            stage.passes_meanwhile().await;
        }
    ),
    attack!("slow heads of more connections than there are places", "cut after `head`, or go for newcomers", |stage| {
        let mut all = Vec::new();
        for _ in 0..10 {
            for mut stream in idle(&stage, 20).await {
                let _ = stream.write_all(b"POST /webhooks/send HTTP/1.1\r\nHost: ").await;
                all.push(stream);
            }
        }
        stage.passes_meanwhile().await;
        for stream in &mut all {
            rest(stream).await.is_cut();
        }
    }),
    attack!(
        "slow bodies of more connections than there are places",
        "408 after `body`, or go for newcomers",
        |stage| {
            let begun = String::from_utf8(stage.post("Content-Length: 200000\r\n", " ")).unwrap();
            let mut all = Vec::new();
            for _ in 0..10 {
                for mut stream in idle(&stage, 20).await {
                    let _ = stream.write_all(begun.as_bytes()).await;
                    all.push(stream);
                }
            }
            stage.passes_meanwhile().await;
            for stream in &mut all {
                rest(stream).await.is_cut_or(&[408]);
            }
        }
    ),
    attack!("connections opened and reset, a thousand times", "nothing is left of them", |stage| {
        for _ in 0..1000 {
            let stream = stage.connect().await;
            stream.set_zero_linger().unwrap();
        }
    }),
    attack!("two thousand requests at once on one connection", "answered in their order", |stage| {
        let mut stream = stage.connect().await;
        let ask = "GET /_/health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2000);
        let last = "GET /_/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let (mut reader, mut writer) = stream.split();
        let mut seen = Vec::new();
        let write = async { writer.write_all(format!("{ask}{last}").as_bytes()).await };
        let (written, read) = tokio::join!(write, tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut seen));
        assert!(written.is_ok() && read.is_ok());
        assert_eq!(String::from_utf8_lossy(&seen).matches("HTTP/1.1 200").count(), 2001);
    }),
    attack!("requests without end, whose answers are not read", "cut after `answer`", |stage| {
        let mut stream = stage.connect().await;
        let ask = "GET /_/health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
        // Until neither side's buffers take any more, and then the gateway's patience ends.
        let mut written = 0_u64;
        while stream.write_all(ask.as_bytes()).await.is_ok() {
            written += 1000;
            assert!(written < 10_000_000, "nobody stops this caller");
        }
    }),
    attack!("a hundred bodies of 256 KiB at once", "taken or told \"later\"; the memory is bounded", |stage| {
        let body = vec![b' '; 256 << 10];
        let all = (0..100).map(|_| async {
            let request = stage.post("", &body);
            stage.says(request).await.is_cut_or(&[400, 413, 503]);
        });
        join_all(all).await;
    }),
    attack!("a hundred bodies that unpack to 256 KiB, at once", "refused; the memory is bounded", |stage| {
        let mut packed = Vec::new();
        let content = vec![b' '; 256 << 10];
        let mut encoder = flate2::bufread::GzEncoder::new(&content[..], flate2::Compression::best());
        std::io::Read::read_to_end(&mut encoder, &mut packed).unwrap();
        let all = (0..100).map(|_| async {
            stage.says(stage.post("Content-Encoding: gzip\r\n", &packed)).await.is(&[400, 503]);
        });
        join_all(all).await;
    }),
    attack!(
        "five hundred requests with wrong keys at once",
        "refused or told \"later\"; the neighbour goes on",
        |stage| {
            for wave in 0..10 {
                let all = (0..50).map(|place| {
                    let proof = Stage::basic("x", &format!("wrong-{wave}-{place}"));
                    stage.says(request("/webhooks/send", &proof, "{}"))
                });
                for came in join_all(all).await {
                    came.is(&[401]);
                }
            }
        }
    ),
    attack!(
        "more connections than the system gives the process descriptors",
        "idle ones go; the store and calls have theirs",
        |_stage| {
            few_descriptors().await;
        }
    ),
];

/// A gateway of its own with 160 descriptors, and twice as many idle connections: its brand goes on.
async fn few_descriptors() {
    let mut world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    // A kept connection is an idle one too: it may be told to go in the moment in which its next request leaves.
    world.client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(GUARD).build().unwrap();
    let asked = Process::command(&world);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 160 && exec \"$0\" \"$@\""]).arg(asked.get_program()).args(asked.get_args());
    command.env_clear().envs(asked.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let process = Process::begin(command);
    process.listening(&world).await;
    process
        .logged("fewer connections", |line| line["message"].to_string().contains("room for fewer connections"))
        .await;
    let (brand, public) = (&world.brands[0], world.url("").replace("http://", "").parse().unwrap());
    let first = order(brand, "first", &person(brand, 0));
    until_async("it can send", async || world.send(brand, &first).await.status == 200).await;
    let mut idle = Vec::new();
    for place in 0..320_u16 {
        let [high, low] = place.to_be_bytes();
        idle.push(connect(public, Ipv4Addr::new(127, 11, high, low).into()).await);
    }
    // Who has just come is spared: from now on these are not.
    tokio::time::sleep(Duration::from_millis(500)).await;
    for place in 1..=20 {
        let (id, to) = (format!("few-{place}"), person(brand, place));
        assert_eq!(world.send(brand, &order(brand, &id, &to)).await.status, 200, "{id}");
        until("it is sent", || world.taken(&to).len() == 1).await;
    }
    drop(idle);
    assert!(process.terminate().await.success());
}
