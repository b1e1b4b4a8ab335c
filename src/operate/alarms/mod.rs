//! Alarms: what stands that somebody should mend, and each change of it told once to whom the gateway's file names.
//!
//! What is looked at, `doctor` and the metrics know already. A tenant's alarms are those of the gateway that has its part of
//! the work, everything else is the house's: of several over one store one tells. Start at [`Desk::alarms`].

mod board;
mod house;
mod notice;
mod tenants;

use std::sync::atomic::{AtomicU64, Ordering};

pub use board::{Board, Change};
pub use notice::Notice;

use super::Desk;
use crate::model::Name;
use crate::shape::AlarmKind as Kind;

/// Something that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Of which kind.
    pub kind: Kind,
    /// Whose; nothing where it is the gateway's own.
    pub tenant: Option<Name>,
    /// The sender, where it is about one.
    pub number: Option<String>,
    /// What else it is about: a call, a template, a table, a file.
    pub about: Option<String>,
    /// In words, with nothing of a person's.
    pub says: String,
}

impl Alarm {
    /// By which it is known as long as it stands, also to another process.
    #[must_use]
    pub fn key(&self) -> String {
        let tenant = self.tenant.as_ref().map(Name::as_str);
        let parts = [Some(self.kind.as_str()), tenant, self.number.as_deref(), self.about.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join("/")
    }
}

/// How many were told, and how many nobody took.
#[derive(Debug, Default)]
pub struct Told {
    told: AtomicU64,
    lost: AtomicU64,
}

impl Told {
    /// One more was taken.
    pub fn told(&self) {
        self.told.fetch_add(1, Ordering::Relaxed);
    }

    /// One more was given up.
    pub fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// Both, by what came of them.
    pub(super) fn counts(&self) -> [(&'static str, u64); 2] {
        [("told", self.told.load(Ordering::Relaxed)), ("lost", self.lost.load(Ordering::Relaxed))]
    }
}

/// What stands, and whose it is to tell.
#[derive(Debug, Default)]
pub struct Look {
    /// Everything that this gateway sees and has to tell.
    pub stands: Vec<Alarm>,
    /// Tenants that are another gateway's now.
    pub elsewhere: Vec<Name>,
    /// Another gateway keeps the house.
    pub house_elsewhere: bool,
    /// What could not be looked at: it stands as it stood.
    pub unseen: Vec<Kind>,
}

impl Desk {
    /// Looks at everything.
    pub async fn alarms(&self) -> Look {
        let mut look = Look::default();
        self.tenants_alarms(&mut look).await;
        // Nobody is kept from taking the house over while the store is asked.
        let keeps = self.flow.keeps_house().is_some();
        if keeps {
            self.house_alarms(&mut look).await;
        }
        look.house_elsewhere = !keeps;
        look
    }
}
