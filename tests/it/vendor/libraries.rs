//! The libraries, in their languages.

use std::sync::OnceLock;

use crate::world::{Kit, NPM};

pub(super) static LIBRARIES: [Kit; 2] = [
    Kit {
        name: "node",
        folder: "tests/vendor/node",
        files: &["package.json", "package-lock.json", ".npmrc", "party.mjs"],
        needs: &[("node", &["nodejs"]), ("npm", &["npm"])],
        install: &[NPM],
        run: &["node", "party.mjs"],
        installed: &NODE,
    },
    Kit {
        name: "python",
        folder: "tests/vendor/python",
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

static NODE: OnceLock<std::path::PathBuf> = OnceLock::new();
static PYTHON: OnceLock<std::path::PathBuf> = OnceLock::new();
