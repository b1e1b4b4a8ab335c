//! The platform's address for reports: did the last ones get through; where there were none lately, is somebody there who
//! takes our credentials.

use super::{Check, Patient};
use crate::flow::{Fact, Probed};
use crate::mapping::Turn;

const REPORT: &str = "report";
/// What there is to do about an address.
const FIX: &str = "compare the address and the credentials in the tenant's file with what the platform's dashboard shows: \
                   HTTP 401 or 403 is the credential, 404 the address; what waits goes at once when the file is right, or \
                   on `switchboard release`";

impl Patient<'_> {
    pub(super) async fn reports(&self) -> Vec<Check> {
        let Some(legs) = self.tenant.platform.platform() else { return Vec::new() };
        let mut checks = Vec::new();
        for call in legs.status_calls.iter().chain(&legs.inbound_calls) {
            checks.extend(self.lately_told(&call.name));
        }
        if checks.is_empty() {
            for call in &legs.status_calls {
                checks.extend(self.probed(&call.name, self.desk.flow.probe(&self.tenant, call).await));
            }
        }
        checks
    }

    /// What the last of these calls came to.
    fn lately_told(&self, call: &str) -> Option<Check> {
        let told = self.facts.get(&Fact::Told(call.to_owned()));
        let of_it = |fact: &Fact| matches!(fact, Fact::Untold(name, _) if name == call);
        let untold = self.facts.iter().filter(|(fact, _)| of_it(fact)).max_by_key(|(_, times)| times.last);
        match (told, untold) {
            (Some(told), Some((_, failed))) if told.last >= failed.last => Some(told),
            (Some(told), None) => Some(told),
            (_, Some((Fact::Untold(_, why), _))) => {
                let all = self.last(of_it)?;
                let says = format!("`{call}` does not get through to the platform: {why} ({})", self.times(all));
                return Some(Check::finding(REPORT, says, FIX));
            }
            _ => None,
        }
        .map(|told| Check::fine(REPORT, format!("`{call}` gets through to the platform: {}", self.times(*told))))
    }

    fn probed(&self, call: &str, probed: Probed) -> Option<Check> {
        let host = |url: &url::Url| url.host_str().unwrap_or_default().to_owned();
        match probed {
            Probed::NotWanted => None,
            Probed::Unmade(why) => Some(Check::unseen(
                REPORT,
                format!("`{call}` cannot be tried without a message: {why}"),
                "send one: `switchboard send`",
            )),
            Probed::Unproved(why) => Some(Check::finding(REPORT, format!("`{call}` has no credential: {why}"), FIX)),
            Probed::Answered { url, what, turn: None | Some(Turn::Final | Turn::InDoubt) } => {
                let says = format!("{} takes calls: {what} to an empty `{call}`", host(&url));
                Some(Check::fine(REPORT, says))
            }
            Probed::Answered { url, what, turn: Some(_) } => {
                Some(Check::finding(REPORT, format!("{} does not take `{call}`: {what}", host(&url)), FIX))
            }
        }
    }
}
