//! The tutorial of `docs/language.md`, followed to the letter: the files that it writes are checked by the program after every
//! step, and at the end they run.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::fences::{Fence, fences};
use super::root;
use crate::world::{Answer, Process, Scripted, Stub, TenantFile, World, provider, text_from, until, until_async};

fn page() -> Vec<Fence> {
    fences(&fs::read_to_string(root().join("docs/language.md")).unwrap())
}

fn of<'p>(page: &'p [Fence], kind: &str) -> Vec<&'p str> {
    page.iter().filter(|fence| fence.kind == kind).map(|fence| fence.text.as_str()).collect()
}

/// The mapping after each step. A step that begins with blanks goes on in what the one before ends with.
fn steps(page: &[Fence]) -> Vec<String> {
    let mut whole = String::new();
    let add = |step: &&str| {
        if !whole.is_empty() && !step.starts_with(' ') {
            whole.push('\n');
        }
        whole.push_str(step);
        whole.clone()
    };
    of(page, "yaml step").iter().map(add).collect()
}

/// Exit code and what is printed.
fn switchboard(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    let output = command.args(arguments).current_dir(folder).env_clear().output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout) + &text(output.stderr))
}

#[test]
fn every_step_does_what_the_tutorial_says() {
    let (page, folder) = (page(), tempfile::tempdir().unwrap());
    let own = |path: &str| folder.path().join(path);
    for name in ["mappings/samples", "mappings/schemas", "tenants"] {
        fs::create_dir_all(own(name)).unwrap();
    }
    let mut files = vec!["mappings/vonage.yaml".to_owned(), "mappings/vonage.cases.yaml".to_owned()];
    for name in ["mappings/samples", "mappings/schemas"] {
        let entries = fs::read_dir(root().join(name)).unwrap();
        files.extend(entries.map(|entry| format!("{name}/{}", entry.unwrap().file_name().to_str().unwrap())));
    }
    for file in &files {
        fs::copy(root().join(file), own(file)).unwrap();
    }

    let run = |arguments: &[&str]| switchboard(folder.path(), arguments);
    let steps = steps(&page);
    assert_eq!(steps.len(), 5);
    for (place, whole) in steps.iter().enumerate() {
        fs::write(own("mappings/lantern.yaml"), whole).unwrap();
        let (code, said) = run(&["check"]);
        if place == 0 {
            let shown = of(&page, "text check")[0];
            assert!(code == 1 && said.starts_with(shown), "the page must show:\n{said}");
        } else {
            assert!(code == 0 && said.contains(" 0 errors, 0 warnings"), "after step {}:\n{said}", place + 1);
        }
    }
    let (code, said) = run(&["fmt", "--check", "mappings/lantern.yaml"]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = run(&["test", "--coverage"]);
    assert!(code == 0 && said.contains("mappings/lantern.yaml: 8 of 8 cases passed"), "{said}");
    assert!(said.contains("no look-up had this row: opted_out"), "{said}");

    fs::write(own("tenants/lamp.yaml"), of(&page, "yaml step tenant")[0]).unwrap();
    let (code, said) = run(&["check"]);
    assert!(code == 0 && said.contains("2 mappings, 1 tenants: 0 errors, 0 warnings"), "{said}");
    fs::write(own("send.json"), sample(&page).to_string()).unwrap();
    let (code, said) = run(&["try", "--tenant", "lamp", "--request", "send.json"]);
    assert!(code == 0 && said.contains("send.message.to = \"6598114720\"") && said.contains("/v1/messages"), "{said}");
    let (code, said) = run(&["try", "--inbound", "Stop."]);
    assert!(code == 0 && said.contains("/lantern/optouts"), "{said}");
}

/// The request that the tutorial writes to `send.json`.
fn sample(page: &[Fence]) -> Value {
    let shell = of(page, "sh").into_iter().find(|shell| shell.contains("<<'JSON'")).unwrap();
    let text = shell.split_once("<<'JSON'\n").unwrap().1.split_once("JSON\n").unwrap().0;
    serde_json::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_tutorial_writes_runs() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290045")], provider()).await;
    let reports = Stub::start(vec![Scripted::new(200, json!({}))]).await;
    let process = Process::start(&world).await;
    let page = page();
    fs::write(world.mapping_path("lantern.yaml"), steps(&page).last().unwrap()).unwrap();
    // The tutorial's brand, with this world's addresses and secrets.
    let tenant = of(&page, "yaml step tenant")[0].to_owned();
    let (before, rest) = tenant.split_once("  vonage:\n").unwrap();
    let (_, after) = rest.split_once("settings:\n").unwrap();
    let other = world.brands[0].file.text();
    let own = &other[other.find("  vonage:").unwrap()..other.find("settings:").unwrap()];
    let changes = [
        ("LAMP_KEY", "ACME_KEY"),
        ("LAMP_TOKEN", "ACME_TOKEN"),
        ("http://127.0.0.1:9002", &reports.url),
        ("http://127.0.0.1:9001", &world.provider.url()),
    ];
    let text = changes.iter().fold(format!("{before}{own}settings:\n{after}"), |text, (from, to)| {
        assert!(text.contains(from), "{text}");
        text.replace(from, to)
    });
    fs::write(world.tenant_path("lamp"), text).unwrap();

    let body = sample(&page).to_string();
    let post = async |key: String| {
        let request = world.client.post(world.url("/lantern/messages")).bearer_auth(key);
        Answer::of(request.header("content-type", "application/json").body(body.clone())).await
    };
    let key = world.brands[0].file.value("KEY");
    until_async("it is served", async || post(key.clone()).await.status == 202).await;
    let answer = post(key).await;
    assert_eq!((answer.status, answer.body), (202, json!({"accepted": true, "message_id": "lt-7"})));
    until("the last report comes", || reports.asked().iter().any(|asked| asked.body["state"] == "READ")).await;
    let told = reports.asked();
    let states: Vec<&Value> = told.iter().map(|asked| &asked.body["state"]).collect();
    // A state that comes late is not said after a better one; the order always holds.
    let mut order = ["SENT", "DELIVERED", "READ"].into_iter();
    assert!(states.iter().all(|state| order.any(|word| *state == word)), "{states:?}");
    let token = world.brands[0].file.value("TOKEN");
    let right = told.iter().all(|asked| asked.path == "/lantern" && asked.headers["x-lantern-token"] == *token);
    assert!(right, "{told:?}");

    let wrong = post("guess".to_owned()).await;
    assert_eq!((wrong.status, &wrong.body["error"]["code"]), (401, &json!(10)));
    world.webhook("/webhooks/vonage/inbound", &text_from("6598114720", "6531290044", "in-1", "Stop.")).await;
    until("STOP is told", || reports.asked().iter().any(|asked| asked.path == "/lantern/optouts")).await;
    let told = reports.asked().into_iter().find(|asked| asked.path == "/lantern/optouts").unwrap();
    assert_eq!(told.body, json!({"recipient": "+6598114720", "opted_out": true}));
    assert!(process.terminate().await.success());
}
