//! How long a mapping takes: programs and hand-written in turn, so that a busy moment hits both.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::mapping::{Case, Trouble, agree, cases};
use crate::report::median;

/// One turn of one side.
const TURN: Duration = Duration::from_millis(100);
/// The clock is asked once for so many: few enough to fit into one slice of the scheduler.
const BATCH: u32 = 16;

/// One case in all rounds, in nanoseconds per message.
pub(super) struct Timed {
    pub(super) name: &'static str,
    pub(super) bytes: usize,
    pub(super) programs: Vec<f64>,
    pub(super) by_hand: Vec<f64>,
}

/// Takes all times. Both ways are shown to agree first.
pub(super) fn measure(rounds: usize) -> Result<Vec<Timed>, Trouble> {
    let cases = cases()?;
    cases.iter().try_for_each(agree)?;
    let mut times: Vec<Timed> = cases
        .iter()
        .map(|case| Timed { name: case.name, bytes: case.bytes, programs: Vec::new(), by_hand: Vec::new() })
        .collect();
    // One round more than counted: the first warms up.
    for round in 0..=rounds {
        for (case, timed) in cases.iter().zip(&mut times) {
            let (programs, by_hand) = both(case)?;
            if round > 0 {
                timed.programs.push(programs);
                timed.by_hand.push(by_hand);
            }
        }
    }
    Ok(times)
}

fn both(case: &Case) -> Result<(f64, f64), Trouble> {
    Ok((turn(&case.programs)?, turn(case.by_hand)?))
}

/// The median over the batches of a turn: in the middle of a batch the machine may have given the core away.
fn turn(map: impl Fn() -> Result<Vec<u8>, Trouble>) -> Result<f64, Trouble> {
    let (begun, mut batches) = (Instant::now(), Vec::new());
    while begun.elapsed() < TURN {
        let begun = Instant::now();
        for _ in 0..BATCH {
            black_box(map()?);
        }
        batches.push(begun.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH));
    }
    Ok(median(&batches))
}
