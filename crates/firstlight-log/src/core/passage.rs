//! From early to live: who comes before it is told, in order, once; who comes after it goes through.

use std::sync::PoisonError;
use std::time::Duration;

use firstlight_clock::Clock;

use crate::sync::{Condvar, Mutex, MutexGuard};

/// So long a thread waits, while the others are told, before it goes on and something is lost instead.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);
/// After so many rounds whoever comes waits for the next one to end, so that there is a last one.
const ROUNDS: u32 = 8;

/// A lock around what came early, and the order in which it is handed over.
///
/// One thread at a time tells what is there, without the lock; who comes meanwhile queues behind. What is
/// left is taken again and again, until nothing is: then, still under the lock, the passage is through, and
/// whoever looks from then on goes by himself. So nothing is lost, doubled, or told out of order.
///
/// Nobody waits for it but in a hand-over: where there is no room left, or after [`ROUNDS`] rounds; at most
/// [`PATIENCE`], not a second time before something more is told, and never the teller himself.
#[derive(Debug)]
pub(crate) struct Passage<E> {
    inside: Mutex<Inside<E>>,
    /// Room was made, or a hand-over is over.
    moved: Condvar,
    /// [`ROUNDS`]; models have fewer.
    rounds: u32,
}

#[derive(Debug)]
struct Inside<E> {
    phase: Phase,
    /// Somebody has waited in vain in this round: who is told hangs, and nobody else waits for that.
    in_vain: bool,
    early: E,
}

/// How far the passage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody has asked for what is there.
    Early,
    /// It is being told.
    Telling,
    /// It is being told for the last times: who comes waits.
    Closing,
    /// Over.
    Through,
}

/// Why nothing was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The passage was through before.
    Through,
    /// Another hand-over goes on; perhaps it is this thread's own.
    Busy,
}

/// Who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Any thread.
    Any,
    /// The thread that tells just now, from within; or one that must not wait.
    Teller,
}

impl<E> Passage<E> {
    pub(crate) fn new(early: E) -> Self {
        Self::with_rounds(early, ROUNDS)
    }

    pub(crate) fn with_rounds(early: E, rounds: u32) -> Self {
        Self {
            inside: Mutex::new(Inside { phase: Phase::Early, in_vain: false, early }),
            moved: Condvar::new(),
            rounds,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside<E>> {
        // Only our own code runs under the lock; if it panicked, what it left is still the best there is.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets `act` see what is there, unless the passage is through: then `None`, and nothing was done.
    ///
    /// During a hand-over it waits for room, in bounds; after that it acts without.
    pub(crate) fn enter<R>(
        &self,
        who: Who,
        has_room: impl Fn(&E) -> bool,
        act: impl FnOnce(&mut E) -> R,
    ) -> Option<R> {
        let mut inside = self.lock();
        if who == Who::Any && matches!(inside.phase, Phase::Telling | Phase::Closing) {
            let may_go_on = |inside: &Inside<E>| match inside.phase {
                Phase::Early | Phase::Through => true,
                Phase::Telling => inside.in_vain || has_room(&inside.early),
                Phase::Closing => inside.in_vain,
            };
            inside = self.wait(inside, PATIENCE, may_go_on);
            inside.in_vain = !may_go_on(&inside) || inside.in_vain;
        }
        match inside.phase {
            Phase::Through => None,
            _ => Some(act(&mut inside.early)),
        }
    }

    /// Lets `act` see what is there at once, unless the passage is through.
    pub(crate) fn look<R>(&self, act: impl FnOnce(&mut E) -> R) -> Option<R> {
        self.enter(Who::Teller, |_| true, act)
    }

    /// Sees what is there, whatever the phase.
    pub(crate) fn inspect<R>(&self, act: impl FnOnce(Phase, &mut E) -> R) -> R {
        let mut inside = self.lock();
        let Inside { phase, early, .. } = &mut *inside;
        act(*phase, early)
    }

    /// Waits until that holds, at most so long.
    fn wait<'a>(
        &'a self,
        mut inside: MutexGuard<'a, Inside<E>>,
        patience: Duration,
        until: impl Fn(&Inside<E>) -> bool,
    ) -> MutexGuard<'a, Inside<E>> {
        let deadline = Clock::real().now() + patience;
        while !until(&inside) {
            let left = deadline.saturating_sub(Clock::real().now());
            if left.is_zero() {
                break;
            }
            let woken = self.moved.wait_timeout(inside, left);
            inside = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        inside
    }

    /// Hands over to `bearer` what is there, and what comes meanwhile.
    ///
    /// Waits for a hand-over of another thread, at most so long.
    ///
    /// # Errors
    /// When it is through, or another hand-over goes on: then nothing happens.
    pub(crate) fn hand_over(
        &self,
        patience: Duration,
        bearer: &mut impl Bearer<E>,
    ) -> Result<(), Refused> {
        let goes_on = |inside: &Inside<E>| matches!(inside.phase, Phase::Telling | Phase::Closing);
        let mut inside = self.wait(self.lock(), patience, |inside| !goes_on(inside));
        match inside.phase {
            Phase::Through => return Err(Refused::Through),
            Phase::Telling | Phase::Closing => return Err(Refused::Busy),
            Phase::Early => {}
        }
        inside.phase = Phase::Telling;
        let mut round = 0_u32;
        while let Some(batch) = bearer.take(&mut inside.early, round) {
            round = round.saturating_add(1);
            inside.in_vain = false;
            if round >= self.rounds {
                inside.phase = Phase::Closing;
            }
            drop(inside);
            self.moved.notify_all();
            bearer.tell(batch);
            inside = self.lock();
        }
        inside.phase = bearer.finish(&mut inside.early);
        drop(inside);
        self.moved.notify_all();
        Ok(())
    }
}

/// Who carries over what is there.
pub(crate) trait Bearer<E> {
    /// What is taken at a time.
    type Batch;

    /// Takes what is there, under the lock; `None` when nothing is.
    fn take(&mut self, early: &mut E, round: u32) -> Option<Self::Batch>;

    /// Tells it, without the lock. Must not panic.
    fn tell(&mut self, batch: Self::Batch);

    /// Says what comes next, [`Phase::Through`] or [`Phase::Early`] once more, under the lock under which
    /// `take` found nothing.
    fn finish(&mut self, early: &mut E) -> Phase;
}
