//! The libraries: installed once for all tests, from the registries of their languages, and asked over a pipe.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// One language's.
#[derive(Debug)]
pub(super) struct Library {
    pub(super) name: &'static str,
    /// What of tests/vendor it is made of.
    files: &'static [&'static str],
    /// Programs that must be there, each with the machine's packages that bring it.
    needs: &'static [(&'static str, &'static [&'static str])],
    /// Made within its folder.
    install: &'static [&'static [&'static str]],
    run: &'static [&'static str],
    installed: &'static OnceLock<PathBuf>,
}

static NODE: OnceLock<PathBuf> = OnceLock::new();
static PYTHON: OnceLock<PathBuf> = OnceLock::new();

pub(super) const LIBRARIES: [Library; 2] = [
    Library {
        name: "node",
        files: &["package.json", "package-lock.json", ".npmrc", "party.mjs"],
        needs: &[("node", &["nodejs"]), ("npm", &["npm"])],
        install: &[&["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]],
        run: &["node", "party.mjs"],
        installed: &NODE,
    },
    Library {
        name: "python",
        files: &["requirements.txt", "party.py"],
        needs: &[("python3", &["python3", "python3-venv"])],
        install: &[
            &["python3", "-m", "venv", "--clear", "made"],
            &[
                "made/bin/python",
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
                "requirements.txt",
            ],
        ],
        run: &["made/bin/python", "party.py"],
        installed: &PYTHON,
    },
];

impl Library {
    /// Has the tasks done; what came of each.
    pub(super) fn ask(&self, tasks: Vec<Value>) -> Vec<Value> {
        let folder = self.installed.get_or_init(|| self.install());
        let mut command = command(folder, self.run);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let count = tasks.len();
        child.stdin.take().unwrap().write_all(Value::from(tasks).to_string().as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&done.stderr));
        let results: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(results.len(), count, "{}", self.name);
        results
    }

    /// Into a folder below `target`, unless these very files are installed there.
    fn install(&self) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (from, to) = (root.join("tests/vendor").join(self.name), root.join("target/vendor").join(self.name));
        let wanted: Vec<Vec<u8>> = self.files.iter().map(|name| std::fs::read(from.join(name)).unwrap()).collect();
        let mark = to.join("installed");
        let there =
            || self.files.iter().map(|name| std::fs::read(to.join(name)).unwrap_or_default()).collect::<Vec<_>>();
        if mark.exists() && there() == wanted {
            return to;
        }
        for (program, packages) in self.needs {
            fetch(program, packages);
        }
        std::fs::create_dir_all(&to).unwrap();
        let _none_before = std::fs::remove_file(&mark);
        for (name, content) in self.files.iter().zip(&wanted) {
            std::fs::write(to.join(name), content).unwrap();
        }
        for step in self.install {
            let done = command(&to, step).output().unwrap();
            assert!(done.status.success(), "{step:?}: {}", String::from_utf8_lossy(&done.stderr));
        }
        std::fs::write(mark, "").unwrap();
        to
    }
}

fn command(folder: &Path, words: &[&str]) -> Command {
    let (program, arguments) = words.split_first().unwrap();
    // A program with a path is the library's own.
    let own = program.contains('/').then(|| folder.join(program));
    let mut command = Command::new(own.unwrap_or_else(|| PathBuf::from(program)));
    command.args(arguments).current_dir(folder);
    command
}

/// Makes sure that a program is there: from the machine's own packages, where it is not.
fn fetch(program: &str, packages: &[&str]) {
    let there = || Command::new(program).arg("--version").output().is_ok_and(|done| done.status.success());
    if there() {
        return;
    }
    let mut apt = Command::new("apt-get");
    let done = apt.args(["install", "-y", "--no-install-recommends"]).args(packages).output();
    let said =
        done.map_or_else(|problem| problem.to_string(), |done| String::from_utf8_lossy(&done.stderr).into_owned());
    assert!(there(), "these tests need `{program}`, and installing {packages:?} failed: {said}");
}
