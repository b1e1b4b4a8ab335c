//! How often a set is asked for: by many at once, by strangers without end, and by the clock.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::model::wire::Answer;

const URL: &str = "https://issuer.example/keys";
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// Counts how often it is asked, and has a set or has none.
#[derive(Default)]
struct Publisher {
    asked: AtomicUsize,
    down: AtomicBool,
}

impl Outbound for Publisher {
    fn send(&self, call: Prepared) -> BoxFuture<'_, Answer> {
        assert_eq!((call.url.as_str(), call.timeout), (URL, FETCH));
        self.asked.fetch_add(1, Ordering::SeqCst);
        let down = self.down.load(Ordering::SeqCst);
        async move {
            tokio::task::yield_now().await;
            let body = Bytes::from_static(br#"{"keys":[]}"#);
            let good = Answer { http: Some(200), class: Class::Success, headers: Vec::new(), body, trouble: None };
            if down { Answer::without(Class::Unreached, "down") } else { good }
        }
        .boxed()
    }

    fn allows(&self, _: &Url) -> bool {
        true
    }
}

fn publisher() -> (Arc<Publisher>, Arc<dyn Outbound>) {
    let publisher = Arc::new(Publisher::default());
    (Arc::clone(&publisher), publisher)
}

#[tokio::test]
async fn many_share_one_fetch_and_then_there_is_a_pause() {
    let (publisher, outbound) = publisher();
    let keys = Keys::default();
    let waits: Vec<_> = (0..100).filter_map(|_| keys.fetch(URL, &outbound, NOW)).collect();
    assert_eq!(waits.len(), 100);
    for mut over in waits {
        assert!(over.changed().await.is_err(), "it is closed, not changed");
    }
    assert_eq!((publisher.asked.load(Ordering::SeqCst), keys.times(URL)), (1, (Some(NOW), Some(NOW))));
    for millis in [0, 1, 5000, 9999] {
        assert!(keys.fetch(URL, &outbound, NOW.after(Duration::from_millis(millis))).is_none(), "{millis}");
    }
    assert!(keys.fetch(URL, &outbound, NOW.after(PAUSE)).is_some());
    let earlier = Timestamp::from_millis(NOW.millis() - 3_600_000);
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    assert!(keys.fetch(URL, &outbound, earlier).is_some(), "a clock that was set back stops nothing");
}

#[tokio::test]
async fn who_hangs_up_ends_no_fetch_and_a_failed_one_keeps_what_was_there() {
    let (publisher, outbound) = publisher();
    let keys = Keys::default();
    drop(keys.fetch(URL, &outbound, NOW));
    let mut over = keys.fetch(URL, &outbound, NOW).unwrap();
    assert!(over.changed().await.is_err());
    let first = keys.ring.get(URL).unwrap();
    publisher.down.store(true, Ordering::SeqCst);
    let later = NOW.after(PAUSE);
    let mut over = keys.fetch(URL, &outbound, later).unwrap();
    assert!(over.changed().await.is_err());
    assert_eq!((publisher.asked.load(Ordering::SeqCst), keys.times(URL)), (2, (Some(NOW), Some(later))));
    assert!(Arc::ptr_eq(&first, &keys.ring.get(URL).unwrap()));
    assert!(keys.fetch(URL, &outbound, later.after(Duration::from_secs(1))).is_none(), "failed ones have a pause, too");
}
