//! Where secrets come from: environment variables and files. A file that changes is noticed, so that a secret is rotated
//! by writing it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::files::Stamp;
use crate::config::{NoSecret, Own, Reference};
use crate::diagnostic::Diagnostic;
use crate::model::Secret;
use crate::store::SealKey;

/// Resolves secrets. Values given here go before the process's environment: a program that starts a gateway inside
/// itself cannot change its own.
#[derive(Clone, Debug, Default)]
pub struct Secrets(pub BTreeMap<String, Secret>);

/// No key or token is longer.
const LONGEST: u64 = 64 * 1024;

impl Secrets {
    /// The value of a reference.
    ///
    /// # Errors
    /// [`NoSecret`]; never with the value.
    pub fn resolve(&self, reference: &Reference) -> Result<Secret, NoSecret> {
        match reference {
            Reference::Env(name) => {
                let given = self.0.get(name).cloned();
                let value = given.or_else(|| std::env::var(name).ok().map(Secret::new));
                value.filter(|secret| !secret.expose().is_empty()).ok_or_else(|| NoSecret::Env(name.clone()))
            }
            Reference::File(path) => {
                let unfit = |why| NoSecret::Unfit { path: path.clone(), why };
                let text = read(Path::new(path));
                let text =
                    text.map_err(|problem| NoSecret::File { path: path.clone(), problem: problem.to_string() })?;
                let text = text.ok_or_else(|| unfit("is no file of at most 64 KiB"))?;
                let value = text.strip_suffix('\n').unwrap_or(&text);
                let value = value.strip_suffix('\r').unwrap_or(value);
                // Mostly one that is being written.
                if value.trim().is_empty() {
                    return Err(unfit("is empty"));
                }
                Ok(Secret::new(value.to_owned()))
            }
        }
    }
}

impl Secrets {
    /// The keys that contents are sealed with, as the gateway's file names them.
    pub(super) fn keys(&self, own: &Own) -> Result<Vec<SealKey>, Box<Diagnostic>> {
        let keys = own.encryption.keys(&|reference: &Reference| self.resolve(reference))?;
        Ok(keys.into_iter().map(|(name, key)| SealKey { name, key }).collect())
    }
}

/// The text of a file; nothing of what is none, or is too long: a pipe would be waited for, a device has no end.
fn read(path: &Path) -> io::Result<Option<Zeroizing<String>>> {
    let about = fs::metadata(path)?;
    if !about.is_file() || about.len() > LONGEST {
        return Ok(None);
    }
    // Room for all of it: a text that grows leaves copies behind that nobody wipes.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(LONGEST).unwrap_or_default() + 2));
    let length = File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    Ok(Some(text).filter(|_| u64::try_from(length).is_ok_and(|length| length <= LONGEST)))
}

/// The files that secrets were read from, as they were then.
#[derive(Debug, Default)]
pub(super) struct SecretFiles(Mutex<BTreeMap<PathBuf, Option<Stamp>>>);

impl SecretFiles {
    fn known(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Option<Stamp>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is read now: what is written after this is seen at the next look.
    pub(super) fn note(&self, reference: &Reference) {
        if let Reference::File(path) = reference {
            let path = PathBuf::from(path);
            let stamp = Stamp::settled(&path);
            self.known().insert(path, stamp);
        }
    }

    /// All of them are read anew.
    pub(super) fn forget(&self) {
        self.known().clear();
    }

    /// Whether one of them changed.
    pub(super) fn changed(&self) -> bool {
        let known = self.known().clone();
        known.iter().any(|(path, stamp)| *stamp != Stamp::settled(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(path: &Path) -> Result<String, String> {
        let reference = Reference::File(path.display().to_string());
        Secrets::default().resolve(&reference).map(|secret| secret.expose().to_owned()).map_err(|no| no.to_string())
    }

    #[test]
    fn a_file_is_a_secret_or_says_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let longest = "k".repeat(64 * 1024);
        for (text, expected) in [
            ("hunter2", Ok("hunter2")),
            ("hunter2\n", Ok("hunter2")),
            ("hunter2\r\n", Ok("hunter2")),
            ("two\nlines\n", Ok("two\nlines")),
            (" padded ", Ok(" padded ")),
            (&*longest, Ok(&*longest)),
            ("", Err("is empty")),
            (" \n", Err("is empty")),
            (&*format!("{longest}k"), Err("no file of at most 64 KiB")),
        ] {
            fs::write(&file, text).unwrap();
            match (resolved(&file), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(found), Err(part)) => assert!(found.contains(part) && !found.contains("kkk"), "{found}"),
                (found, expected) => panic!("{found:?} {expected:?}"),
            }
        }
        fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(resolved(&file).unwrap_err().contains("UTF-8"));
        assert!(resolved(folder.path()).unwrap_err().contains("no file"), "a folder");
        assert!(resolved(Path::new("/dev/zero")).unwrap_err().contains("no file"), "a device without an end");
        assert!(resolved(&folder.path().join("none")).unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn a_file_that_changes_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("key");
        // As a container's volume does it; both are older than a tick of the clock.
        let point_to = |file: &str| {
            let next = folder.path().join("next");
            std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), &next).unwrap();
            fs::rename(next, &link).unwrap();
        };
        let files = SecretFiles::default();
        files.note(&Reference::File(link.display().to_string()));
        assert!(!files.changed(), "it was not there, and is not");
        point_to("Cargo.toml");
        assert!(files.changed());
        files.note(&Reference::File(link.display().to_string()));
        assert!(!files.changed());
        point_to("LICENSE-MIT");
        assert!(files.changed());
        files.forget();
        assert!(!files.changed());
        files.note(&Reference::Env("KEY".to_owned()));
        assert!(files.known().is_empty());
    }
}
