//! What each fuzz target does with its input, as a plain function, and the inputs from which fuzzing starts.
//!
//! A target panics where something is wrong; `fuzz/run` looks for such inputs, and the tests here replay the seeds, so
//! that the targets are known to run. Start at [`TARGETS`].

pub mod api;
pub mod body;
pub mod codec;
pub mod expression;
pub mod fmt;
pub mod loader;
pub mod program;
pub mod proof;
pub mod prose;
pub mod seed;
pub mod shipped;

/// A target's name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("loader", loader::run),
    ("expression", expression::run),
    ("program", program::run),
    ("prose", prose::run),
    ("codec", codec::run),
    ("body", body::run),
    ("proof", proof::run),
    ("api", api::run),
    ("fmt", fmt::run),
];

#[cfg(test)]
mod tests {
    use super::{TARGETS, seed};

    #[test]
    fn every_target_takes_its_seeds() {
        for (name, run) in TARGETS {
            let seeds = seed::of(name);
            assert!(seeds.len() >= 10, "{name} has {} seeds", seeds.len());
            // Enough of them to know that the target runs: this is no fuzzing yet.
            for seed in seeds.iter().step_by(seeds.len().div_ceil(60)) {
                run(seed);
                // Cut short, and with one byte changed: what a first step of fuzzing would try.
                run(&seed[..seed.len() / 2]);
                let mut changed = seed.clone();
                if let Some(byte) = changed.get_mut(seed.len() / 3) {
                    *byte = byte.wrapping_add(1);
                }
                run(&changed);
            }
        }
    }

    #[test]
    fn the_dictionary_has_every_function() {
        let words = seed::dictionary();
        for function in switchboard::functions::FUNCTIONS {
            assert!(words.contains(&format!("\"| {}\"", function.name)), "{}", function.name);
        }
    }
}
