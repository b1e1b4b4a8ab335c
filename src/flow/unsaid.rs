//! A report that the mapping could not say: kept as a dead letter, said once the mapping is mended.

use tracing::info;

use super::letters::{self, told};
use super::settle::Said;
use super::{Flow, Work};
use crate::store::{Change, DeadLetter, Line, StoreError};

impl Flow {
    /// Says a report that the mapping could not say, if it was mended meanwhile; why it stays.
    ///
    /// # Errors
    /// What the store says; the letter is where it was.
    pub async fn say_again(&self, letter: &DeadLetter) -> Result<Option<String>, StoreError> {
        let stays = |why: &str| Ok(Some(why.to_owned()));
        let event = match letters::read(&letter.content) {
            Ok(event) => event,
            Err(why) => return Ok(Some(why)),
        };
        loop {
            let Some(reference) = letter.message else { return stays("it names no message") };
            let Some(message) = self.store.message(reference).await? else { return stays("its message was removed") };
            let snapshot = self.snapshot.load_full();
            let Some(tenant) = snapshot.tenant(message.message.lane.tenant.as_str()) else {
                return stays("its tenant has no file now");
            };
            let now = self.ambient.now();
            let Said { words, calls, letters } = match self.say(&message, tenant, &event, now) {
                Ok(said) => said,
                Err(refusal) => return Ok(Some(told(&refusal))),
            };
            let line = Line { at: now, text: format!("{} said after all", letter.name) };
            let change = Change {
                said: (words != message.said).then_some(words),
                calls,
                newest: true,
                letters,
                redrives: Some(letter.id),
                // Words only: an attempt that is under way has nothing to do with it.
                goes_on: true,
                ..Change::of(&message, message.message.life.clone(), line)
            };
            match self.store.update(change).await {
                Ok(_) => {
                    info!(id = %reference, tenant = %tenant.name, status = letter.name, "said after all");
                    self.tell(Work::Calls);
                    return Ok(None);
                }
                Err(StoreError::Conflict) => {}
                Err(problem) => return Err(problem),
            }
        }
    }
}
