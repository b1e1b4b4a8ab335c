//! How fast lanes really send: the window's bound, the time that a queue takes, and rates that change meanwhile.

use proptest::prelude::*;

use super::fair::{Arrivals, carrier};
use super::*;

const FROM: [&str; 2] = ["14155550100", "14155550101"];

/// Two numbers of one tenant; how many each sends, at which rates, with which burst of the tenant.
#[derive(Clone, Debug)]
struct Campaign {
    counts: [i64; 2],
    rates: [u32; 2],
    send: u32,
    burst: u32,
}

fn acme(campaign: &Campaign) -> Source {
    let [one, other] = [0, 1].map(|at| format!("{{ number: \"{}\", rate: {}/s }}", FROM[at], campaign.rates[at]));
    let acme = tenant("acme", &format!("{one}, {other}"));
    let limits = format!("limits: {{ send: {}/s, burst: {} }}\n", campaign.send, campaign.burst);
    Source::new(acme.name.to_string(), format!("{}{limits}", acme.text))
}

fn campaigns() -> impl Strategy<Value = Campaign> {
    let burst = prop_oneof![1_u32..5, 5_u32..200];
    ([1_i64..100, 1..100], [1_u32..400, 1..2000], 1_u32..800, burst).prop_map(|(counts, rates, send, burst)| Campaign {
        counts,
        rates,
        send,
        burst,
    })
}

/// When each message reached the provider, by number of the tenant.
fn send(campaign: &Campaign) -> [Vec<Duration>; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let arrivals = Arrivals::default();
        let stage = Stage::new(vec![acme(campaign)], Arc::default(), carrier(&arrivals, |_| Duration::ZERO));
        for (at, from) in FROM.into_iter().enumerate() {
            for number in 0..campaign.counts[at] {
                let number = number + if at == 0 { 0 } else { 10_000 };
                stage.hand(Class::Promotional, number, "acme", from).await;
            }
        }
        let all = usize::try_from(campaign.counts.iter().sum::<i64>()).unwrap();
        for _ in 0..100_000 {
            if arrivals.numbers().len() == all {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(arrivals.numbers().len(), all, "nothing is held back for ever");
        let times = arrivals.times();
        let first = *times.values().min().unwrap();
        stage.end().await;
        let of = |second: bool| {
            let mut times: Vec<_> =
                times.iter().filter(|(number, _)| (**number >= 10_000) == second).map(|(_, at)| *at - first).collect();
            times.sort();
            times
        };
        [of(false), of(true)]
    })
}

