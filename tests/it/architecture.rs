//! The house rules as a test: reads `src` and names every line that breaks one.
//!
//! Start at [`rules::check`]; what the rooms are and may use stands in [`rooms`]. The rules are proved on bad examples
//! in [`proofs`], so that a check that finds nothing is known to have looked.

mod code;
mod proofs;
mod rooms;
mod rules;

use std::path::{Path, PathBuf};

use code::File;

#[test]
fn the_house_is_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("src"), &mut paths);
    paths.sort();
    let texts: Vec<(String, String)> = paths.iter().map(|path| (name(root, path), read(path))).collect();
    assert!(texts.len() > 20, "only {} files were found under src", texts.len());

    let files: Vec<File> = code::files(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let findings = rules::check(&files);
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} findings:\n{}", lines.len(), lines.join("\n"));
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn name(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
