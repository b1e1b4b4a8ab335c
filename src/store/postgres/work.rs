//! Pieces of work for the writer. What comes by the thousand (messages, attempts, changes, ends of calls) is kept apart by
//! its kind, so that a group of them is a few statements; all else is done one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::super::{Acceptance, CallStep, Change, Line, NewMessage, StoreError};
use super::trouble::Trouble;
use super::tx::Tx;
use crate::faults::Point;
use crate::model::Ref;

/// The end of a call, or its next time.
pub(super) struct Settled {
    pub(super) id: i64,
    pub(super) step: CallStep,
    pub(super) line: Option<Line>,
}

/// Attempts, and the node that was about to make them: a later one of this process does not.
pub(super) struct Begun {
    pub(super) node: i64,
    pub(super) messages: Vec<(Ref, u64)>,
}

/// A place in the queue. Whoever is first has it: the writer, which does the work, or the caller, who gives it up.
#[derive(Clone, Debug, Default)]
pub(super) struct Place(Arc<AtomicBool>);

impl Place {
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

/// A place, and whether the writer has it.
#[derive(Debug)]
pub(super) struct Held {
    place: Place,
    taken: bool,
}

impl Held {
    pub(super) const fn new(place: Place) -> Self {
        Self { place, taken: false }
    }

    fn take(&mut self) -> bool {
        // After a roll-back it is run again.
        self.taken = self.taken || self.place.take();
        self.taken
    }
}

/// A caller's wish, and what became of it.
pub(super) struct Asked<Q, A> {
    pub(super) what: Q,
    pub(super) result: Option<Result<A, StoreError>>,
    /// Answered when all nodes know of it.
    late: bool,
    place: Option<Held>,
    reply: oneshot::Sender<Result<A, StoreError>>,
}

/// Where the result will be.
pub(super) type Told<A> = oneshot::Receiver<Result<A, StoreError>>;

impl<Q, A> Asked<Q, A> {
    pub(super) fn new(what: Q, place: Option<Held>) -> (Self, Told<A>) {
        let (reply, told) = oneshot::channel();
        (Self { what, result: None, late: false, place, reply }, told)
    }

    /// Whether the caller still waits; from now on he does.
    fn is_wanted(&mut self) -> bool {
        self.result = None;
        let wanted = self.place.as_mut().is_none_or(Held::take);
        if !wanted {
            self.result = Some(Err(StoreError::Overloaded));
        }
        wanted
    }

    /// Tells the caller: the kept result, or why the commit failed.
    fn answer(self, failure: Option<StoreError>) {
        let undone = || Err(StoreError::Failed("not run".to_owned()));
        // Whoever stopped waiting does not want to know.
        let _gone = self.reply.send(failure.map_or_else(|| self.result.unwrap_or_else(undone), Err));
    }
}

/// Anything else: done by itself.
pub(super) trait Single: Send {
    fn is_wanted(&mut self) -> bool;
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), Trouble>>;
    /// Whether it wrote what all nodes must know.
    fn owes(&mut self, owes: bool);
    fn is_late(&self) -> bool;
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

struct Alone<F, A> {
    asked: Asked<F, A>,
    points: Option<[Point; 2]>,
}

impl<A, F> Single for Alone<F, A>
where
    A: Send,
    F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<A, Trouble>> + Send,
{
    fn is_wanted(&mut self) -> bool {
        self.asked.is_wanted()
    }

    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), Trouble>> {
        Box::pin(async move {
            self.asked.result = match (self.asked.what)(tx).await {
                Ok(done) => Some(Ok(done)),
                Err(Trouble::Refused(error)) => Some(Err(error)),
                Err(trouble) => return Err(trouble),
            };
            if let Some(points) = self.points {
                tx.reached(points);
            }
            Ok(())
        })
    }

    fn owes(&mut self, owes: bool) {
        self.asked.late = owes;
    }

    fn is_late(&self) -> bool {
        self.asked.late
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        self.asked.answer(failure);
    }
}

/// Says to the compiler what a closure is that is not used where it is written.
pub(super) const fn any<A, F>(work: F) -> F
where
    F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<A, Trouble>>,
{
    work
}

/// A piece of work.
pub(super) enum Work {
    Accept(Asked<Vec<NewMessage>, Vec<Acceptance>>),
    Begin(Asked<Begun, ()>),
    Update(Box<Asked<Change, ()>>),
    Settle(Asked<Settled, ()>),
    Other(Box<dyn Single>),
}

impl Work {
    /// Anything else, with the points where a test may cut it off.
    pub(super) fn other<A, F>(work: F, place: Option<Held>, points: Option<[Point; 2]>) -> (Self, Told<A>)
    where
        A: Send + 'static,
        F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<A, Trouble>> + Send + 'static,
    {
        let (asked, told) = Asked::new(work, place);
        (Self::Other(Box::new(Alone { asked, points })), told)
    }

    /// Tells the caller: the kept result, or why the commit failed.
    pub(super) fn answer(self, failure: Option<StoreError>) {
        match self {
            Self::Accept(asked) => asked.answer(failure),
            Self::Begin(asked) => asked.answer(failure),
            Self::Update(asked) => asked.answer(failure),
            Self::Settle(asked) => asked.answer(failure),
            Self::Other(single) => single.answer(failure),
        }
    }

    /// Whether it is answered when all nodes know of it.
    pub(super) fn is_late(&self) -> bool {
        matches!(self, Self::Other(single) if single.is_late())
    }

    fn is_wanted(&mut self) -> bool {
        match self {
            Self::Accept(asked) => asked.is_wanted(),
            Self::Begin(asked) => asked.is_wanted(),
            Self::Update(asked) => asked.is_wanted(),
            Self::Settle(asked) => asked.is_wanted(),
            Self::Other(single) => single.is_wanted(),
        }
    }
}

/// What of a group is done together.
#[derive(Default)]
pub(super) struct Kinds<'g> {
    pub(super) accepts: Vec<&'g mut Asked<Vec<NewMessage>, Vec<Acceptance>>>,
    pub(super) begins: Vec<&'g mut Asked<Begun, ()>>,
    pub(super) updates: Vec<&'g mut Asked<Change, ()>>,
    pub(super) settles: Vec<&'g mut Asked<Settled, ()>>,
    pub(super) others: Vec<&'g mut Box<dyn Single>>,
}

impl<'g> Kinds<'g> {
    /// Without those that nobody waits for any more.
    pub(super) fn of(group: &'g mut [Work]) -> Self {
        let mut kinds = Self::default();
        for work in group.iter_mut().filter_map(|work| work.is_wanted().then_some(work)) {
            match work {
                Work::Accept(asked) => kinds.accepts.push(asked),
                Work::Begin(asked) => kinds.begins.push(asked),
                Work::Update(asked) => kinds.updates.push(asked),
                Work::Settle(asked) => kinds.settles.push(asked),
                Work::Other(single) => kinds.others.push(single),
            }
        }
        kinds
    }
}
