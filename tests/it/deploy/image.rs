//! The image without whoever builds it: the folder that it is made of, entered by `chroot` where the test may, with the
//! arguments and the environment of the containers over it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command};

use serde_json::Value;

use super::dry::Dry;
use super::{file, passes, place, texts, tool, yaml};
use crate::postgres::proxy::Proxy;
use crate::postgres::server::{Server, run};
use crate::world::{free_port, until_async};

/// The last stage of the Dockerfile: what is set, and what is run.
struct Stage {
    environment: BTreeMap<String, String>,
    entrypoint: Vec<String>,
    user: String,
}

impl Stage {
    fn read() -> Self {
        let text = file("Dockerfile").replace("\\\n", " ");
        let (build, last) = text.split_once("\nFROM scratch\n").expect("the last stage is from scratch");
        // What is copied is what the script made, which the test has made too.
        assert!(
            build.contains("deploy/image target/dist/switchboard /image")
                && last.contains("COPY --from=build /image/ /")
        );
        let line = |word: &str| last.lines().find_map(|line| line.strip_prefix(word)).unwrap().trim();
        let pairs = line("ENV ").split_whitespace().map(|pair| pair.split_once('=').unwrap());
        Self {
            environment: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            entrypoint: serde_json::from_str(line("ENTRYPOINT ")).unwrap(),
            user: line("USER ").to_owned(),
        }
    }

    /// Started in that folder as a container is, with these arguments.
    fn dry(&self, root: &Path, arguments: &[String], more: BTreeMap<String, String>) -> Dry {
        let mut environment = self.environment.clone();
        environment.extend(more);
        let program = format!("{}{}", root.display(), self.entrypoint[0]);
        let within = |mut started: Vec<String>| {
            started.extend(arguments.iter().cloned());
            started
        };
        if passes(Command::new("id").arg("-u")).trim() == "0" {
            let user = format!("--userspec={}", self.user);
            let chroot = ["/usr/sbin/chroot".to_owned(), user, root.display().to_string(), self.entrypoint[0].clone()];
            return Dry::new(within(chroot.into()), environment, None);
        }
        // Else by its own loader and libraries, outside.
        let loader = format!("{}/lib64/ld-linux-x86-64.so.2", root.display());
        let libraries = format!("{}/lib/x86_64-linux-gnu", root.display());
        let mut dry =
            Dry::new(within(vec![loader, "--library-path".to_owned(), libraries, program]), environment, None);
        dry.put("/etc/switchboard", &format!("{}/etc/switchboard", root.display()));
        dry
    }
}

