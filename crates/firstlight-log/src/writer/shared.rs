use std::sync::PoisonError;
use std::time::Duration;

use tracing::Level;

use super::batch::Batch;
use super::limits::Limits;
use super::queue::{Pushed, Queue, Settled};
use super::stats::WriterStats;
use crate::sync::{Condvar, Mutex, MutexGuard, lock, try_lock};

/// The queue behind its lock, and the sleep of the thread that empties it. Only code of ours runs under the
/// lock.
#[derive(Debug)]
pub(super) struct Shared<T> {
    state: Mutex<State<T>>,
    wake: Condvar,
}

#[derive(Debug)]
struct State<T> {
    queue: Queue<T>,
    pushes: usize,
    sleep: Sleep,
    /// Nothing more comes; the thread goes when the queue is empty.
    closing: bool,
    /// Nobody waits for the rest any more.
    abandoned: bool,
    /// The thread has gone, or there was none.
    ended: bool,
}

/// How the thread sleeps, if nobody has woken it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sleep {
    Awake,
    /// It looks again by itself in a moment: to wake it for each line would cost ten times what the line
    /// costs.
    Napping,
    /// Until it is woken.
    Asleep,
}

/// What became of a line, and whether the process is another one than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Push {
    Done,
    /// Lossless, and full: nothing was counted.
    Full,
    /// The lines are another process's: nothing was done.
    Foreign,
}

/// What the thread does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Writes what it was given.
    Write,
    /// Nothing came in time.
    Nothing,
    /// Goes.
    End,
}

/// How far it has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// All up to the mark is done with.
    pub(super) settled: bool,
    /// Lines that failed since somebody was told of some; told to the first who sees all settled.
    pub(super) newly_failed: u64,
    pub(super) ended: bool,
    pub(super) stats: WriterStats,
    pub(super) waiting_bytes: u64,
}

/// While lines wait, the process is asked for its name this often: it is a call of the system.
pub(super) const ASK_EVERY: usize = 32;

impl<T> Shared<T> {
    pub(super) fn new(limits: Limits) -> Self {
        let state = State {
            queue: Queue::new(limits),
            pushes: 0,
            sleep: Sleep::Awake,
            closing: false,
            abandoned: false,
            ended: false,
        };
        Self { state: Mutex::new(state), wake: Condvar::new() }
    }

    /// Takes a line; `is_ours` says whether this is still the process that the queue was made in.
    #[inline]
    pub(super) fn push(
        &self,
        level: Level,
        line: &[u8],
        may_wait: bool,
        is_ours: impl Fn() -> bool,
    ) -> Push {
        self.with_queue(level, is_ours, |queue, has_thread| {
            queue.push(level, line, may_wait && has_thread)
        })
    }

    /// Takes a line, room or not.
    pub(super) fn push_early(&self, level: Level, line: &[u8], is_ours: impl Fn() -> bool) -> Push {
        self.with_queue(level, is_ours, |queue, _| queue.push_early(level, line))
    }

    #[inline]
    fn with_queue(
        &self,
        level: Level,
        is_ours: impl Fn() -> bool,
        push: impl FnOnce(&mut Queue<T>, bool) -> Pushed,
    ) -> Push {
        let mut state = match try_lock(&self.state) {
            Some(state) => state,
            // One that was held when the process forked is held for ever in the child.
            None if !is_ours() => return Push::Foreign,
            None => lock(&self.state),
        };
        state.pushes = state.pushes.wrapping_add(1);
        let asleep = state.sleep == Sleep::Asleep;
        let ask = asleep || state.queue.is_front_empty() || state.pushes % ASK_EVERY == 0;
        if ask && !is_ours() {
            return Push::Foreign;
        }
        let has_thread = !state.ended;
        let pushed = push(&mut state.queue, has_thread);
        // What an error is followed by may be the end.
        let is_urgent =
            pushed != Pushed::Accepted || level == Level::ERROR || state.queue.is_half_full();
        self.wake(state, is_urgent);
        if pushed == Pushed::Full { Push::Full } else { Push::Done }
    }

    /// Sends what follows elsewhere; what was never used is returned.
    pub(super) fn retarget(&self, limits: Limits, to: T) -> Option<T> {
        let mut state = lock(&self.state);
        let unused = state.queue.retarget(limits, to);
        self.wake(state, true);
        unused
    }

