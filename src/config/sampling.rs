//! `samples:` of the gateway's file: how much of what parties post is kept, masked, for `diff` to try versions on.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::limits::number;
use crate::mapping::{Fields, Reader};
use crate::shape;
use crate::yaml::Node;

/// So many of each tenant and leg.
const MOST: usize = 100;
/// As long as messages are kept.
const AGE: Duration = Duration::from_secs(72 * 60 * 60);

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Requests of each tenant and leg, the newest.
    pub most: usize,
    /// For how long; no time at all: none is kept.
    pub age: Duration,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { most: MOST, age: AGE }
    }
}

impl Sampling {
    /// None is kept.
    pub const OFF: Self = Self { most: MOST, age: Duration::ZERO };

    /// Reads `7d`, or a map with the age and the number.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Self {
        let mut sampling = Self::default();
        if node.as_map().is_none() {
            sampling.age = reader.duration(node, "samples").unwrap_or(AGE);
            return sampling;
        }
        let fields = Fields::read(reader, node, &shape::SAMPLES);
        if let Some(most) = fields.get("most").and_then(|node| number::<NonZeroUsize>(reader, node, "samples.most")) {
            sampling.most = most.get();
        }
        if let Some(age) = fields.get("age").and_then(|node| reader.duration(node, "samples.age")) {
            sampling.age = age;
        }
        sampling
    }

    /// Whether nothing is kept.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.age.is_zero()
    }
}
