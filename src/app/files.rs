//! Reads the configuration's files. Their meaning is `config`'s affair.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Files;
use crate::diagnostic::Source;
use crate::language::Schemas;

/// A file or folder that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}", path = path.display())]
pub struct FileProblem {
    /// Which.
    pub path: PathBuf,
    /// The operating system's words.
    pub problem: io::Error,
}

/// Reads all mappings and tenants: `*.yaml` and `*.yml` of the two folders, in the order of their names. Cases
/// (`*.cases.yaml`) are no mappings.
///
/// # Errors
/// [`FileProblem`] for a folder or file that cannot be read.
pub fn read_files(mappings: &Path, tenants: &Path) -> Result<Files, FileProblem> {
    let schemas = Some(read_schemas(&mappings.join("schemas"))?);
    let mut files =
        Files { mappings: read_folder(mappings)?, tenants: read_folder(tenants)?, schemas, ..Files::default() };
    files.mappings.retain(|source| !source.name.ends_with(".cases.yaml") && !source.name.ends_with(".cases.yml"));
    Ok(files)
}

/// Reads the JSON Schemas that mappings declare, by their names. A folder that is not there holds none.
///
/// # Errors
/// [`FileProblem`] for a file that cannot be read.
pub(super) fn read_schemas(folder: &Path) -> Result<Schemas, FileProblem> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Schemas::new()) };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file());
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, read_file(&path)?))
    };
    files.map(named).collect()
}

/// Reads every YAML file of a folder.
///
/// # Errors
/// [`FileProblem`].
pub fn read_folder(folder: &Path) -> Result<Vec<Source>, FileProblem> {
    let problem = |path: &Path| {
        let path = path.to_owned();
        move |problem| FileProblem { path, problem }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(problem(folder))? {
        let path = entry.map_err(problem(folder))?.path();
        let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if yaml && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    paths.into_iter().map(|path| read_file(&path)).collect()
}

/// Reads one file; what is no UTF-8 is an error like any other.
///
/// # Errors
/// [`FileProblem`].
pub fn read_file(path: &Path) -> Result<Source, FileProblem> {
    let text = fs::read_to_string(path).map_err(|problem| FileProblem { path: path.to_owned(), problem })?;
    Ok(Source::new(path.display().to_string(), text))
}
