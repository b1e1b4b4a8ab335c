//! Who is in: so many connections altogether, so many of one source, and who goes when somebody else wants in.
//!
//! A full house stays open to newcomers as long as somebody in it does nothing. Of the source that holds most places, the
//! connection that has been idle longest has to go: whoever fills the house with idle connections pushes out their own. Nobody
//! goes who has only just come: what they ask may be there already and not yet read, and the newcomer waits so long.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::serving::Serving;
use crate::limits::{Source, Traffic};

/// More than any machine has; within the semaphore's range.
const MOST: usize = 1 << 20;

/// Where nobody is idle, somebody may be so soon.
const AGAIN: Duration = Duration::from_millis(50);

/// Who has just come, or has just been answered, has so long to ask. Where the house is full of those, a newcomer waits as
/// long, and no longer: somebody goes then all the same.
const GRACE: Duration = Duration::from_millis(250);

/// Everybody who is in.
pub(super) struct Crowd {
    places: Arc<Semaphore>,
    most: u32,
    most_of_one: usize,
    traffic: Arc<Traffic>,
    seated: Mutex<Seated>,
}

#[derive(Default)]
struct Seated {
    next: u64,
    of_source: HashMap<Source, usize>,
    seats: HashMap<u64, Seat>,
}

struct Seat {
    source: Source,
    /// A trusted proxy: it has the connections of many.
    trusted: bool,
    serving: Arc<Serving>,
}

/// A connection's place, given back when it is dropped.
pub(super) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    source: Source,
    _permit: OwnedSemaphorePermit,
}

impl Crowd {
    pub(super) fn new(most: usize, most_of_one: usize, traffic: Arc<Traffic>) -> Arc<Self> {
        let most = most.clamp(1, MOST);
        Arc::new(Self {
            places: Arc::new(Semaphore::new(most)),
            most: u32::try_from(most).unwrap_or(u32::MAX),
            most_of_one: most_of_one.max(1),
            traffic,
            seated: Mutex::default(),
        })
    }