/// `${NAME:?why}`, as compose reads it.
fn interpolated(text: &str, values: &BTreeMap<&str, &str>) -> String {
    let variable = regex::Regex::new(r"\$\{([A-Z_]+):\?[^}]*\}").unwrap();
    let filled = variable.replace_all(text, |found: &regex::Captures<'_>| values[&found[1]].to_owned()).into_owned();
    assert!(!filled.contains("${"), "{filled}");
    filled
}

/// The containers of the gateway: arguments and environment of the one that makes the tables, and of the one that serves.
fn composed(values: &BTreeMap<&str, &str>) -> [(Vec<String>, BTreeMap<String, String>); 2] {
    let compose = yaml(&file("compose.yaml")).remove(0);
    let service = |name: &str| {
        let service = &compose["services"][name];
        assert_eq!(service["read_only"], true, "{name}");
        let environment = service["environment"].as_object().unwrap().iter();
        let environment =
            environment.map(|(name, value)| (name.clone(), interpolated(value.as_str().unwrap(), values)));
        (texts(&service["command"]), environment.collect())
    };
    ["migrate", "gateway"].map(service)
}

fn orchestrated(values: &BTreeMap<&str, &str>) -> [(Vec<String>, BTreeMap<String, String>); 2] {
    let documents = yaml(&file("kubernetes.yaml"));
    let pod = &documents.iter().find(|document| document["kind"] == "Deployment").unwrap()["spec"]["template"]["spec"];
    ["initContainers", "containers"].map(|of| {
        let container = &pod[of][0];
        assert_eq!(container["envFrom"][0]["secretRef"]["name"], "switchboard");
        // The secret, as the head of the file has it made.
        let secret = [
            (
                "SWITCHBOARD_STORE",
                format!("postgres://switchboard:{}@postgres/switchboard", values["POSTGRES_PASSWORD"]),
            ),
            ("SWITCHBOARD_ADMIN_TOKEN", values["SWITCHBOARD_ADMIN_TOKEN"].to_owned()),
        ];
        let own = container["env"].as_array().into_iter().flatten();
        let own = own.map(|pair| (pair["name"].as_str().unwrap(), pair["value"].as_str().unwrap().to_owned()));
        let environment = secret.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value));
        (texts(&container["args"]), environment.collect())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_image_has_what_it_needs_and_its_containers_start() {
    let stage = Stage::read();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    passes(Command::new(place("image")).arg(env!("CARGO_BIN_EXE_switchboard")).arg(&root));
    for none in ["bin/sh", "usr/bin/env", "usr/bin/apt-get"] {
        assert!(!root.join(none).exists(), "{none}");
    }
    let server = Server::own();
    let admin = server.url("public");
    let network = Proxy::to(&admin).await;
    let values = BTreeMap::from([("POSTGRES_PASSWORD", "any"), ("SWITCHBOARD_ADMIN_TOKEN", crate::world::ADMIN_TOKEN)]);
    run(&admin, "CREATE DATABASE switchboard").unwrap();
    for [(migrate, its), (serve, theirs)] in [composed(&values), orchestrated(&values)] {
        let dry = |arguments: &[String], environment: BTreeMap<String, String>| {
            let mut dry = stage.dry(&root, arguments, environment);
            dry.put("@postgres/", &format!("@{}/", network.address()));
            dry
        };
        passes(&mut dry(&migrate, its).command());
        let running = dry(&serve, theirs).start().await;
        running.is_ready().await;
        balanced(running.public, running.admin).await;
        running.stop().await;
    }
}

/// The load balancer in front of that gateway, with its own file; only where it finds the gateways is this machine's.
async fn balanced(public: u16, admin: u16) {
    let port = free_port();
    let text = file("haproxy.cfg")
        .replace("bind :8080", &format!("bind 127.0.0.1:{port}"))
        .replace("check port 8081 inter 2s", &format!("check port {admin} inter 200ms"))
        .replace("server-template gateway 8 gateway:8080", &format!("server gateway 127.0.0.1:{public}"));
    assert!(text.contains(&format!("127.0.0.1:{public}")) && text.contains(&format!("port {admin}")));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haproxy.cfg");
    std::fs::write(&path, text).unwrap();
    passes(Command::new(tool("haproxy")).arg("-c").arg("-f").arg(&path));
    passes(Command::new(tool("haproxy")).arg("-c").arg("-f").arg(place("haproxy.cfg")));
    let _balancer = Balancer(Command::new(tool("haproxy")).arg("-db").arg("-f").arg(&path).spawn().unwrap());
    let (client, url) = (reqwest::Client::new(), format!("http://127.0.0.1:{port}/_/health"));
    until_async("a request comes through", async || {
        client.get(&url).send().await.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
}

/// It goes with its test, however that ends.
struct Balancer(Child);

impl Drop for Balancer {
    fn drop(&mut self) {
        // Best effort: one that has ended cannot be stopped.
        let _stopped = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn the_composition_has_what_it_speaks_of() {
    let compose = yaml(&file("compose.yaml")).remove(0);
    let services = compose["services"].as_object().unwrap();
    for (name, service) in services {
        let needs: Vec<String> = match &service["depends_on"] {
            Value::Object(needs) => needs.keys().cloned().collect(),
            Value::Array(_) => texts(&service["depends_on"]),
            _ => Vec::new(),
        };
        assert!(needs.iter().all(|need| services.contains_key(need)), "{name}: {needs:?}");
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let from = volume.as_str().unwrap().split_once(':').unwrap().0;
            // The operator's own tenants are not in the repository.
            let there = compose["volumes"].get(from).is_some() || from == "./tenants" || place(from).exists();
            assert!(there, "{name}: {from}");
        }
    }
    assert_eq!(services["gateway"]["stop_grace_period"], "70s");
    assert_eq!(services["gateway"]["cap_drop"][0], "ALL");
    assert_eq!(services["gateway"]["build"]["dockerfile"], "deploy/Dockerfile");
}
