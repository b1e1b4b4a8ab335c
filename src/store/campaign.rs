//! Campaigns: a platform's own word for what a message belongs to, and how one of its messages stands.

use crate::delivery::Phase;
use crate::model::{Name, Ref, Status};

/// A campaign of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Campaign {
    /// Whose.
    pub tenant: Name,
    /// The platform's id or name of it, as its mapping reads it.
    pub id: String,
}

/// One of its messages, without what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CampaignMessage {
    /// Which.
    pub reference: Ref,
    /// Where it stands.
    pub phase: Phase,
    /// The best that the provider said of it.
    pub best: Option<Status>,
}
