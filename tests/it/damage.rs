//! Damage: requests broken at random places, and a disk that takes nothing more.

use rand::{Rng, SeedableRng};
use serde_json::json;
use switchboard::sim::platform::Credentials;
use switchboard::sim::stage::ACCOUNT;

use crate::world::{
    Answer, Brand, Process, TenantFile, World, order, person, provider, sample, signed, text_from, until, until_async,
};

const STATUS: &str = "/webhooks/vonage/status";

fn tenants() -> Vec<TenantFile> {
    vec![TenantFile::moengage("acme", "6531290044"), TenantFile::webengage("bandra", "919845013377")]
}

/// A request as bytes, with a tenant's good credentials.
async fn raw(world: &World, brand: usize, body: impl Into<reqwest::Body>) -> Answer {
    let file = &world.brands[brand].file;
    let request = world.client.post(world.url(file.path())).header("content-type", "application/json");
    let request = match file.credentials() {
        Credentials::Basic { username, password } => request.basic_auth(username, Some(password)),
        Credentials::Bearer(token) => request.bearer_auth(token),
        Credentials::Headers(_) => unreachable!("no tenant of these tests has headers"),
    };
    Answer::of(request.body(body)).await
}

/// Requests broken at random places, by a fixed seed: any answer but a broken connection, and life goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_damage_breaks_nothing() {
    let world = World::new(tenants(), provider()).await;
    let process = Process::start(&world).await;
    let mut dice = rand::rngs::StdRng::seed_from_u64(7);
    for round in 0..150 {
        let brand = &world.brands[round % 2];
        let mut body = order(brand, &format!("r-{round}"), &person(brand, 1)).to_string().into_bytes();
        for _ in 0..dice.random_range(1..4) {
            let place = dice.random_range(0..body.len());
            match dice.random_range(0..3) {
                0 => body[place] = dice.random(),
                1 => drop(body.remove(place)),
                _ => body.truncate(place.max(1)),
            }
        }
        let answer = raw(&world, round % 2, body.clone()).await;
        assert!([200, 400].contains(&answer.status), "{answer:?} to {}", String::from_utf8_lossy(&body));
        let token = signed(ACCOUNT.1, &body);
        let request = world.client.post(world.url(STATUS)).bearer_auth(token).body(body);
        assert_eq!(Answer::of(request).await.status, 200, "a signed webhook is kept");
    }
    for brand in &world.brands {
        let id = format!("after-all-{}", brand.file.name);
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, 5))).await.status, 200);
        until("it is read", || World::is_read(brand, &id)).await;
    }
    assert!(process.terminate().await.success());
}

/// Sends messages, each as long as a template may be, until one is refused: those accepted before it, and the refusal.
async fn fill(world: &World, brand: &Brand, long: &str) -> (Vec<String>, Answer) {
    let mut accepted = Vec::new();
    for place in 0..5000 {
        let id = format!("m-{place}");
        let mut body = order(brand, &id, &person(brand, place));
        *body.pointer_mut(long).unwrap() = "long ".repeat(170).into();
        let answer = world.send(brand, &body).await;
        if answer.status != 200 {
            return (accepted, answer);
        }
        accepted.push(id);
    }
    panic!("the disk is never full");
}

/// The file system refuses to let the store grow: told "later", nothing accepted is lost, and it recovers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_later() {
    let slow = |file: TenantFile| file.rate("1/s").line("delivery: { in_doubt: { wait: 3s } }");
    let world = World::new(tenants().into_iter().map(slow).collect(), provider()).await;
    let mut command = std::process::Command::new("sh");
    // Without the signal a write beyond the limit fails as on a full disk.
    command.args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$0\" serve \"$@\"", env!("CARGO_BIN_EXE_switchboard")]);
    command.args(Process::arguments(&world)).envs(world.secrets());
    let process = Process::begin(command);
    process.listening(&world).await;
    let (acme, bandra) = (&world.brands[0], &world.brands[1]);
    let (accepted, answer) = fill(&world, acme, "/template/components/0/parameters/0/text").await;
    assert_eq!((answer.status, &answer.body), (503, &sample("moengage.response.failure.overloaded.json")));
    assert!(answer.header("retry-after").is_some());
    let (others, answer) = fill(&world, bandra, "/whatsAppData/templateData/templateVariables/0").await;
    assert_eq!((answer.status, &answer.body["statusCode"]), (429, &json!(2015)));
    process.logged("why", |line| line["message"] == "could not be stored, so it is not acknowledged").await;
    until_async("a webhook is asked for again", async || {
        let id = format!("i-{:x}", rand::random::<u64>());
        let text = text_from(&person(acme, 1), "6531290044", &id, &"long ".repeat(800));
        world.webhook("/webhooks/vonage/inbound", &text).await.status == 503
    })
    .await;
    process.kill();

    for brand in &world.brands {
        world.write(&brand.file.clone().rate("1000/s"));
    }
    let process = Process::start(&world).await;
    until("all that was accepted is read", || {
        accepted.iter().all(|id| World::is_read(acme, id)) && others.iter().all(|id| World::is_read(bandra, id))
    })
    .await;
    assert!(process.terminate().await.success());
}

/// `switchboard check | head -1`: whoever has read enough gets no panic, and the exit code is what it is.
#[test]
fn a_reader_that_hangs_up_ends_no_command() {
    let deaf = |arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_switchboard"));
        let root = env!("CARGO_MANIFEST_DIR");
        let output = command.args(arguments).current_dir(root).stdout(writer).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(deaf(&["schema", "mapping"]), (Some(0), String::new()));
    assert_eq!(deaf(&["test", "mappings", "--only", "STOP"]), (Some(0), String::new()));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.yaml"), "dsl: 1\nplatfrom: x\n").unwrap();
    let broken = deaf(&["check", "--no-cases", "--mappings", &folder.path().display().to_string()]);
    assert_eq!(broken, (Some(1), String::new()));
}
