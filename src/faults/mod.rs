//! Places where a test kills the process: between any two steps that the store or the network can tell apart.
//!
//! Only where debug assertions are compiled in, so in no release: there [`reached`] and [`Trail`] are empty. A process
//! with `SWITCHBOARD_ABORT_AT=NAME:N` in its environment aborts, without unwinding, when it passes that point for the
//! n-th time. `tests/it/crash` walks the whole table; docs/reliability.md has it too.

mod points;

pub use points::Point;

/// This point is passed.
#[cfg(debug_assertions)]
pub fn reached(point: Point) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: LazyLock<Option<(Point, u64)>> =
        LazyLock::new(|| wanted(&std::env::var("SWITCHBOARD_ABORT_AT").ok()?));
    static PASSED: AtomicU64 = AtomicU64::new(0);

    if let Some((wanted, nth)) = *WANTED
        && wanted == point
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == nth
    {
        std::process::abort();
    }
}

/// This point is passed.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn reached(_: Point) {}

/// The point and the passing that `NAME:N` names.
#[cfg(debug_assertions)]
fn wanted(text: &str) -> Option<(Point, u64)> {
    let (name, nth) = text.split_once(':')?;
    let point = Point::ALL.iter().find(|point| point.name() == name)?;
    Some((*point, nth.parse().ok()?))
}

/// Points that are passed together, later: those of a transaction, once it is committed.
#[cfg(debug_assertions)]
#[derive(Debug, Default)]
pub struct Trail(Vec<Point>);

#[cfg(debug_assertions)]
impl Trail {
    /// One more.
    pub fn add(&mut self, point: Point) {
        self.0.push(point);
    }

    /// Passes all of them.
    pub fn pass(&self) {
        self.0.iter().copied().for_each(reached);
    }
}

/// Points that are passed together, later: of none in a release.
#[cfg(not(debug_assertions))]
#[derive(Debug, Default)]
pub struct Trail;

#[cfg(not(debug_assertions))]
impl Trail {
    /// One more.
    #[inline(always)]
    pub const fn add(&mut self, _: Point) {}

    /// Passes all of them.
    #[inline(always)]
    pub const fn pass(&self) {}
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_number_are_a_point() {
        for point in Point::ALL {
            assert_eq!(wanted(&format!("{}:7", point.name())), Some((*point, 7)));
        }
        for text in ["", "accept.written", "accept.written:", "accept.writen:1", "accept.written:-1"] {
            assert_eq!(wanted(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_different() {
        let names: std::collections::HashSet<&str> = Point::ALL.iter().map(|point| point.name()).collect();
        assert_eq!(names.len(), Point::ALL.len());
    }
}
