//! How often a mapped message allocates, counted and held to a bound. Runs in `cargo test` too: counts do not depend on
//! the machine. Times are `gateway`'s.

mod mapping;
mod reference;

use mapping::{Trouble, agree, cases};

/// More than this are a mistake: the counts of docs/performance.md, with a little room.
const MOST: [(&str, u64); 6] = [
    ("send, one program", 9),
    ("send, two programs over the model", 17),
    ("send, all the gateway does", 60),
    ("carousel, two programs over the model", 30),
    ("failed status to report, all", 63),
    ("tapped button to post, all", 108),
];

/// Caches and tables are filled by then.
const WARM: usize = 3;

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
    if over.is_empty() { Ok(()) } else { Err(format!("more allocations than allowed: {}", over.join(", ")).into()) }
}
