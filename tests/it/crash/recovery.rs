//! The restart is killed too, again and again, while it recovers what the first kill cut off.

use futures_util::future::join_all;
use switchboard::faults::Point;
use switchboard::sim::Delay;
use switchboard::sim::platform::Campaign;
use switchboard::sim::provider::{Answers, ProviderOptions};

use super::matrix::{brands, dies, with_fault};
use super::oracle::{Kill, Oracle};
use crate::world::{Process, World, certain, provider};

/// Messages of each brand.
const MESSAGES: u64 = 30;

/// One after the other, each at a start that finds what the one before it left.
const AGAIN: &[(Point, u64)] = &[
    (Point::StoreMade, 1),
    (Point::StoreOpened, 1),
    (Point::RecoverFound, 1),
    (Point::RecoverFound, 3),
    (Point::SettleWritten, 2),
    (Point::SettleCommitted, 2),
    (Point::RecoverSettled, 3),
    (Point::StartListening, 1),
    (Point::RecoverSettled, 1),
    (Point::WakeFound, 1),
    (Point::WakeFound, 3),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_while_it_recovers_nothing_is_lost() {
    // So long that a kill finds many attempts under way.
    let answers = Answers { delay: Delay::millis(1500, 2000), ..Answers::default() };
    let world = World::new(brands(), ProviderOptions { answers, life: certain(), ..provider() }).await;
    let process = Process::start(&world).await;
    let fired = join_all(world.brands.iter().map(|brand| {
        let campaign = Campaign { concurrency: 8, ..world.campaign(brand, MESSAGES) };
        brand.platform.campaign(campaign)
    }));
    assert!(fired.await.iter().all(|campaign| campaign.accepted == MESSAGES));
    process.kill();
    let mut kills = vec![Kill::found(&world).await];
    let begun = kills[0].under_way();
    assert!(begun > 20, "{begun} attempts were under way");
    for (point, nth) in AGAIN {
        dies(&world, with_fault(&world, *point, *nth), &format!("{}:{nth}", point.name())).await;
        kills.push(Kill::found(&world).await);
    }
    // All is well with the provider, and what is in doubt is sent again or given up, as its tenant says.
    world.provider.set_answers(Answers::default());
    let process = Process::start(&world).await;
    let verdict = Oracle { world: &world, kills: &kills, stopped: &[] }.end(process).await;
    println!("killed {} times, {begun} attempts under way at first: {verdict}", kills.len());
    assert!(verdict.problems.is_empty(), "{:#?}", verdict.problems);
    assert_eq!(verdict.acknowledged, 2 * MESSAGES);
}
