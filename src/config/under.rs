//! A tenant under another version of its platform's mapping than its own: that of a message that was accepted before the
//! mapping changed. Settings, credentials and limits stay the newest.

use std::sync::{Arc, Mutex, PoisonError};

use super::tenant::Tenant;
use super::{schemes, side};
use crate::auth::Prover;
use crate::diagnostic::Diagnostic;
use crate::mapping::{Mapping, Reader};
use crate::model::Secret;
use crate::yaml;

/// A tenant under other versions, as far as somebody asked; `None` where its settings do not fit them any more.
#[derive(Debug, Default)]
pub(super) struct Memo(Mutex<Vec<Under>>);

type Under = (Arc<Mapping>, Option<Arc<Tenant>>);

impl Clone for Memo {
    /// A clone is about to be changed, so nothing of before holds for it.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Tenant {
    /// The tenant under that version of its platform's mapping. `None`: its settings of today do not fit that version, or
    /// it is another platform's.
    #[must_use]
    pub fn under(&self, mapping: &Arc<Mapping>) -> Option<Arc<Self>> {
        if mapping.party != self.platform.party || mapping.name != self.platform.name {
            return None;
        }
        let mut known = self.under.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, tenant)) = known.iter().find(|(under, _)| Arc::ptr_eq(under, mapping)) {
            return tenant.clone();
        }
        let tenant = self.read_under(mapping).map(Arc::new);
        known.push((mapping.clone(), tenant.clone()));
        tenant
    }

    fn read_under(&self, mapping: &Arc<Mapping>) -> Option<Self> {
        let mut reader = Reader::new(self.source.clone());
        let node = yaml::parse(&self.source, &mut reader.problems)?;
        let parties = [self.platform.name.as_str(), self.provider.name.as_str()];
        // Credentials go by the party, not by the version: they are here already.
        let resolve = |_: &super::Reference| Ok(Secret::new(String::new()));
        let side = side::read(&mut reader, &node, mapping, &parties, &resolve, None);
        if reader.problems.iter().any(Diagnostic::is_error) {
            return None;
        }
        let side = side::Side { credentials: self.platform_side.credentials.clone(), ..side };
        let auth = schemes::outgoing(mapping, self.name.as_str(), &side).map(|scheme| Arc::new(Prover::from(scheme)));
        Some(Self { platform: mapping.clone(), platform_side: side, platform_auth: auth, ..self.clone() })
    }
}
