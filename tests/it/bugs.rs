//! Deliberate bugs in delivery, dispatch, flow and store: `tests/bugs.yaml`. The list fits the code in every run; whether the
//! simulation and the tests of those rooms notice them is a command of its own, docs/testing.md.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// One line that is wrong.
#[derive(Clone, Debug, serde::Deserialize)]
struct Bug {
    file: String,
    line: String,
    was: String,
    now: String,
    breaks: String,
}

/// So many must be there.
const LEAST: usize = 40;
/// Of a hundred that must be noticed.
const FLOOR: usize = 95;
/// What takes so many times as long as without a bug turns in a circle: that is noticed too.
const HANGS: u32 = 20;

fn bugs() -> Vec<Bug> {
    serde_yaml::from_str(include_str!("../bugs.yaml")).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_bug_fits_the_code() {
    let bugs = bugs();
    assert!(bugs.len() >= LEAST, "{}", bugs.len());
    for room in ROOMS {
        assert!(bugs.iter().any(|bug| bug.file.starts_with(&format!("src/{room}/"))), "{room}");
    }
    for Bug { file, line, was, now, breaks } in &bugs {
        let text = std::fs::read_to_string(root().join(file)).unwrap_or_else(|problem| panic!("{file}: {problem}"));
        let there = text.lines().filter(|known| known.trim() == line).count();
        assert_eq!(there, 1, "{file} must have this line once ({breaks}): {line}");
        assert_eq!(line.matches(was.as_str()).count(), 1, "{file}: `{was}` must be once in {line}");
        assert_ne!(was, now, "{file}: {line}");
    }
}

/// All bugs in one copy of the sources, each asleep: `SWITCHBOARD_BUG` wakes one. So it is compiled once.
fn copy(bugs: &[Bug]) -> PathBuf {
    let copy = root().join("target/bugs");
    let listed = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    for file in String::from_utf8(listed.stdout).unwrap().lines() {
        let text = std::fs::read(root().join(file)).unwrap();
        let of_file: Vec<_> = bugs.iter().enumerate().filter(|(_, bug)| bug.file == file).collect();
        let mut text = match std::str::from_utf8(&text) {
            Ok(known) if !of_file.is_empty() => plant(known, &of_file).into_bytes(),
            _ => text,
        };
        match file {
            "src/lib.rs" => text.extend_from_slice(SWITCH.as_bytes()),
            "Cargo.toml" | "Cargo.lock" => text = of_another_version(&text),
            _ => {}
        }
        // What is as it was keeps its time, so that nothing is compiled again for nothing.
        let place = copy.join(file);
        if std::fs::read(&place).ok().as_ref() != Some(&text) {
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, text).unwrap();
        }
    }
    copy
}

/// The copy shares the folder of what is compiled, where nothing but its version tells it from the original.
fn of_another_version(text: &[u8]) -> Vec<u8> {
    let version = |of: &str| format!("name = \"switchboard\"\nversion = \"{}{of}\"", env!("CARGO_PKG_VERSION"));
    let text = std::str::from_utf8(text).unwrap();
    let other = text.replacen(&version(""), &version("-bugs"), 1);
    assert_ne!(text, other, "the version follows the name");
    other.into_bytes()
}

const SWITCH: &str = r#"
/// Whether this bug is awake.
pub(crate) fn bug(number: usize) -> bool {
    static AWAKE: std::sync::LazyLock<Option<usize>> =
        std::sync::LazyLock::new(|| std::env::var("SWITCHBOARD_BUG").ok()?.parse().ok());
    *AWAKE == Some(number)
}
"#;

