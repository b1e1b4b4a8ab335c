//! What the traffic of the last day says: callers who were refused, failures and what they come of, statuses that do not
//! come, what is held, what was given up.

use std::collections::BTreeMap;
use std::time::Duration;

use super::reasons::{Whose as Affair, explained};
use super::{Check, Patient};
use crate::flow::{Fact, Times, Whose};
use crate::mapping::{Leg, Mapping};
use crate::model::Reason;
use crate::store::{Holding, Which};

const CALLERS: &str = "callers";
const WEBHOOKS: &str = "webhooks";
const FAILURES: &str = "failures";
const STATUSES: &str = "statuses";
const HELD: &str = "held";
const LETTERS: &str = "dead_letters";
const SYNC: &str = "template_sync";
/// The first status comes within seconds.
const SOON: Duration = Duration::from_secs(60);

impl Patient<'_> {
    pub(super) async fn traffic(&self) -> Vec<Check> {
        let mut checks = vec![self.callers(), self.webhooks()];
        checks.extend(self.held());
        checks.extend(self.failures());
        checks.push(self.statuses());
        checks.extend(self.template_sync());
        checks.extend(self.letters().await);
        checks
    }

    /// Requests of the platform's kind that proved to be nobody's. Whose they were nobody can tell; a tenant whose sends were
    /// accepted since has nothing to do with them.
    fn callers(&self) -> Check {
        let platform = &self.tenant.platform;
        let strangers = self.strangers(platform, &[Leg::Send, Leg::Templates]);
        let known = self.last(|fact| matches!(fact, Fact::Accepted | Fact::Listed | Fact::Refused(_)));
        let Some((path, cause, times)) = strangers else {
            return Check::fine(
                CALLERS,
                format!("no request was refused at the routes of {} for its credentials", platform.name),
            );
        };
        if known.is_some_and(|known| known.last >= times.last) {
            return Check::fine(
                CALLERS,
                format!("requests of the tenant come in; {path} refused others {}", self.times(times)),
            );
        }
        let names =
            self.tenant.platform_side.credentials.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let says = format!(
            "{path} refuses requests, credentials {cause}: {}, and none of this tenant's came in since",
            self.times(times)
        );
        let fix = format!(
            "enter the tenant's credentials in the platform's dashboard again, exactly as the tenant's file has them ({names})"
        );
        Check::finding(CALLERS, says, fix)
    }

    /// Webhooks that proved to be nobody's.
    fn webhooks(&self) -> Check {
        let provider = &self.tenant.provider;
        let news = self.last(|fact| matches!(fact, Fact::Status | Fact::Inbound(_)));
        let Some((path, cause, times)) = self.strangers(provider, &[Leg::Status, Leg::Inbound]) else {
            return Check::fine(WEBHOOKS, format!("no webhook of {} was refused for its signature", provider.name));
        };
        if news.is_some_and(|news| news.last >= times.last) {
            return Check::fine(
                WEBHOOKS,
                format!("webhooks of the tenant come in; {path} refused others {}", self.times(times)),
            );
        }
        let says = format!(
            "{path} refuses webhooks, signature {cause}: {}, and none of this tenant's came in since",
            self.times(times)
        );
        let fix = "the signature secret in the tenant's file must be the one of the provider's dashboard; what was refused comes again by itself";
        Check::finding(WEBHOOKS, says, fix)
    }

    /// The newest refused request at routes of those legs.
    fn strangers(&self, mapping: &Mapping, legs: &[Leg]) -> Option<(String, &'static str, Times)> {
        let sections = mapping.sections().filter(|section| legs.contains(&section.leg));
        let paths: Vec<&String> = sections.flat_map(|section| &section.routes).flat_map(|route| &route.paths).collect();
        let first = |path: &str| path.split('{').next().unwrap_or_default().to_owned();
        let whose = Whose::Mapping(mapping.name.clone());
        let facts = self.desk.flow.lately.of(&whose, self.now).into_iter();
        let there = facts.filter_map(|(fact, times)| match fact {
            Fact::Stranger(path, cause) if paths.iter().any(|known| path.starts_with(&first(known))) => {
                Some((path, cause, times))
            }
            _ => None,
        });
        there.max_by_key(|(.., times)| times.last)
    }

    /// Failures by reason: those that somebody must mend, the most frequent first, and how many are nobody's fault.
    fn failures(&self) -> Vec<Check> {
        let mut reasons: BTreeMap<&str, (u64, Vec<String>, Times)> = BTreeMap::new();
        for (fact, times) in &self.facts {
            let (reason, code) = match fact {
                Fact::Failed(reason, code) | Fact::Held(reason, code) => (*reason, code.clone()),
                Fact::Refused(reason) => (*reason, None),
                _ => continue,
            };
            let entry = reasons.entry(reason).or_insert((0, Vec::new(), *times));
            entry.0 += times.count;
            entry.1.extend(code.filter(|code| !entry.1.contains(code)));
            entry.2 = Times { count: entry.0, last: entry.2.last.max(times.last) };
        }
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for (word, (count, codes, times)) in reasons {
            let (whose, comes_of, fix) = explained(word.parse().unwrap_or(Reason::Unknown));
            let codes = if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) };
            match whose {
                Affair::SetUp => {
                    let says = format!("messages fail with {word}{codes}, {}: {comes_of}", self.times(times));
                    found.push((count, Check::finding(FAILURES, says, fix)));
                }
                Affair::Message => others.push(format!("{count} {word}{codes}")),
            }
        }
        found.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let mut checks: Vec<Check> = found.into_iter().map(|(_, check)| check).collect();
        if checks.is_empty() {
            let others = if others.is_empty() {
                "nothing at all".to_owned()
            } else {
                format!("for the person's sake alone: {}", others.join(", "))
            };
            checks.push(Check::fine(
                FAILURES,
                format!("within a day, as far as this process runs, there failed {others}"),
            ));
        }
        checks
    }

    /// The provider takes messages and says nothing of them.
    fn statuses(&self) -> Check {
        let taken = self.last(|fact| *fact == Fact::Taken);
        let news = self.last(|fact| *fact == Fact::Status);
        match (taken, news) {
            (None, _) => Check::unseen(
                STATUSES,
                "nothing was sent within a day, so no status could come",
                "`switchboard send` sends one",
            ),
            (Some(taken), None) if self.now.since(taken.last) >= SOON => {
                let says = format!("the provider took messages ({}) and no status came of any", self.times(taken));
                Check::finding(STATUSES, says, self.status_fix())
            }
            (Some(taken), Some(news)) if taken.last.since(news.last) >= 10 * SOON => {
                let says =
                    format!("the provider takes messages, and the last status came before ({})", self.times(news));
                Check::finding(STATUSES, says, self.status_fix())
            }
            (Some(taken), None) => Check::fine(STATUSES, format!("sent {}: a status may come yet", self.times(taken))),
            (Some(_), Some(news)) => Check::fine(STATUSES, format!("statuses come: {}", self.times(news))),
        }
    }

    fn status_fix(&self) -> String {
        format!("the status URL at the provider must be {}", self.urls(&self.tenant.provider, Leg::Status).join(" or "))
    }

    /// Whether the platform ever asks for templates.
    fn template_sync(&self) -> Option<Check> {
        let urls = self.urls(&self.tenant.platform, Leg::Templates);
        if urls.is_empty() {
            return None;
        }
        Some(match self.facts.get(&Fact::Listed) {
            Some(times) => Check::fine(SYNC, format!("the platform asks for the templates: {}", self.times(*times))),
            None => {
                let fix = format!(
                    "the template sync URL in the platform's dashboard must be {}; start a sync there",
                    urls.join(" or ")
                );
                Check::unseen(
                    SYNC,
                    "the platform did not ask for templates within a day, as far as this process runs",
                    fix,
                )
            }
        })
    }

    fn held(&self) -> Vec<Check> {
        let held = self.desk.flow.all_held().lanes.into_iter();
        let own = held.filter_map(|(what, hold)| match what {
            Holding::Messages(lane) if lane.tenant == self.tenant.name => {
                Some((format!("sending from {}", lane.from.as_str()), hold))
            }
            Holding::Calls(lane) if lane.tenant == self.tenant.name => {
                Some((format!("`{}` to the platform", lane.name), hold))
            }
            _ => None,
        });
        let fix = "mend what the other findings name; then `switchboard release`, or wait for the probe";
        let said = own.map(|(what, hold)| {
            let says = format!("{what} is held since {}, tried again {}", hold.since, hold.probe);
            Check::finding(HELD, says, fix)
        });
        let paused = self.desk.flow.store.paused().into_iter().filter(|pause| pause.tenant == self.tenant.name);
        let paused = paused.map(|pause| {
            let what = match &pause.which {
                Which::All => "sending".to_owned(),
                Which::Sender(_) => "sending from one number".to_owned(),
                Which::Campaign(campaign) => format!("the campaign `{campaign}`"),
            };
            let says = format!("{what} is paused since {}, by {}: {}", pause.at, pause.who, pause.reason);
            Check::finding(HELD, says, "`switchboard resume` when it may go on")
        });
        let said: Vec<Check> = said.chain(paused).collect();
        if said.is_empty() { vec![Check::fine(HELD, "no lane is held or paused")] } else { said }
    }

    async fn letters(&self) -> Vec<Check> {
        let counted = match self.desk.flow.store.count_letters().await {
            Ok(counted) => counted,
            Err(problem) => {
                return vec![Check::finding(
                    LETTERS,
                    format!("the store does not answer: {problem}"),
                    "look at its disk or database: `/readyz`",
                )];
            }
        };
        let own = counted.iter().filter(|letters| letters.listed && letters.tenant.as_ref() == Some(&self.tenant.name));
        let all: Vec<String> = own.map(|letters| format!("{} {}", letters.count, letters.kind)).collect();
        vec![if all.is_empty() {
            Check::fine(LETTERS, "nothing waits for a person")
        } else {
            let fix =
                format!("`switchboard redrive --dry-run --tenant {}` shows what would go where", self.tenant.name);
            Check::finding(LETTERS, format!("dead letters: {}", all.join(", ")), fix)
        }]
    }
}
