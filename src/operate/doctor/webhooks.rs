//! Where the provider posts to, as its own API says: here, or to somebody else.

use super::{Check, Patient};
use crate::flow::{Posts, Unasked};
use crate::mapping::Leg;

const POSTS_TO: &str = "posts_to";
const COMPARE: &str = "compare its dashboard with the entries below";

impl Patient<'_> {
    /// Asked now; nothing where the mapping does not say how.
    pub(super) async fn posts_to(&self) -> Vec<Check> {
        let provider = &self.tenant.provider;
        let leg = provider.provider().and_then(|legs| legs.webhooks.as_ref());
        let (Some(leg), Some(number)) = (leg, self.tenant.numbers.first()) else { return Vec::new() };
        match self.desk.flow.posts_to(leg, &self.tenant, number).await {
            Ok(posts) => self.pointed(&posts),
            Err(Unasked::NoCredential) => vec![Check::unseen(
                POSTS_TO,
                format!(
                    "{} was not asked where it posts to: its API wants credentials that the tenant's file has not",
                    provider.name
                ),
                format!("see `webhooks` of {}; or {COMPARE}", provider.source.name),
            )],
            Err(Unasked::Unanswered(why)) => vec![Check::unseen(
                POSTS_TO,
                format!("{} does not say where it posts to: {why}", provider.name),
                COMPARE,
            )],
        }
    }

    fn pointed(&self, posts: &Posts) -> Vec<Check> {
        let legs = [(Leg::Status, "statuses", &posts.status), (Leg::Inbound, "what people write", &posts.inbound)];
        let checks = legs.into_iter().filter_map(|(leg, what, said)| {
            let own = self.urls(&self.tenant.provider, leg);
            (!own.is_empty()).then(|| self.pointed_at(what, said.as_deref(), &own))
        });
        checks.collect()
    }

    fn pointed_at(&self, what: &str, said: Option<&str>, own: &[String]) -> Check {
        let name = &self.tenant.provider.name;
        let fix = format!(
            "enter {} there; where another system shares the account on purpose, see docs/cutover.md",
            own.join(" or ")
        );
        match said {
            Some(said) if own.iter().any(|own| self.is_same(said, own)) => {
                Check::fine(POSTS_TO, format!("{name} posts {what} to {said}"))
            }
            Some(said) => Check::finding(POSTS_TO, format!("{name} posts {what} to {said}, not here"), fix),
            None => Check::finding(POSTS_TO, format!("{name} has no address for {what}"), fix),
        }
    }

    /// Without a public address of the gateway only the paths can be compared.
    fn is_same(&self, said: &str, own: &str) -> bool {
        let parsed = |text: &str| url::Url::parse(text).ok();
        match (parsed(said), parsed(own)) {
            (Some(said), Some(own)) if self.snapshot.public_url.is_none() => said.path() == own.path(),
            (Some(said), Some(own)) => said == own,
            _ => said == own,
        }
    }
}
