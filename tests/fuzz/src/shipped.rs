//! The repository's own files: mappings, their cases and samples, tenants.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use switchboard::diagnostic::Source;

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of a folder whose names end so, by name.
pub fn files(folder: &str, ending: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = root().join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.map(|path| (name(&path), std::fs::read(&path).unwrap())).filter(|(name, _)| name.ends_with(ending)).collect()
}

/// The YAML files of a folder, those of cases or the others.
pub fn sources(folder: &str, cases: bool) -> Vec<Source> {
    let files = files(folder, ".yaml")
        .into_iter()
        .filter(|(name, _)| name.ends_with(".cases.yaml") == cases && name != "mutants.yaml");
    files.map(|(name, bytes)| Source::new(format!("{folder}/{name}"), String::from_utf8(bytes).unwrap())).collect()
}

/// The samples by name.
pub fn samples() -> BTreeMap<String, Arc<[u8]>> {
    files("mappings/samples", ".json").into_iter().map(|(name, bytes)| (name, bytes.into())).collect()
}
