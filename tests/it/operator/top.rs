//! `switchboard top` at a real gateway: one frame for a pipe, and frames on a real terminal, which `script` makes.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{acme, command, silent};
use crate::world::{ADMIN_TOKEN, TenantFile, World, order, person, provider, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_frame_is_printed_for_a_pipe() {
    let world = World::new(vec![acme(), TenantFile::webengage("globex", "919845013377")], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    for place in 0..3 {
        let id = format!("m-{place}");
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200);
    }
    until("all are at the provider", || world.provider.journal().summary().accepted == 3).await;
    world.quiet(&gateway).await;
    assert_eq!(command(&gateway, &["pause", "globex", "--reason", "a test"]).await.code, 0);
    let came = command(&gateway, &["top", "--once"]).await;
    assert_eq!(came.code, 0, "{}", came.err);
    let lines: Vec<&str> = came.out.lines().collect();
    assert!(lines[0].starts_with("switchboard  20") && lines[0].contains("2 tenants"), "{}", came.out);
    let cells: Vec<&str> = lines[2].split_whitespace().collect();
    assert_eq!((cells[0], cells[3], cells[6], cells.len()), ("acme", "0", "3", 12), "{}", came.out);
    assert_eq!(lines[4..], ["globex: paused"], "{}", came.out);
    assert!(!came.out.contains('\u{1b}'), "no colour in a pipe");
    let one = command(&gateway, &["top", "--once", "--tenant", "acme"]).await;
    assert_eq!(one.out.lines().count(), 3, "{}", one.out);
    let json = command(&gateway, &["top", "--json"]).await.json();
    assert_eq!(json["tenants"][0]["lately"]["submitted"], 3);
    let piped = command(&gateway, &["top"]).await;
    assert!(piped.code == 2 && piped.err.contains("--once"), "{}", piped.err);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_shows_frames_until_a_key_ends_them() {
    let world = World::new(vec![acme()], silent()).await;
    let gateway = world.gateway().await;
    let admin = format!("http://{}", gateway.admin_address().unwrap());
    let terminal = move |colour: &'static str| {
        let top =
            format!("stty rows 24 cols 80; {} top; echo ended with $?; stty -a", env!("CARGO_BIN_EXE_switchboard"));
        let mut script = Command::new("script");
        script
            .args(["-qec", &top, "/dev/null"])
            .env("SWITCHBOARD_ADMIN", &admin)
            .env("SWITCHBOARD_ADMIN_TOKEN", ADMIN_TOKEN);
        script.env("NO_COLOR", colour).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().unwrap();
        // Long enough for a second look at the gateway.
        std::thread::sleep(Duration::from_millis(2500));
        let mut keys = child.stdin.take().unwrap();
        keys.write_all(b"s").unwrap();
        std::thread::sleep(Duration::from_millis(300));
        keys.write_all(b"q").unwrap();
        let output = child.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let coloured = terminal.clone();
    let seen = tokio::task::spawn_blocking(move || coloured("")).await.unwrap();
    let frames = seen.matches("\u{1b}[Hswitchboard  ").count();
    assert!(frames >= 3, "{frames} frames: {seen:?}");
    assert!(seen.contains("\u{1b}[1mTENANTv ") && seen.contains("q quit   s sort"), "{seen:?}");
    assert!(seen.contains(" RATE/Sv "), "sorted by the next column: {seen:?}");
    let left = seen.split("\u{1b}[?1049l").nth(1).unwrap();
    assert!(left.contains("ended with 0"), "{left}");
    assert!(left.contains(" icanon") && left.contains(" echo "), "the terminal is as it was: {left}");
    let plain = tokio::task::spawn_blocking(move || terminal("1")).await.unwrap();
    assert!(plain.contains("TENANTv ") && !plain.contains("\u{1b}[1m"), "{plain:?}");
    gateway.stop().await;
}
