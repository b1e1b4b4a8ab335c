//! Tells whom `alarms` names: one task looks, one posts. Neither is waited for by any message: what is posted waits in a
//! queue with an end, for a time with an end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tracing::{info, warn};

use super::Secrets;
use super::clock::now;
use super::housekeeping::Rounds;
use crate::auth::WebhookKey;
use crate::client::Outbound;
use crate::config::Alarms;
use crate::model::wire::Class;
use crate::operate::{Board, Change, Desk, Notice};

/// How often it is looked; what stands at two looks is told.
const LOOK: Duration = Duration::from_secs(5);
/// Alarms that wait to be posted.
const ROOM: usize = 256;
/// Who has not taken an alarm after so long is not told of it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// Between the first two attempts; then twice as long each, up to the longest.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// From whoever looks to whoever posts.
pub(super) fn queue() -> (mpsc::Sender<Notice>, mpsc::Receiver<Notice>) {
    mpsc::channel(ROOM)
}

/// Looks until `stop`, while there is somebody to tell.
pub(super) async fn look(desk: Arc<Desk>, out: mpsc::Sender<Notice>, stop: watch::Receiver<bool>) {
    let mut rounds = Rounds::new(LOOK, Arc::default(), stop);
    let mut board = Board::default();
    while rounds.next().await {
        let Some(to) = desk.alarms_to() else {
            board = Board::default();
            continue;
        };
        let Some(seen) = rounds.until_stop(desk.alarms()).await else { return };
        for change in board.look(seen, now()) {
            if to.tells(change.alarm.kind.as_str()) {
                post(&desk, &out, &change);
            }
        }
    }
}

fn post(desk: &Desk, out: &mpsc::Sender<Notice>, change: &Change) {
    let notice = Notice::of(change, format!("alarm_{:032x}", rand::random::<u128>()), now());
    info!(id = notice.id, alarm = notice.key, raised = change.raised, "alarm");
    if out.try_send(notice).is_err() {
        desk.told.lost();
        warn!(alarm = change.alarm.key(), "an alarm is told to nobody: too many wait");
    }
}

/// Posts until `stop`.
pub(super) async fn tell(
    desk: Arc<Desk>,
    outbound: Arc<dyn Outbound>,
    secrets: Secrets,
    mut notices: mpsc::Receiver<Notice>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let teller = async {
            let notice = notices.recv().await?;
            told(&desk, &*outbound, &secrets, &notice).await;
            Some(())
        };
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            done = teller => if done.is_none() { return },
        }
    }
}

/// Posts one until it is taken, nobody is named any more, or it is too old.
async fn told(desk: &Desk, outbound: &dyn Outbound, secrets: &Secrets, notice: &Notice) {
    let mut pause = FIRST;
    while let Some(to) = desk.alarms_to() {
        let Err(why) = once(&to, outbound, secrets, notice).await else {
            desk.told.told();
            return;
        };
        if now().since(notice.at) + pause >= PATIENCE {
            desk.told.lost();
            warn!(id = notice.id, alarm = notice.key, why, "an alarm is told to nobody: given up");
            return;
        }
        warn!(id = notice.id, alarm = notice.key, why, "an alarm was not taken: again soon");
        sleep(pause).await;
        pause = (2 * pause).min(LONGEST);
    }
}

async fn once(to: &Alarms, outbound: &dyn Outbound, secrets: &Secrets, notice: &Notice) -> Result<(), String> {
    let (secrets, reference) = (secrets.clone(), to.secret.clone());
    let secret = tokio::task::spawn_blocking(move || secrets.resolve(&reference)).await;
    let secret = secret.map_err(|problem| problem.to_string())?.map_err(|problem| problem.to_string())?;
    let key = WebhookKey::read(&secret);
    let key = key.ok_or("`alarms.secret` is no key: it is 24 to 64 bytes in base64, `whsec_` before them or not")?;
    let answer = outbound.send(notice.call(&to.url, &key, now())).await;
    if answer.class == Class::Success { Ok(()) } else { Err(answer.told()) }
}
