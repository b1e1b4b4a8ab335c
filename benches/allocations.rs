//! How often a mapped message allocates, counted and held to a bound. Runs in `cargo test` too: counts do not depend on
//! the machine. Times are `gateway`'s.

mod mapping;
mod reference;
mod whole;

use mapping::{Trouble, agree, cases};
use whole::Whole;

/// More than this are a mistake: the counts of docs/performance.md, with a little room.
const MOST: [(&str, u64); 6] = [
    ("send, one program", 6),
    ("send, two programs over the model", 11),
    ("send, all the gateway does", 44),
    ("carousel, two programs over the model", 23),
    ("failed status to report, all", 51),
    ("tapped button to post, all", 78),
];

/// Of a whole message, by step: taken in and answered, then sent and settled. The log is off; the store in memory is a part
/// of both.
const MOST_OF_ALL: [(&str, u64); 2] = [("accept", 67), ("settle", 73)];

/// Caches and tables are filled by then.
const WARM: usize = 3;
/// The memory of tables grows by doubling, so one message may pay for many: the median of so many counts.
const MESSAGES: usize = 101;

fn main() -> Result<(), Trouble> {
    // Test runners ask what there is before they run it.
    if std::env::args().any(|argument| argument == "--list") {
        println!("allocations: test");
        return Ok(());
    }
    let mut over = Vec::new();
    println!("allocations per message (bytes), programs and by hand:");
    for case in cases()? {
        for _ in 0..WARM {
            agree(&case)?;
        }
        let programs = allocation_counter::measure(|| drop((case.programs)()));
        let by_hand = allocation_counter::measure(|| drop((case.by_hand)()));
        let most = MOST.iter().find(|(name, _)| *name == case.name).map_or(0, |(_, most)| *most);
        println!(
            "{:<40} of {:>4} bytes: {:>4} ({:>6})  {:>4} ({:>6})  at most {most}",
            case.name, case.bytes, programs.count_total, programs.bytes_total, by_hand.count_total, by_hand.bytes_total,
        );
        if programs.count_total > most {
            over.push(case.name);
        }
    }
    let mut whole = Whole::start()?;
    let mut counts: [Vec<(u64, u64)>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..MESSAGES {
        let incoming = whole.incoming();
        counts[0].push(counted(|| whole.accept(incoming))?);
        let message = whole.handed()?;
        counts[1].push(counted(|| whole.settle(message))?);
    }
    println!("allocations of a whole message, without HTTP and disk:");
    for ((name, most), counts) in MOST_OF_ALL.into_iter().zip(&mut counts) {
        counts.sort_unstable();
        let (count, bytes) = counts[MESSAGES / 2];
        println!("{name:<40} {count:>4} ({bytes:>6})  at most {most}");
        if count > most {
            over.push(name);
        }
    }
    if over.is_empty() { Ok(()) } else { Err(format!("more allocations than allowed: {}", over.join(", ")).into()) }
}

/// How often something allocated, and how much.
fn counted(act: impl FnOnce() -> Result<(), Trouble>) -> Result<(u64, u64), Trouble> {
    let mut done = Ok(());
    let counts = allocation_counter::measure(|| done = act());
    done.map(|()| (counts.count_total, counts.bytes_total))
}
