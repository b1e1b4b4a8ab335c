//! Builds all rooms into a running gateway, reads and watches files, owns the clock and the order of the shutdown.
//!
//! No business rules. Start at [`Gateway`].

mod alarms;
mod behaviour;
mod certificate;
mod clock;
mod descriptors;
mod door;
mod files;
mod gateway;
mod handler;
mod housekeeping;
mod library;
mod noted;
mod offline;
mod own;
mod reload;
mod remote;
mod secrets;
#[cfg(feature = "otlp")]
mod spans;
mod storage;
mod token;
mod upkeep;
mod watch;

pub use behaviour::{Recorded, recorded, served_files};
pub use certificate::{Pem, PemError};
pub use clock::{SystemAmbient, now};
pub use files::{FileProblem, read_file, read_files, read_folder, read_served};
pub use gateway::{Gateway, Options, StartError};
pub use handler::Entrance;
pub use offline::{Offline, OfflineError};
pub use remote::{Remote, RemoteError};
pub use secrets::Secrets;
#[cfg(feature = "otlp")]
pub use spans::NoCollector;
pub use storage::{Storage, Unopened};
pub use upkeep::{UpkeepError, check_store, copy_store, move_store, undo_move, vacuum_store};

pub use crate::store::transfer::{Checked, Finding, Moved, Progress};
pub use crate::store::{Forgotten, Ledger, StoreError};
