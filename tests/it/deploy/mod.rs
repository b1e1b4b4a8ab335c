//! What is in `deploy`: each file is checked by whoever reads it, and a gateway is started with the very arguments and
//! environment that it gives. What that does not show stands in docs/deploying.md.

mod dry;
mod image;
mod watching;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use crate::world::{World, until_async};
use dry::Dry;

/// A file of the folder.
fn file(name: &str) -> String {
    std::fs::read_to_string(place(name)).unwrap()
}

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

/// The documents of a YAML file.
fn yaml(text: &str) -> Vec<Value> {
    text.split("\n---\n").map(|text| serde_yaml::from_str(text).unwrap()).collect()
}

/// A program that checks one of them.
fn tool(name: &str) -> PathBuf {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    let folder = TOOLS.get_or_init(|| {
        let output = Command::new(place("../tests/deploy/tools")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    });
    folder.join(name)
}

/// Runs it; what it says must be fine.
fn passes(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {said}");
    said
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Every value of a key of a unit, in order; lines that go on are not used.
fn unit(text: &str, key: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_unit_is_sound_and_starts() {
    let text = file("switchboard.service");
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_switchboard");
    if Command::new("systemd-analyze").arg("--version").output().is_ok_and(|output| output.status.success()) {
        let copy = folder.path().join("switchboard.service");
        std::fs::write(&copy, text.replace("/usr/local/bin/switchboard", program)).unwrap();
        let said = passes(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&copy));
        assert!(!said.contains("switchboard.service:"), "{said}");
        // In tenths, as the command has it: less than 2.0 of 10 is exposed.
        passes(Command::new("systemd-analyze").args(["security", "--offline=true", "--threshold=20"]).arg(&copy));
    }
    for (key, wanted) in [("DynamicUser", "yes"), ("NoNewPrivileges", "yes"), ("TimeoutStopSec", "70")] {
        assert_eq!(unit(&text, key), [wanted], "{key}");
    }
    let environment = unit(&text, "Environment").into_iter();
    let environment = environment.map(|pair| pair.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap());
    let started: Vec<String> = unit(&text, "ExecStart").remove(0).split(' ').map(str::to_owned).collect();
    for made in ["etc/tenants", "lib"] {
        std::fs::create_dir_all(folder.path().join(made)).unwrap();
    }
    passes(Command::new("cp").arg("-R").arg(place("../mappings")).arg(folder.path().join("etc/mappings")));
    let directory = unit(&text, "WorkingDirectory").remove(0);
    let mut dry = Dry::new(started, environment.collect(), Some(directory.into()));
    dry.put("/usr/local/bin/switchboard", program);
    dry.put("/etc/switchboard", folder.path().join("etc").to_str().unwrap());
    dry.put("/var/lib/switchboard", folder.path().join("lib").to_str().unwrap());
    let running = dry.start().await;
    running.is_ready().await;
    running.stop().await;
    assert!(folder.path().join("lib/switchboard.db").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_manifest_of_the_runtime_starts_and_wants_a_database() {
    let manifest = yaml(&file("vcr.yml")).remove(0);
    let instance = &manifest["instance"];
    let tables = crate::postgres::server::Tables::new();
    let world = World::new(Vec::new(), crate::world::provider()).await;
    // The package as it is uploaded.
    let package = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_switchboard"), package.path().join("switchboard")).unwrap();
    passes(Command::new("cp").arg("-R").arg(place("../mappings")).arg(package.path()));
    std::fs::create_dir(package.path().join("tenants")).unwrap();
    // Only the provider is another one: nothing leaves this machine.
    let base = format!("settings: {{ base_url: \"{}\", ", world.provider.url());
    let tenant = file("vcr.tenant.yaml").replace("settings: { ", &base);
    assert!(tenant.contains(&base));
    std::fs::write(package.path().join("tenants/acme.yaml"), tenant).unwrap();

    // What the runtime gives, and the secrets that are made.
    let port = crate::world::free_port();
    let secrets = world.secrets();
    let given = BTreeMap::from([
        ("VCR_PORT".to_owned(), port.to_string()),
        ("VCR_API_ACCOUNT_ID".to_owned(), secrets["ACCOUNT"].clone()),
        ("VCR_API_ACCOUNT_SECRET".to_owned(), "any".to_owned()),
        ("VCR_API_APPLICATION_ID".to_owned(), secrets["APPLICATION"].clone()),
        ("VCR_PRIVATE_KEY".to_owned(), secrets["PEM"].clone()),
    ]);
    let made = BTreeMap::from([
        ("SWITCHBOARD_STORE", tables.url().to_owned()),
        ("VONAGE_SIGNATURE_SECRET", secrets["SIGNATURE"].clone()),
    ]);
    let environment = |with_secrets: bool| {
        let listed = instance["environment"].as_array().unwrap().iter().filter_map(|entry| {
            let name = entry["name"].as_str().unwrap();
            let value = match entry["secret"].as_str() {
                Some(secret) => with_secrets.then(|| made[secret].clone())?,
                None => entry["value"].as_str().unwrap().to_owned(),
            };
            Some((name.to_owned(), value))
        });
        let path = ("PATH".to_owned(), std::env::var("PATH").unwrap());
        let loopback = ("SWITCHBOARD_ALLOW_LOOPBACK".to_owned(), "true".to_owned());
        given.clone().into_iter().chain(listed).chain([path, loopback]).collect::<BTreeMap<_, _>>()
    };
    let entrypoint = texts(&instance["entrypoint"]);
    let without = Command::new(&entrypoint[0])
        .args(&entrypoint[1..])
        .env_clear()
        .envs(environment(false))
        .current_dir(package.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&without.stderr);
    assert!(!without.status.success() && said.contains("is the secret of that name made?"), "{said}");

    let mut dry = Dry::new(entrypoint, environment(true), Some(package.path().to_owned()));
    dry.put("0.0.0.0:", "127.0.0.1:");
    let running = dry.start().await;
    let health = format!("http://127.0.0.1:{port}{}", instance["health-check-path"].as_str().unwrap());
    until_async("it answers where the runtime asks", async || {
        world.client.get(&health).send().await.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    running.logged("configuration loaded", "tenants", 1).await;
    running.stop().await;
    // Several may have the database.
    assert!(instance["scaling"]["max-scale"].as_u64().unwrap() > 1);
}

#[test]
fn the_manifests_are_valid_and_locked_down() {
    let path = place("kubernetes.yaml");
    let said = passes(Command::new(tool("python/bin/kubernetes-validate")).arg("--strict").arg(&path));
    let documents = yaml(&file("kubernetes.yaml"));
    assert_eq!(said.matches(" passed ").count(), documents.len(), "{said}");
    let of = |kind: &str| documents.iter().find(|document| document["kind"] == kind).unwrap();
    let pod = &of("Deployment")["spec"]["template"];
    assert_eq!(pod["spec"]["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["spec"]["terminationGracePeriodSeconds"], 70);
    let containers = ["initContainers", "containers"].map(|of| pod["spec"][of].as_array().unwrap());
    for container in containers.into_iter().flatten() {
        let security = &container["securityContext"];
        assert_eq!(security["readOnlyRootFilesystem"], true, "{container}");
        assert_eq!(security["allowPrivilegeEscalation"], false, "{container}");
        assert_eq!(security["capabilities"]["drop"][0], "ALL", "{container}");
    }
    for document in documents.iter().filter(|document| document["kind"] != "Deployment") {
        let spec = &document["spec"];
        let selector = spec["selector"].get("matchLabels").unwrap_or(&spec["selector"]);
        assert_eq!(*selector, pod["metadata"]["labels"], "{document}");
    }
    assert_eq!(pod["metadata"]["annotations"]["prometheus.io/port"], "8081");
}
