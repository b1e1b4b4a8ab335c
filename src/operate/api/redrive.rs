//! `POST /api/redrive`: dead letters done again, oldest first, at a rate; or what would come of it.
//!
//! A question does one page of them and says where the next one begins. What was done is off the list, so whoever asks the
//! same again, after a stop or by mistake, goes on and repeats nothing.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use tracing::info;

use super::super::Desk;
use super::fault::Fault;
use super::letters::{Filter, head};
use super::mask;
use super::token::Bearer;
use crate::flow::{Prospect, Redriven};
use crate::model::{Name, Rate};
use crate::store::{DeadLetter, Letters, Page, Role};

/// Letters of one question.
const PAGE: usize = 100;
/// After so long a page ends early: whoever asked hears how far it is.
const LONG: Duration = Duration::from_secs(5);
/// Unless asked otherwise.
const RATE: &str = "50/s";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    id: Option<i64>,
    tenant: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    reason: Option<String>,
    since: Option<String>,
    #[serde(default)]
    dry_run: bool,
    rate: Option<String>,
    #[serde(default)]
    mapping: Version,
    /// Where the page before ended.
    #[serde(default)]
    after: i64,
    /// As the first page said: what is parked since is not of this time.
    upto: Option<i64>,
}

/// Which version of the mapping a call goes by.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Version {
    /// The newest.
    #[default]
    Newest,
    /// The one that its message was accepted under.
    Accepted,
}

/// What came of a page.
#[derive(Default)]
struct Sums {
    letters: Vec<Value>,
    redriven: u64,
    stay: u64,
}

impl Sums {
    fn add(&mut self, letter: &DeadLetter, came: &str, why: Option<String>) {
        let mut said = head(letter);
        said["came"] = json!(came);
        if let Some(why) = why {
            said["why"] = json!(mask::words(&why));
            self.stay += 1;
        } else {
            self.redriven += 1;
        }
        self.letters.push(said);
    }
}

impl Desk {
    pub(super) async fn redrive(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        bearer.may(if asked.dry_run { Role::Read } else { Role::Operate })?;
        let Asked { id, tenant, kind, name, reason, since, dry_run, rate, mapping, after, upto } = asked;
        let tenant = bearer.of(tenant)?;
        let rate = rate.as_deref().unwrap_or(RATE).parse::<Rate>();
        let rate = rate.map_err(|problem| Fault::BadRequest(format!("`rate`: {problem}")))?;
        if rate.interval() > LONG {
            return Err(Fault::BadRequest("`rate`: at least 1/5s".to_owned()));
        }
        let filter = Filter { tenant, kind, name, reason, since, ..Filter::default() };
        let fit = Letters { id, ..filter.read(self.flow.ambient.now())? };
        let newest = mapping == Version::Newest;
        // Two at once would keep to twice the rate.
        let Ok(mut before) = self.redriving.try_lock() else { return Err(Fault::Busy("another redrive is under way")) };
        let upto = match upto {
            Some(upto) => upto,
            None => self.last_letter(fit.tenant.as_ref()).await?,
        };
        let mut page = self.flow.store.letters(&fit, Page::Oldest { above: after, upto }, PAGE).await?;
        let end = page.last().map(|letter| letter.id).filter(|_| page.len() == PAGE);
        page.retain(|letter| filter.shows(&letter.why));
        if let (false, Some(first)) = (dry_run, page.first()) {
            let last = page.last().map_or(first.id, |letter| letter.id);
            let about = format!("dead letters {} to {last}: {}", first.id, page.len());
            self.note(bearer, "redrive", fit.tenant.as_ref(), about).await?;
        }
        let (began, mut sums, mut last) = (Instant::now(), Sums::default(), None);
        for letter in &page {
            if dry_run {
                let Prospect { to, stays } = self.flow.prospect(letter, newest).await?;
                sums.add(letter, &to, stays);
            } else {
                let turn = before.map_or(began, |before| before + rate.interval());
                if last.is_some() && turn > began + LONG {
                    break;
                }
                sleep_until(turn).await;
                *before = Some(Instant::now());
                self.redrive_one(letter, newest, &mut sums).await?;
            }
            last = Some(letter.id);
        }
        let next = if sums.letters.len() == page.len() { end } else { last };
        let Sums { letters, redriven, stay } = sums;
        Ok(json!({
            "dry_run": dry_run, "letters": letters, "redriven": redriven, "stay": stay, "next": next, "upto": upto,
        }))
    }

    async fn redrive_one(&self, letter: &DeadLetter, newest: bool, sums: &mut Sums) -> Result<(), Fault> {
        let redriven = self.flow.redrive(letter, newest).await?;
        info!(
            letter = letter.id,
            tenant = letter.tenant.as_ref().map(tracing::field::display),
            kind = letter.kind,
            ?redriven,
            "redriven"
        );
        match redriven {
            Redriven::Queued => sums.add(letter, "queued", None),
            Redriven::Used => sums.add(letter, "used", None),
            Redriven::Stays(why) => sums.add(letter, "stays", Some(why)),
            Redriven::Gone => sums.letters.push(head(letter)),
        }
        Ok(())
    }

    /// Of that tenant: how many others have is not its affair.
    async fn last_letter(&self, tenant: Option<&Name>) -> Result<i64, Fault> {
        let newest = self.flow.store.dead_letters(tenant, 1).await?;
        Ok(newest.first().map_or(0, |letter| letter.id))
    }
}
