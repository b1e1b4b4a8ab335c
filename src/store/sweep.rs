//! The way of a purge through the messages: a slice of them at a time, from where the last look ended, so that those which
//! cannot go are not looked at for each of those that can. What a row is, each engine reads for itself.

use std::sync::atomic::{AtomicI64, Ordering};

use super::StoreError;

/// After so many rows that are too young the rest is taken to be too: references grow with time.
const YOUNG: usize = 256;
/// Looked at by one question: the readers are everybody's.
pub(super) const SLICE: usize = 4096;

/// A row as a look sees it.
pub(super) struct Seen {
    pub(super) number: i64,
    /// Its age is not yet reached.
    pub(super) is_young: bool,
    /// Nothing will come of it any more.
    pub(super) is_done: bool,
}

/// What one look at the rows found.
pub(super) struct Looked {
    /// Those that may go.
    old: Vec<i64>,
    /// The last row that was looked at.
    upto: i64,
    /// None of those behind it is old.
    end: bool,
}

impl Looked {
    /// Of the rows behind `after`, a slice of them, at most so many that may go.
    pub(super) fn at<E>(after: i64, most: usize, rows: impl IntoIterator<Item = Result<Seen, E>>) -> Result<Self, E> {
        let (mut looked, mut seen, mut young) = (Self { old: Vec::new(), upto: after, end: false }, 0, 0);
        let mut rows = rows.into_iter();
        while looked.old.len() < most {
            let row = rows.next().transpose()?.filter(|_| young < YOUNG);
            let Some(Seen { number, is_young, is_done }) = row else {
                looked.end = seen < SLICE || young >= YOUNG;
                break;
            };
            seen += 1;
            looked.upto = number;
            if is_young {
                young += 1;
            } else if is_done {
                looked.old.push(number);
            }
        }
        Ok(looked)
    }
}

/// Where the last look ended.
#[derive(Debug, Default)]
pub(super) struct Sweep(AtomicI64);

impl Sweep {
    /// So many that may go, if there are as many. `look` is asked for those behind a row and up to another; once behind the
    /// last one it begins anew.
    pub(super) async fn old<F>(
        &self,
        most: usize,
        look: impl Fn((i64, i64), usize) -> F + Send,
    ) -> Result<Vec<i64>, StoreError>
    where
        F: Future<Output = Result<Looked, StoreError>> + Send,
    {
        let start = self.0.load(Ordering::Relaxed);
        let mut found = Vec::new();
        for (from, until) in [(start, i64::MAX), (0, start)] {
            let mut after = from;
            loop {
                let looked = look((after, until), most - found.len()).await?;
                after = looked.upto;
                found.extend(looked.old);
                if found.len() >= most {
                    self.0.store(after, Ordering::Relaxed);
                    return Ok(found);
                }
                if looked.end {
                    break;
                }
            }
        }
        self.0.store(0, Ordering::Relaxed);
        Ok(found)
    }

    /// Where that is.
    #[cfg(test)]
    pub(super) fn upto(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}
