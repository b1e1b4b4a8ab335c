//! Reads the configuration's files. Their meaning is `config`'s affair.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::clock::now;
use crate::config::{FileOf, Files, Unread};
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
/// (`*.cases.yaml`) and `mutants.yaml` are no mappings. A file that cannot be read is a problem of that file, told with the others.
///
/// # Errors
/// [`FileProblem`] for a folder that cannot be read.
pub fn read_files(mappings: &Path, tenants: &Path) -> Result<Files, FileProblem> {
    Shelf::default().read(mappings, tenants)
}

/// The same as `serve` takes them: a folder of mappings that has no folder `schemas` was deployed without them, and then no
/// path is checked against one.
///
/// # Errors
/// As [`read_files`].
pub fn read_served(mappings: &Path, tenants: &Path) -> Result<Files, FileProblem> {
    Shelf::default().served(mappings, tenants)
}

/// The configuration's files as they were read last. One that did not change since is not read again, and its text is
/// the very same one, by which the configuration knows what to share.
#[derive(Debug, Default)]
pub(super) struct Shelf(HashMap<PathBuf, (Option<Stamp>, Source)>);

/// What a change of a file changes. A file that was written just before it was read may be written again within the same
/// tick of the clock, so it has none and is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    inode: u64,
    /// When the content was written, and when anything of the file was changed: seconds and nanoseconds.
    times: [(i64, i64); 2],
}

/// Coarser than the clock of any file system that a configuration stands on.
const TICK: i64 = 2;

impl Stamp {
    fn of(about: &Metadata) -> Self {
        let times = [(about.mtime(), about.mtime_nsec()), (about.ctime(), about.ctime_nsec())];
        Self { length: about.len(), inode: about.ino(), times }
    }

    /// Of the file at a path, links followed; nothing of one that is not there, or may be written again unseen.
    pub(super) fn settled(path: &Path) -> Option<Self> {
        let stamp = Self::of(&fs::metadata(path).ok()?);
        Some(stamp).filter(|stamp| stamp.is_settled(now().seconds()))
    }

    /// Nothing of it is younger than a tick of the clock.
    fn is_settled(&self, now: i64) -> bool {
        self.times.iter().all(|(seconds, _)| seconds.saturating_add(TICK) < now)
    }
}

impl Shelf {
    /// As [`read_files`]; what did not change is taken from before.
    pub(super) fn read(&mut self, mappings: &Path, tenants: &Path) -> Result<Files, FileProblem> {
        let schemas = Some(read_schemas(&mappings.join("schemas"))?);
        let mut files = Files { schemas, ..Files::default() };
        let mut before = std::mem::take(&mut self.0);
        for (folder, of) in [(mappings, FileOf::Mapping), (tenants, FileOf::Tenant)] {
            for path in list(folder)? {
                if of == FileOf::Mapping && is_cases(&path) {
                    continue;
                }
                match self.take(&path, before.remove(&path)) {
                    Ok(source) if of == FileOf::Mapping => files.mappings.push(source),
                    Ok(source) => files.tenants.push(source),
                    // Gone since the folder was listed.
                    Err(problem) if problem.kind() == io::ErrorKind::NotFound => {}
                    Err(problem) => {
                        let (file, why) = (path.display().to_string().into(), problem.to_string());
                        files.unread.push(Unread { of, file, why });
                    }
                }
            }
        }
        Ok(files)
    }

    /// As [`read_served`]; what did not change is taken from before.
    pub(super) fn served(&mut self, mappings: &Path, tenants: &Path) -> Result<Files, FileProblem> {
        let mut files = self.read(mappings, tenants)?;
        // `check` has looked before.
        files.schemas = files.schemas.filter(|_| mappings.join("schemas").is_dir());
        Ok(files)
    }

    fn take(&mut self, path: &Path, known: Option<(Option<Stamp>, Source)>) -> io::Result<Source> {
        // Looked at before it is read: what is written in between is seen at the next time.
        let stamp = Stamp::of(&fs::metadata(path)?);
        if let Some((known, source)) = known
            && known == Some(stamp)
        {
            self.0.insert(path.to_owned(), (known, source.clone()));
            return Ok(source);
        }
        let source = Source::new(path.display().to_string(), fs::read_to_string(path)?);
        let now = now().seconds();
        self.0.insert(path.to_owned(), (Some(stamp).filter(|stamp| stamp.is_settled(now)), source.clone()));
        Ok(source)
    }

    /// Everything is read again, secrets too.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// Cases, and the list of mutants that no case can notice.
fn is_cases(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".cases.yaml") || name.ends_with(".cases.yml") || path.ends_with("mutants.yaml")
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
    list(folder)?.into_iter().map(|path| read_file(&path)).collect()
}

/// The YAML files of a folder by name.
fn list(folder: &Path) -> Result<Vec<PathBuf>, FileProblem> {
    let problem = |problem| FileProblem { path: folder.to_owned(), problem };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if yaml && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads one file; what is no UTF-8 is an error like any other.
///
/// # Errors
/// [`FileProblem`].
pub fn read_file(path: &Path) -> Result<Source, FileProblem> {
    let text = fs::read_to_string(path).map_err(|problem| FileProblem { path: path.to_owned(), problem })?;
    Ok(Source::new(path.display().to_string(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_when_anything_of_it_may_have_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (mappings, tenants) = (folder.path().join("m"), folder.path().join("t"));
        fs::create_dir(&mappings).unwrap();
        fs::create_dir(&tenants).unwrap();
        let file = tenants.join("a.yaml");
        fs::write(&file, "one").unwrap();
        fs::write(mappings.join("m.cases.yaml"), "no mapping").unwrap();
        let mut shelf = Shelf::default();
        let read = |shelf: &mut Shelf| {
            let files = shelf.read(&mappings, &tenants).unwrap();
            assert!(files.mappings.is_empty());
            files.tenants[0].text.clone()
        };
        let first = read(&mut shelf);
        fs::write(&file, "two").unwrap();
        assert_eq!(&*read(&mut shelf), "two", "of the same length, within the same second");
        // As if it had been read long after it was written.
        let settle = |shelf: &mut Shelf| {
            for (path, (stamp, _)) in &mut shelf.0 {
                *stamp = Some(Stamp::of(&fs::metadata(path).unwrap()));
            }
        };
        settle(&mut shelf);
        let second = read(&mut shelf);
        settle(&mut shelf);
        let same = |one: &std::sync::Arc<str>, other: &std::sync::Arc<str>| std::sync::Arc::ptr_eq(one, other);
        assert!(!same(&first, &second) && same(&second, &read(&mut shelf)), "not read again");
        let other = tenants.join("other");
        fs::write(&other, "two").unwrap();
        fs::rename(&other, &file).unwrap();
        assert!(!same(&second, &read(&mut shelf)), "another file in its place");
        settle(&mut shelf);
        shelf.forget();
        assert!(!same(&second, &read(&mut shelf)));
    }

    #[test]
    fn a_file_that_cannot_be_read_keeps_no_other() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bad.yaml"), [0xff, 0xfe]).unwrap();
        fs::write(folder.path().join("good.yaml"), "tenant: good").unwrap();
        let empty = tempfile::tempdir().unwrap();
        let files = read_files(empty.path(), folder.path()).unwrap();
        assert_eq!((files.tenants.len(), files.unread.len()), (1, 1));
        assert!(files.unread[0].file.ends_with("bad.yaml"));
        assert!(read_files(empty.path(), &folder.path().join("none")).is_err());
    }
}
