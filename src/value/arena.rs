//! [`Arena`]: where one request's values live, and where the next one's will.

use std::cell::RefCell;
use std::fmt;
use std::mem::take;
use std::ops::Deref;

use bumpalo::Bump;

/// Where one request's values live; all of them go with it. Its memory stays for the next one of the same thread, which would
/// else ask for two thirds of all that a request asks for, in pieces that double.
#[derive(Default)]
pub struct Arena(Bump);

/// So many wait in a thread: a leg uses few at once.
const WAITING: usize = 4;
/// One that a large body made larger is given back.
const LARGEST: usize = 64 * 1024;

thread_local! {
    static POOL: RefCell<Vec<Bump>> = const { RefCell::new(Vec::new()) };
}

impl Arena {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        // At the end of a thread there is no pool any more.
        Self(POOL.try_with(|pool| pool.borrow_mut().pop()).ok().flatten().unwrap_or_default())
    }
}

impl Deref for Arena {
    type Target = Bump;

    fn deref(&self) -> &Bump {
        &self.0
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").finish_non_exhaustive()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let mut bump = take(&mut self.0);
        bump.reset();
        if (1..=LARGEST).contains(&bump.allocated_bytes()) {
            let _ended = POOL.try_with(|pool| {
                let mut pool = pool.borrow_mut();
                if pool.len() < WAITING {
                    pool.push(bump);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_and_not_too_much_of_it_is_kept() {
        let place = |arena: &Arena| std::ptr::from_ref(arena.alloc_str("text")).addr();
        let first = Arena::new();
        let (other, was) = (Arena::new(), place(&first));
        assert_ne!(place(&other), was, "two at once have nothing in common");
        drop(first);
        let again = Arena::new();
        assert_eq!(place(&again), was);
        again.alloc_slice_fill_copy(2 * LARGEST, 0_u8);
        drop((again, other));
        assert_eq!(POOL.with(|pool| pool.borrow().len()), 1, "the large one is given back");
        let many: Vec<Arena> = (0..2 * WAITING).map(|_| Arena::new()).collect();
        assert!(many.iter().all(|arena| place(arena) != 0));
        drop(many);
        assert_eq!(POOL.with(|pool| pool.borrow().len()), WAITING);
    }
}