/// In any window no more than the rate allows and the burst.
fn assert_bounded(times: &[Duration], rate: u32, burst: u32) {
    for (from, start) in times.iter().enumerate() {
        for (upto, end) in times.iter().enumerate().skip(from) {
            let beyond = (1 + upto - from).saturating_sub(usize::try_from(burst).unwrap());
            let had = (*end - *start).as_nanos() * u128::from(rate);
            let needed = u128::try_from(beyond).unwrap() * 1_000_000_000;
            assert!(needed <= had, "{} within {:?} at {rate}/s, burst {burst}", 1 + upto - from, *end - *start);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn in_no_window_more_than_rate_and_burst(campaign in campaigns()) {
        let times = send(&campaign);
        for (times, rate) in times.iter().zip(campaign.rates) {
            assert_bounded(times, rate, rate);
        }
        let mut all = times.concat();
        all.sort();
        assert_bounded(&all, campaign.send, campaign.burst);
    }
}

/// What is held back by a rate goes at that rate: a burst at once, the rest evenly, and nothing is lost to timers.
#[test]
fn a_queue_takes_hardly_longer_than_its_rate_says() {
    for (rate, send) in [(1000, 5000), (5000, 500)] {
        let campaign = Campaign { counts: [2000, 1], rates: [rate, 1], send, burst: 100 };
        let [times, _] = self::send(&campaign);
        let (rate, burst) = if rate < send { (rate, rate) } else { (send, 100) };
        let ideal = Duration::from_secs(u64::from(2000 - burst)) / rate;
        let took = *times.last().unwrap() - times[0];
        assert!(took <= ideal.mul_f64(1.02), "{took:?} instead of {ideal:?}");
    }
}

/// Each message's history says what it waited for, and only if it was long.
#[tokio::test(start_paused = true)]
async fn what_a_message_waited_for_is_in_its_history() {
    let arrivals = Arrivals::default();
    let slow = tenant("acme", "{ number: \"14155550100\", rate: 1/10s }, { number: \"14155550101\", rate: 100/s }");
    let limited =
        Source::new(slow.name.to_string(), format!("{}limits: {{ pair: 1/30s, pair_burst: 1 }}\n", slow.text));
    let stage = Stage::new(vec![limited], Arc::default(), carrier(&arrivals, |_| Duration::ZERO));
    for number in 1..=3 {
        stage.accept(number, "acme", FROM[0]).await;
    }
    for number in [11, 12] {
        stage.accept_to(Class::Promotional, number, ("acme", FROM[1]), 77).await;
    }
    sleep(Duration::from_secs(60)).await;
    let line = async |number| {
        let history = stage.store.history(Ref::from_number(number)).await.unwrap();
        history.into_iter().find(|line| line.text.starts_with("taken")).unwrap().text
    };
    let (first, second, third) = (line(1).await, line(2).await, line(3).await);
    assert_eq!(first, "taken by the provider");
    assert!(second.starts_with("taken by the provider · waited for its turn: number "), "{second}");
    assert!(third.starts_with("taken by the provider · waited for its turn: number "), "{third}");
    let seconds = |line: &str| line.rsplit(' ').nth(1).unwrap().parse::<f64>().unwrap();
    assert!(seconds(&second) < seconds(&third), "{second}, {third}");
    assert_eq!(line(11).await, "taken by the provider");
    let apart = line(12).await;
    assert!(apart.starts_with("taken by the provider · waited for its turn: pair "), "{apart}");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_raised_rate_does_not_wait_as_long_as_the_old_one_said() {
    let arrivals = Arrivals::default();
    let slow = tenant("acme", "{ number: \"14155550100\", rate: 1/1h }");
    let stage = Stage::new(vec![slow], Arc::default(), carrier(&arrivals, |_| Duration::ZERO));
    for number in 0..5 {
        stage.accept(number, "acme", "14155550100").await;
    }
    sleep(Duration::from_secs(60)).await;
    assert_eq!(arrivals.numbers().len(), 1);
    stage.flow.configure(snapshot(vec![tenant("acme", "{ number: \"14155550100\", rate: 100/s }")]));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(arrivals.numbers().len(), 5);
    stage.end().await;
}

/// A provider that grants twenty a second where we would send a hundred: it is not run against for long, and when it
/// grants more, that is found.
#[tokio::test(start_paused = true)]
async fn a_provider_that_says_too_fast_is_sent_less_and_then_slowly_more() {
    let granted = Arc::new(AtomicU64::new(20));
    let (taken, refused) = (Arc::new(Mutex::new(Vec::<Instant>::new())), Arc::new(AtomicU64::new(0)));
    let play = {
        let (granted, taken, refused) = (granted.clone(), taken.clone(), refused.clone());
        move |_: &Prepared, _: usize| {
            let mut taken = taken.lock().unwrap();
            let now = Instant::now();
            let recent = taken.iter().rev().take_while(|at| now - **at < Duration::from_secs(1)).count();
            let fast = u64::try_from(recent).unwrap() >= granted.load(Ordering::Relaxed);
            if fast {
                refused.fetch_add(1, Ordering::Relaxed);
            } else {
                taken.push(now);
            }
            std::future::ready(answer(if fast { 429 } else { 202 })).boxed()
        }
    };
    let provider = PROVIDER.replace("again: [ unreached, 5xx ]", "again: [ unreached, 429 ]");
    let acme = tenant("acme", "{ number: \"14155550100\", rate: 100/s }");
    let stage = Stage::with(snapshot_with(&provider, vec![acme]), Arc::default(), play);
    let rate = || {
        let snapshot = stage.flow.snapshot.load_full();
        let tenant = snapshot.tenant("acme").unwrap();
        stage.flow.percent(tenant, &tenant.numbers[0])
    };
    for number in 0..9000 {
        stage.accept(number, "acme", "14155550100").await;
    }
    assert_eq!(rate(), 100);
    sleep(Duration::from_secs(120)).await;
    let (some, lost) = (taken.lock().unwrap().len(), refused.load(Ordering::Relaxed));
    assert!(rate() < 40, "{}", rate());
    assert!(some > 120 * 10, "{some} of at most 2400 were taken");
    assert!(lost < 400, "{lost} were sent in vain");
    granted.store(1000, Ordering::Relaxed);
    sleep(Duration::from_secs(110)).await;
    assert_eq!(rate(), 100, "never more, and all of it again");
    let before = taken.lock().unwrap().len();
    sleep(Duration::from_secs(10)).await;
    let after = taken.lock().unwrap().len() - before;
    assert!(after <= 1000 + 100, "{after} in ten seconds");
    stage.end().await;
}

/// What a restart forgets is learned again at a price that is known: docs/design.md.
#[tokio::test(start_paused = true)]
async fn after_a_restart_the_pace_is_learned_again_with_few_sent_in_vain() {
    let (taken, refused) = (Arc::new(Mutex::new(Vec::<Instant>::new())), Arc::new(AtomicU64::new(0)));
    let play = |taken: &Arc<Mutex<Vec<Instant>>>, refused: &Arc<AtomicU64>| {
        let (taken, refused) = (taken.clone(), refused.clone());
        move |_: &Prepared, _: usize| {
            let (mut taken, now) = (taken.lock().unwrap(), Instant::now());
            let fast = taken.iter().rev().take_while(|at| now - **at < Duration::from_secs(1)).count() >= 20;
            if fast {
                refused.fetch_add(1, Ordering::Relaxed);
            } else {
                taken.push(now);
            }
            std::future::ready(answer(if fast { 429 } else { 202 })).boxed()
        }
    };
    let provider = PROVIDER.replace("again: [ unreached, 5xx ]", "again: [ unreached, 429 ]");
    let acme = || vec![tenant("acme", "{ number: \"14155550100\", rate: 80/s }")];
    let store: Arc<Memory> = Arc::default();
    let mut before = 0;
    for restart in 0..3 {
        let stage = Stage::with(snapshot_with(&provider, acme()), store.clone(), play(&taken, &refused));
        if restart == 0 {
            for number in 0..3000 {
                stage.accept(number, "acme", "14155550100").await;
            }
        }
        sleep(Duration::from_secs(15)).await;
        let in_vain = refused.load(Ordering::Relaxed) - before;
        assert!((1..=64 + 2 * 80).contains(&in_vain), "{in_vain} at start {restart}");
        before += in_vain;
        stage.end().await;
    }
}

/// On a clock that nobody moves, for docs/performance.md: the time and the windows of a queue of ten thousand, and what
/// asking for a turn costs.
#[test]
#[ignore = "takes twenty seconds and asserts no time"]
fn real() {
    const MANY: i64 = 10_000;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let acme = || tenant("acme", "{ number: \"14155550100\", rate: 1000/s }");
    let ideal = Duration::from_secs(9);
    runtime.block_on(async {
        let arrivals = Arrivals::default();
        let store = Arc::new(Memory::new());
        let stage = Stage::new(vec![acme()], store, carrier(&arrivals, |_| Duration::ZERO));
        for number in 0..MANY {
            stage.accept(number, "acme", FROM[0]).await;
        }
        while arrivals.numbers().len() < usize::try_from(MANY).unwrap() {
            sleep(Duration::from_millis(20)).await;
        }
        let mut times: Vec<Instant> = arrivals.times().into_values().collect();
        times.sort();
        let took = *times.last().unwrap() - times[0];
        println!(
            "10000 queued at 1000/s, burst 1000: {took:?}, {:.3} of ideal",
            took.as_secs_f64() / ideal.as_secs_f64()
        );
        for window in [10_u32, 100, 1000] {
            let most = times.iter().enumerate().map(|(at, start)| {
                let end = *start + Duration::from_millis(window.into());
                times.partition_point(|time| *time <= end) - at
            });
            println!("most calls in a window of {window} ms: {} of {}", most.max().unwrap_or(0), window + 1000);
        }
        stage.end().await;
    });
    let (took, used) = runtime.block_on(async {
        let (work, _) = mpsc::channel(1);
        let ambient = Arc::new(Clock(Instant::now(), AtomicU64::new(0)));
        let played = Arc::new(Played(Box::new(|_, _| std::future::ready(answer(202)).boxed()), Mutex::default()));
        let flow = Arc::new(Flow::new(snapshot(vec![acme()]), Arc::new(Memory::new()), played, ambient, work));
        let lane = Lane { tenant: "acme".into(), from: FROM[0].into() };
        let seat = crate::dispatch::gate::Gates::new(flow).sit("carrier/acme", &lane, Arc::default());
        let (begun, before, mut went) = (Instant::now(), on_a_core(), 0);
        while went < MANY {
            match seat.ask(Class::Promotional) {
                crate::dispatch::gate::Turn::Go(permit) => {
                    went += 1;
                    drop(permit);
                }
                crate::dispatch::gate::Turn::At(at) => tokio::time::sleep_until(at).await,
                crate::dispatch::gate::Turn::Bell => unreachable!("nobody else is here"),
            }
        }
        (begun.elapsed(), on_a_core() - before)
    });
    let share = used.as_secs_f64() / took.as_secs_f64();
    println!("10000 turns alone: {took:?}, of a core {:.2} % ({:?} a turn)", 100.0 * share, used / 10_000);
}

/// The time that this thread had a core.
fn on_a_core() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}
