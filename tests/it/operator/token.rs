//! Where the token comes from, and what a command says that has none, a wrong one, or nobody to ask.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use switchboard::app::{Gateway, Options};

use super::{acme, command, typed};
use crate::postgres::server::Tables;
use crate::world::{Process, World, free_port, provider, until_async};

/// A gateway without a configured token; its standard output is read.
async fn started(world: &World) -> (Child, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.env_clear().envs(world.secrets()).arg("serve").args(Process::arguments(world));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let url = world.url("/_/health");
    until_async("the gateway listens", async || world.client.get(&url).send().await.is_ok()).await;
    // It listens before it says so, and has said all when it ends by itself.
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).collect();
    // What is said of the development setting that every gateway of a test has.
    let told = lines.iter().take_while(|line| line.starts_with(['*', ' '])).count();
    assert!(told > 2 && lines[..told].concat().contains("For development only"), "{lines:?}");
    let lines = lines[told..].to_vec();
    child.wait().unwrap();
    (child, lines)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_made_at_the_first_start_and_shown_once() {
    let world = World::new(vec![acme()], provider()).await;
    let (_child, lines) = started(&world).await;
    let token = lines[0].rsplit(' ').next().unwrap().to_owned();
    assert!(lines[0].contains("shown this once") && token.starts_with("swb_") && token.len() > 40, "{lines:?}");
    assert_eq!(started(&world).await.1, [""; 0], "never again");
    let file = std::fs::read(world.folder().join("switchboard.db")).unwrap();
    assert!(!file.windows(token.len()).any(|part| part == token.as_bytes()), "only its hash is kept");

    let gateway = Gateway::start(Options { admin_token: None, ..world.options() });
    let gateway = gateway.await.unwrap();
    assert!(gateway.made_token().is_none());
    let admin = format!("http://{}", gateway.admin_address().unwrap());
    let ledger = ["ledger", "--admin", &admin];
    assert_eq!(typed(&ledger, &[("SWITCHBOARD_ADMIN_TOKEN", &token)]).await.code, 0);
    let wrong = command(&gateway, &["ledger"]).await;
    assert!(wrong.code == 1 && wrong.err.contains("the token is wrong"), "{}", wrong.err);
    gateway.stop().await;

    // A configured one is the only one.
    let gateway = world.gateway().await;
    let admin = format!("http://{}", gateway.admin_address().unwrap());
    assert_eq!(command(&gateway, &["ledger"]).await.code, 0);
    assert_eq!(typed(&["ledger", "--admin", &admin], &[("SWITCHBOARD_ADMIN_TOKEN", &token)]).await.code, 1);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_says_why_it_cannot_ask() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let public = world.url("");
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let good = ("SWITCHBOARD_ADMIN_TOKEN", crate::world::ADMIN_TOKEN);
    for (arguments, environment, code, part) in [
        (&["ledger"][..], &[][..], 2, "SWITCHBOARD_ADMIN_TOKEN is not set"),
        (&["ledger"], &[("SWITCHBOARD_ADMIN_TOKEN", "short")], 2, "at least 16"),
        (&["ledger", "--admin", &nobody], &[good], 1, "is the gateway running"),
        (&["ledger", "--admin", &public], &[good], 1, "no admin listener"),
        (&["ledger", "--admin", "file:///etc"], &[good], 2, "no http or https URL"),
        (&["ledger", "--admin", "here"], &[good], 2, "--admin"),
        (&["redrive", "--kind", "letters"], &[good], 2, "possible values: call, report, status, inbound"),
    ] {
        let came = typed(arguments, environment).await;
        assert!(came.code == code && came.err.contains(part), "{arguments:?}: {} {}", came.code, came.err);
    }
    for arguments in [&["redrive", "--rate", "fast"][..], &["redrive", "--since", "then"]] {
        let came = command(&gateway, arguments).await;
        assert!(came.code == 2 && came.err.contains('`'), "{arguments:?}: {} {}", came.code, came.err);
    }
    let options = typed(&["serve"], &[("SWITCHBOARD_ADMIN_TOKEN", "with white space in it")]).await;
    assert!(options.code == 2 && options.err.contains("without white space") && !options.err.contains("space in"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_over_one_database_know_each_others_tokens() {
    let tables = Tables::new();
    let world = crate::postgres::world(&tables, acme(), provider()).await;
    let one_more = || {
        let listen = ([127, 0, 0, 1], free_port()).into();
        Gateway::start(Options { listen, admin_token: None, ..world.options() })
    };
    let (first, second) = tokio::join!(one_more(), one_more());
    let (first, second) = (first.unwrap(), second.unwrap());
    let made: Vec<_> = [&first, &second].into_iter().filter_map(Gateway::made_token).collect();
    assert_eq!(made.len(), 1, "who starts at the same time shows one token, which is good");
    let chief = made[0].expose().to_owned();
    let ask = async |gateway: &Gateway, token: &str, arguments: &[&str]| {
        let admin = format!("http://{}", gateway.admin_address().unwrap());
        typed(arguments, &[("SWITCHBOARD_ADMIN", &admin), ("SWITCHBOARD_ADMIN_TOKEN", token)]).await
    };
    let good = async |gateway: &Gateway, token: &str| ask(gateway, token, &["ledger"]).await.code == 0;
    until_async("both know the first", async || good(&first, &chief).await && good(&second, &chief).await).await;

    let made = ask(&first, &chief, &["token", "make", "eve", "--role", "read", "--json"]).await;
    let eve = made.json()["token"].as_str().unwrap().to_owned();
    assert!(good(&first, &eve).await, "{}", made.err);
    until_async("the other knows it", async || good(&second, &eve).await).await;
    assert_eq!(ask(&second, &chief, &["token", "revoke", "eve"]).await.code, 0);
    assert!(!good(&second, &eve).await);
    until_async("the other refuses it", async || !good(&first, &eve).await).await;
    first.stop().await;
    second.stop().await;
}
