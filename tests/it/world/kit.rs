//! Programs in other languages that tests ask: installed once for all tests below `target`, from the registries of their
//! languages, and asked over a pipe. What a machine lacks comes from its packages, or the test fails: it never passes unrun.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// One of them.
#[derive(Debug)]
pub(crate) struct Kit {
    pub(crate) name: &'static str,
    /// Where it stands in the repository.
    pub(crate) folder: &'static str,
    /// The files that it is made of.
    pub(crate) files: &'static [&'static str],
    /// Programs that must be there, each with the machine's packages that bring it.
    pub(crate) needs: &'static [(&'static str, &'static [&'static str])],
    /// Made within its folder.
    pub(crate) install: &'static [&'static [&'static str]],
    pub(crate) run: &'static [&'static str],
    pub(crate) installed: &'static OnceLock<PathBuf>,
}

/// As the lock file says, and nothing of a package runs while it is installed.
pub(crate) const NPM: &[&str] = &["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

impl Kit {
    /// Has the tasks done; what came of each.
    pub(crate) fn ask(&self, tasks: Vec<Value>) -> Vec<Value> {
        let mut command = command(self.folder(), self.run);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let count = tasks.len();
        child.stdin.take().unwrap().write_all(Value::from(tasks).to_string().as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&done.stderr));
        let results: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(results.len(), count, "{}", self.name);
        results
    }

    /// Where it is installed.
    pub(crate) fn folder(&self) -> &Path {
        self.installed.get_or_init(|| self.install())
    }

    /// Into a folder below `target`, unless these very files are installed there.
    fn install(&self) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (from, to) = (root.join(self.folder), root.join("target/vendor").join(self.name));
        let wanted: Vec<Vec<u8>> = self.files.iter().map(|name| std::fs::read(from.join(name)).unwrap()).collect();
        for (program, packages) in self.needs {
            fetch(program, packages);
        }
        let mark = to.join("installed");
        let there =
            || self.files.iter().map(|name| std::fs::read(to.join(name)).unwrap_or_default()).collect::<Vec<_>>();
        if mark.exists() && there() == wanted {
            return to;
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
    // A program with a path is the kit's own.
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
    let apt =
        |arguments: &[&str]| Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments).output();
    let install = [&["install", "-y", "--no-install-recommends"], packages].concat();
    let done = apt(&install);
    // A machine's list of packages may be older than the packages.
    let done = if there() { done } else { apt(&["update"]).and_then(|_| apt(&install)) };
    let said =
        done.map_or_else(|problem| problem.to_string(), |done| String::from_utf8_lossy(&done.stderr).into_owned());
    assert!(there(), "these tests need `{program}`, and installing {packages:?} failed: {said}");
}