/// A file's text with all of its bugs.
fn plant(text: &str, bugs: &[(usize, &Bug)]) -> String {
    let lines = text.lines().map(|line| {
        let mut of_line: Vec<_> = bugs.iter().filter(|(_, bug)| bug.line == line.trim()).collect();
        of_line.sort_by_key(|(_, bug)| bug.was.len());
        let (mut line, mut planted) = (line.to_owned(), Vec::new());
        for (number, Bug { was, now, .. }) in of_line {
            // One may lie within another: then the larger one holds the choice of the smaller.
            let there = planted
                .iter()
                .fold(was.clone(), |there, (was, choice): &(&String, String)| there.replace(*was, choice));
            let choice = format!("if crate::bug({number}) {{ {now} }} else {{ {there} }}");
            let choice = if was.ends_with(';') { choice } else { format!("({choice})") };
            assert!(line.contains(&there), "{line}: {there}");
            line = line.replacen(&there, &choice, 1);
            planted.push((was, choice));
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Compiles the copy's tests; the program.
fn build(copy: &Path) -> PathBuf {
    let target = root().join("target");
    let arguments = ["test", "--lib", "--no-run", "--locked", "--message-format=json"];
    let mut cargo = Command::new(env!("CARGO"));
    let built = cargo.args(arguments).current_dir(copy).env("CARGO_TARGET_DIR", target).stderr(Stdio::inherit());
    let built = built.output().unwrap();
    assert!(built.status.success(), "the copy with all bugs does not compile");
    let lines = String::from_utf8(built.stdout).unwrap();
    let mut programs = lines.lines().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["executable"].as_str().map(PathBuf::from)
    });
    programs.next_back().unwrap()
}

/// The copy's tests, or a part of them.
struct Tests<'c> {
    program: &'c Path,
    copy: &'c Path,
    names: &'c [&'c str],
    patience: Duration,
}

impl<'c> Tests<'c> {
    /// They pass without a bug; how long they take decides when they hang.
    fn sound(program: &'c Path, copy: &'c Path, names: &'c [&'c str]) -> Self {
        let mut tests = Self { program, copy, names, patience: Duration::from_secs(3600) };
        let begun = Instant::now();
        assert!(!tests.notice(None), "{names:?} fail without a bug");
        tests.patience = (begun.elapsed() * HANGS).max(Duration::from_secs(120));
        tests
    }

    /// Whether they notice a bug; `None` stands for no bug.
    fn notice(&self, bug: Option<usize>) -> bool {
        let mut run = Command::new(self.program);
        // Those of the pace are about seconds, not about bugs; and no bug is in the engine that asks a database.
        run.args(self.names).args(["--skip", "::pace::", "--skip", "postgres", "--skip", "differential"]);
        run.current_dir(self.copy).stdout(Stdio::null()).stderr(Stdio::null());
        run.env("RUST_BACKTRACE", "0").envs(bug.map(|bug| ("SWITCHBOARD_BUG", bug.to_string())));
        let mut running = run.spawn().unwrap();
        let begun = Instant::now();
        loop {
            if let Some(ended) = running.try_wait().unwrap() {
                return !ended.success();
            }
            if begun.elapsed() > self.patience {
                running.kill().unwrap();
                running.wait().unwrap();
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

const SIMULATION: &[&str] = &["simulation::tests::many"];
const ROOMS: [&str; 4] = ["delivery", "dispatch", "flow", "store"];

#[test]
#[ignore = "docs/testing.md, Seeded bugs: compiles a copy of the sources"]
fn bugs_are_noticed() {
    let bugs = bugs();
    let copy = copy(&bugs);
    let program = build(&copy);
    let simulation = Tests::sound(&program, &copy, SIMULATION);
    let names = ROOMS.map(|room| [format!("{room}::")]);
    let names = names.each_ref().map(|[name]| [name.as_str()]);
    let rooms = names.each_ref().map(|names| Tests::sound(&program, &copy, names));
    let (next, by) = (AtomicUsize::new(0), Mutex::new(BTreeMap::<&str, usize>::new()));
    // The quickest first: those of its own room, the simulation, those of the others.
    let found = |number, bug: &Bug| {
        let own = ROOMS.iter().position(|room| bug.file.starts_with(&format!("src/{room}/"))).unwrap();
        // It runs over the memory engine: of the disk it knows nothing.
        let simulated = !bug.file.starts_with("src/store/sqlite/");
        if rooms[own].notice(Some(number)) {
            "tests of its room"
        } else if simulated && simulation.notice(Some(number)) {
            "simulation"
        } else if rooms.iter().enumerate().any(|(room, tests)| room != own && tests.notice(Some(number))) {
            "tests of another room"
        } else {
            "nobody"
        }
    };
    let work = || {
        while let Some((number, bug)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, bugs.get(at)?)))
        {
            let found = found(number, bug);
            *by.lock().unwrap().entry(found).or_default() += 1;
            println!("{number:>3} {found:<21} {}: {}", bug.file, bug.breaks);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let by = by.into_inner().unwrap();
    let unnoticed = by.get("nobody").copied().unwrap_or_default();
    println!("{} bugs: {by:?}", bugs.len());
    assert!((bugs.len() - unnoticed) * 100 >= bugs.len() * FLOOR, "{unnoticed} of {} are not noticed", bugs.len());
}
