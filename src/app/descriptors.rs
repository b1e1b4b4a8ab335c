//! How many files and sockets the system lets this process have: as many as it may, and connections only as many as leave
//! enough for the store and for calls.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For the store, calls, files that are read, and the operator's listener.
const OWN: usize = 1024;

/// Raises the limit as far as the system allows, and says what it is; `None`: there is none.
pub(super) fn raise() -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Where this is refused, what there is goes on.
    let raised = current != maximum && setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let limit = if raised { maximum } else { current };
    limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// As many connections as were asked for, or as the limit leaves room for. A descriptor that a stranger holds is one that the
/// store lacks.
pub(super) fn connections(asked: usize, limit: Option<usize>) -> usize {
    let own = |limit: usize| OWN.min(limit / 2);
    limit.map_or(asked, |limit| asked.min(limit - own(limit))).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        for (asked, limit, expected) in [
            (4096, None, 4096),
            (4096, Some(20_000), 4096),
            (4096, Some(4096), 3072),
            (4096, Some(256), 128),
            (10, Some(256), 10),
            (4096, Some(1), 1),
        ] {
            assert_eq!(connections(asked, limit), expected, "{asked} {limit:?}");
        }
    }
}