    /// Waits for work, at most so long, and takes it against an empty batch; before it falls asleep it naps
    /// so long.
    pub(super) fn next(
        &self,
        batch: &mut Batch<T>,
        timeout: Option<Duration>,
        mut nap: Option<Duration>,
    ) -> Next {
        let mut state = lock(&self.state);
        let mut timed_out = timeout == Some(Duration::ZERO);
        loop {
            if state.queue.take(batch) {
                return Next::Write;
            }
            if state.closing {
                return Next::End;
            }
            if timed_out {
                return Next::Nothing;
            }
            let (sleep, time) = match nap.take() {
                Some(nap) => (Sleep::Napping, Some(nap)),
                None => (Sleep::Asleep, timeout),
            };
            state.sleep = sleep;
            (state, timed_out) = self.sleep(state, time);
            // The end of a nap is not the end of its time.
            timed_out &= sleep == Sleep::Asleep;
            state.sleep = Sleep::Awake;
        }
    }

    fn sleep<'a>(
        &self,
        state: MutexGuard<'a, State<T>>,
        timeout: Option<Duration>,
    ) -> (MutexGuard<'a, State<T>>, bool) {
        match timeout {
            None => (self.wake.wait(state).unwrap_or_else(PoisonError::into_inner), false),
            Some(timeout) => {
                let (state, out) =
                    self.wake.wait_timeout(state, timeout).unwrap_or_else(PoisonError::into_inner);
                (state, out.timed_out())
            }
        }
    }

    /// Accounts for what was taken.
    pub(super) fn settle(&self, done: Settled) {
        lock(&self.state).queue.settle(done);
    }

    /// The target of that generation takes no more.
    pub(super) fn died(&self, generation: u64) {
        lock(&self.state).queue.died(generation);
    }

    /// Nothing more is accepted; the thread goes when it has written what waits.
    pub(super) fn close(&self) {
        self.end(lock(&self.state), false);
    }

    /// The same, or, to abandon it, without the rest; false if the lock is not free.
    pub(super) fn try_close(&self, abandon: bool) -> bool {
        try_lock(&self.state).map(|state| self.end(state, abandon)).is_some()
    }

    fn end(&self, mut state: MutexGuard<'_, State<T>>, abandon: bool) {
        state.queue.close();
        state.closing = true;
        state.abandoned |= abandon;
        state.sleep = Sleep::Awake;
        drop(state);
        self.wake.notify_all();
    }

    /// There is no thread (any more): nobody waits for it.
    pub(super) fn ended(&self) {
        lock(&self.state).ended = true;
    }

    /// Stands for all that was pushed until now; `None` if the lock is not free.
    pub(super) fn mark(&self) -> Option<u64> {
        let mut state = try_lock(&self.state)?;
        let mark = state.queue.mark();
        self.wake(state, true);
        Some(mark)
    }

    /// Tells how far it has come; `None` if the lock is not free.
    pub(super) fn progress(&self, mark: u64) -> Option<Progress> {
        let mut state = try_lock(&self.state)?;
        let settled = state.queue.is_settled(mark);
        Some(Progress {
            settled,
            newly_failed: if settled { state.queue.newly_failed() } else { 0 },
            ended: state.ended,
            stats: state.queue.stats(),
            waiting_bytes: state.queue.waiting_bytes(),
        })
    }

    pub(super) fn stats(&self) -> WriterStats {
        lock(&self.state).queue.stats()
    }

    pub(super) fn generation(&self) -> u64 {
        lock(&self.state).queue.generation()
    }

    pub(super) fn is_abandoned(&self) -> bool {
        lock(&self.state).abandoned
    }

    /// Somebody who does not go on holds the lock.
    #[cfg(all(test, not(firstlight_loom)))]
    pub(super) fn hold(&self) -> impl Sized {
        lock(&self.state)
    }

    /// Gives the lock back, and wakes the thread if there is something for it that does not wait.
    fn wake(&self, mut state: MutexGuard<'_, State<T>>, is_urgent: bool) {
        let sleeps = match state.sleep {
            Sleep::Awake => false,
            Sleep::Napping => is_urgent,
            Sleep::Asleep => true,
        };
        if sleeps && state.queue.has_work() {
            state.sleep = Sleep::Awake;
            drop(state);
            self.wake.notify_one();
        }
    }
}
