//! All that was said and kept, and the search for what must not be in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// All that was written, and by whom.
#[derive(Default)]
pub(super) struct Written(pub(super) Vec<(String, Vec<u8>)>);

impl Written {
    pub(super) fn add(&mut self, by: &str, what: impl Into<Vec<u8>>) {
        self.0.push((by.to_owned(), what.into()));
    }

    pub(super) fn command(&mut self, arguments: &[&str], environment: &BTreeMap<String, String>, code: i32) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        let output = command.env_clear().envs(environment).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        self.add(&arguments.join(" "), said.as_bytes());
        said
    }

    pub(super) fn folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // What the test itself wrote is in folders, and in the gateway's file.
            if path.is_file() && name != "switchboard.yaml" && !name.ends_with(".pem") {
                self.add(&name, std::fs::read(&path).unwrap());
            }
        }
    }

    /// Whoever wrote a secret.
    pub(super) fn leaks(&self, markers: &BTreeMap<String, String>) -> Vec<String> {
        let has = |text: &[u8], marker: &str| text.windows(marker.len()).any(|part| part == marker.as_bytes());
        let leaked = |(by, text): &(String, Vec<u8>)| {
            let found = markers.iter().filter(|(_, marker)| has(text, marker));
            let lines = String::from_utf8_lossy(text);
            found
                .map(|(name, marker)| {
                    let line = lines.lines().find(|line| line.contains(marker.as_str())).unwrap_or_default();
                    format!("{by}: {name}: {}", line.chars().take(400).collect::<String>())
                })
                .collect::<Vec<_>>()
        };
        self.0.iter().flat_map(leaked).collect()
    }
}