    /// A place for one more connection, waited for where nobody can go; `None` where its source has enough of them.
    pub(super) async fn enter(
        self: &Arc<Self>,
        source: Source,
        trusted: bool,
        serving: &Arc<Serving>,
    ) -> Option<Place> {
        if !trusted && self.has_enough(source) && !self.displace(Some(source), Duration::ZERO) {
            self.traffic.was_surplus();
            return None;
        }
        let came = Instant::now();
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
                break permit;
            }
            self.displace(None, if came.elapsed() < GRACE { GRACE } else { Duration::ZERO });
            if let Ok(Ok(permit)) = timeout(AGAIN, Arc::clone(&self.places).acquire_owned()).await {
                break permit;
            }
        };
        Some(self.seat(source, trusted, serving, permit))
    }

    /// Waits until everybody has gone.
    pub(super) async fn empty(&self) {
        // Nobody closes the semaphore.
        let _ = self.places.acquire_many(self.most).await;
    }

    fn seat(
        self: &Arc<Self>,
        source: Source,
        trusted: bool,
        serving: &Arc<Serving>,
        permit: OwnedSemaphorePermit,
    ) -> Place {
        let mut seated = self.seated();
        let number = seated.next;
        seated.next += 1;
        *seated.of_source.entry(source).or_default() += 1;
        seated.seats.insert(number, Seat { source, trusted, serving: Arc::clone(serving) });
        self.traffic.came();
        Place { crowd: Arc::clone(self), number, source, _permit: permit }
    }

    /// Those who were told to go are not counted: they are gone as soon as they hear of it.
    fn has_enough(&self, source: Source) -> bool {
        let seated = self.seated();
        if seated.of_source.get(&source).is_none_or(|held| *held < self.most_of_one) {
            return false;
        }
        let stays = |seat: &&Seat| seat.source == source && !seat.serving.leaves();
        seated.seats.values().filter(stays).count() >= self.most_of_one
    }

    /// Tells somebody to go who has been idle for so long: of that source, or of the one that holds most places. Whether there
    /// is anybody.
    fn displace(&self, source: Option<Source>, least: Duration) -> bool {
        let seated = self.seated();
        let Seated { of_source, seats, .. } = &*seated;
        let held =
            |seat: &Seat| if seat.trusted { 1 } else { of_source.get(&seat.source).copied().unwrap_or_default() };
        let here = |seat: &&Seat| !seat.serving.leaves() && source.is_none_or(|source| seat.source == source);
        let idle = seats.values().filter(here);
        let idle = idle.filter_map(|seat| Some((seat.serving.idle()?, seat)));
        let idle = idle.filter(|((_, since), _)| since.elapsed() >= least);
        let late = |since: &Instant| since.elapsed() >= GRACE;
        let chosen =
            idle.max_by_key(|((waits, since), seat)| (late(since), held(seat), *waits, std::cmp::Reverse(*since)));
        let Some((_, seat)) = chosen else { return false };
        seat.serving.leave();
        self.traffic.was_displaced();
        true
    }

    fn seated(&self) -> MutexGuard<'_, Seated> {
        // Whole at every moment: nothing in between can fail.
        self.seated.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut seated = self.crowd.seated();
        seated.seats.remove(&self.number);
        if let Entry::Occupied(mut held) = seated.of_source.entry(self.source) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
        self.crowd.traffic.went();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u8) -> Source {
        std::net::IpAddr::from([192, 0, 2, last]).into()
    }

    struct House(Arc<Crowd>, Arc<Traffic>);

    impl House {
        fn new(most: usize, of_one: usize) -> Self {
            let traffic = Arc::<Traffic>::default();
            Self(Crowd::new(most, of_one, Arc::clone(&traffic)), traffic)
        }

        async fn enter(&self, last: u8) -> (Arc<Serving>, Option<Place>) {
            let serving = Arc::<Serving>::default();
            let place = timeout(GRACE / 2, self.0.enter(source(last), false, &serving)).await.ok().flatten();
            serving.wait();
            (serving, place)
        }
    }

    async fn told(serving: &Serving) {
        for _ in 0..1000 {
            if serving.leaves() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("it is not told to go");
    }

    #[tokio::test(start_paused = true)]
    async fn one_source_pushes_out_its_own_idle_ones() {
        let house = House::new(10, 2);
        let (first, _place) = house.enter(1).await;
        let (second, _other) = house.enter(1).await;
        second.begin();
        second.work();
        let (third, place) = house.enter(1).await;
        assert!(place.is_some() && first.leaves() && !second.leaves(), "the idle one goes");
        third.begin();
        third.work();
        let (_, none) = house.enter(1).await;
        assert!(none.is_none(), "nobody is idle who has not been told");
        assert!(house.enter(2).await.1.is_some(), "another source has its own");
        assert_eq!((house.1.surplus(), house.1.displaced()), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_house_has_those_go_who_hold_most_and_do_least() {
        let house = House::new(4, 10);
        let (lone, _lone) = house.enter(1).await;
        let mut many = Vec::new();
        for _ in 0..3 {
            tokio::time::advance(Duration::from_millis(5)).await;
            many.push(house.enter(2).await);
        }
        many[0].0.begin();
        tokio::time::advance(GRACE).await;
        let enter = house.0.enter(source(3), false, &lone);
        let left = async {
            told(&many[1].0).await;
            assert!(!lone.leaves() && !many[0].0.leaves() && !many[2].0.leaves(), "the one that was idle longest");
            drop(many.remove(1));
        };
        let (place, ()) = tokio::join!(enter, left);
        assert!(place.is_some());
        assert_eq!(house.1.open(), 4);
        drop((place, many, _lone));
        timeout(AGAIN, house.0.empty()).await.expect("everybody has gone");
        assert_eq!(house.1.open(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_just_come_is_given_time_to_ask() {
        let house = House::new(3, 10);
        let (old, place) = house.enter(1).await;
        tokio::time::advance(GRACE).await;
        let (fresh, _two) = (house.enter(2).await, house.enter(2).await);
        let left = async {
            told(&old).await;
            drop(place);
        };
        let (newcomer, ()) = tokio::join!(house.enter(3), left);
        assert!(newcomer.1.is_some() && !fresh.0.leaves(), "though its source holds most");
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_have_just_come_a_newcomer_waits_as_long_as_they_may() {
        let house = House::new(2, 10);
        let (first, second) = (house.enter(1).await, house.enter(2).await);
        assert!(house.enter(3).await.1.is_none() && !first.0.leaves() && !second.0.leaves());
        second.0.begin();
        // Asks again and again, so that nobody is ever idle for long.
        first.0.begin();
        let came = Instant::now();
        let left = async {
            while !first.0.leaves() {
                tokio::time::sleep(AGAIN / 2).await;
                first.0.end();
                first.0.flushed();
            }
            drop(first.1);
        };
        let serving = Arc::default();
        let (place, ()) = tokio::join!(house.0.enter(source(3), false, &serving), left);
        assert!(place.is_some());
        assert_eq!(came.elapsed().as_millis() / AGAIN.as_millis(), GRACE.as_millis() / AGAIN.as_millis());
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_let_in_and_is_not_served_yet_stays() {
        let house = House::new(1, 10);
        let serving = Arc::default();
        let place = house.0.enter(source(1), false, &serving).await;
        tokio::time::advance(GRACE * 2).await;
        assert!(house.enter(2).await.1.is_none() && !serving.leaves());
        drop(place);
        assert!(house.enter(2).await.1.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_works_is_waited_for() {
        let house = House::new(1, 10);
        let (busy, place) = house.enter(1).await;
        busy.begin();
        busy.work();
        assert!(house.enter(2).await.1.is_none(), "waits");
        busy.end();
        assert!(house.enter(2).await.1.is_none(), "its answer is not written yet");
        busy.flushed();
        assert!(busy.idle().is_some() && !busy.leaves());
        tokio::time::advance(GRACE).await;
        let ((), newcomer) = tokio::join!(
            async {
                told(&busy).await;
                drop(place);
            },
            house.enter(2)
        );
        assert!(newcomer.1.is_some());
    }
}
