//! The public listener's certificates and key: read at the start, and again when their files change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info};

use crate::ingress::{Tls, TlsError};
use crate::operate::Desk;

/// How often it is looked whether the files have changed: two questions to the file system.
const LOOK: Duration = Duration::from_secs(1);

/// Where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pem {
    /// The certificates, the listener's own first.
    pub certificate: PathBuf,
    /// The key of the first of them.
    pub key: PathBuf,
}

/// Why they cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    /// A file cannot be read.
    #[error("{}: {problem}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's words.
        problem: io::Error,
    },
    /// What they hold is of no use.
    #[error("tls_certificate {}, tls_key {}: {problem}", .pem.certificate.display(), .pem.key.display())]
    Content {
        /// Where they are.
        pem: Pem,
        /// What is wrong.
        problem: TlsError,
    },
}

impl Pem {
    /// Reads both.
    pub(super) fn load(&self) -> Result<Tls, PemError> {
        let (certificates, key) = self.read()?;
        Tls::new(&certificates, &key).map_err(|problem| PemError::Content { pem: self.clone(), problem })
    }

    fn again(&self, tls: &Tls) -> Result<(), PemError> {
        let (certificates, key) = self.read()?;
        tls.replace(&certificates, &key).map_err(|problem| PemError::Content { pem: self.clone(), problem })
    }

    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), PemError> {
        let read = |path: &Path| fs::read(path).map_err(|problem| PemError::File { path: path.to_owned(), problem });
        Ok((read(&self.certificate)?, read(&self.key)?))
    }

    /// Sizes and times of both; links are followed, since what a volume replaces is often the target.
    fn seen(&self) -> [Option<(u64, SystemTime)>; 2] {
        let seen = |path: &Path| {
            let about = fs::metadata(path).ok()?;
            Some((about.len(), about.modified().ok()?))
        };
        [seen(&self.certificate), seen(&self.key)]
    }
}

/// Puts new certificates in place until `stop`, and says when they end; what cannot be used leaves those of before.
pub(super) async fn renew(pem: Pem, tls: Tls, desk: Arc<Desk>, mut stop: watch::Receiver<bool>) {
    desk.certified(tls.until());
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known = pem.seen();
    while !*stop.borrow() {
        tokio::select! {
            Ok(()) = stop.changed() => {}
            _ = look.tick() => {
                let seen = pem.seen();
                if seen == known {
                    continue;
                }
                // Noted before they are read: written once more meanwhile, they are read once more. Between the two files of
                // a pair there is a moment in which they do not fit, and the next look finds the other.
                known = seen;
                match pem.again(&tls) {
                    Ok(()) => {
                        desk.certified(tls.until());
                        info!("new certificates are in place");
                    }
                    Err(problem) => error!(%problem, "new certificates cannot be used: those of before go on"),
                }
            }
        }
    }
}
