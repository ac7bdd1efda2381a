use std::fmt;
use std::sync::PoisonError;
use std::task::{Poll, Waker};
use std::time::Duration;

use firstlight_clock::Clock;

use crate::drain::Phase;
use crate::error::Refused;
use crate::machine::{Event, MAX_VIEWS, Machine, Narration, ViewId};
use crate::not_ready::Cause;
use crate::sync::outbox::{Notice, Outbox, Read, Told};
use crate::sync::wakers::{Key, Ticket, Wakers, Woken};
use crate::sync::watch::{Stuck, Watch};
use crate::sync::{AtomicBool, AtomicU64, Mutex, MutexGuard, Ordering};
use crate::transition::Transition;

/// The stack of a loom model has no room for all of them.
const FLAGS: usize = if cfg!(firstlight_loom) { 3 } else { MAX_VIEWS };

/// A machine that threads share, and what it published of itself.
///
/// Everything happens under one lock, and nobody's code but ours runs there. What readers ask all the time stands
/// beside it: each view's flag, which is written when the view changes and at no other time.
pub(crate) struct Shared {
    clock: Clock,
    flags: [OwnLine<AtomicBool>; FLAGS],
    epoch: OwnLine<AtomicU64>,
    inner: Mutex<Inner>,
}

/// Alone on its cache line and the one that is fetched with it, so that no writer of something else disturbs a reader.
#[repr(align(128))]
struct OwnLine<T>(T);

struct Inner {
    machine: Machine,
    /// What stands in the flags, a bit each. (Reading them here would also keep loom from seeing who else reads them.)
    flagged: u64,
    wakers: Wakers,
    outbox: Outbox,
    /// When the driver wakes by itself; `None` is never.
    wakes_at: Option<Duration>,
}

/// What is left to do when the lock is released.
#[derive(Debug)]
#[must_use = "who is not woken waits for ever"]
pub(crate) struct After {
    pub(crate) woken: Woken,
    /// The first notice to tell; the caller tells until [`Shared::next_notice`] has no more.
    pub(crate) told: Option<Told>,
    /// The driver sleeps for too long.
    pub(crate) earlier_tick: bool,
}

/// The machine, held: one or several events that nobody can come between.
pub(crate) struct Change<'a> {
    shared: &'a Shared,
    inner: MutexGuard<'a, Inner>,
    now: Duration,
    woken: Woken,
    earlier_tick: bool,
}

impl Shared {
    pub(crate) fn new(machine: Machine, clock: Clock) -> Self {
        let flagged = (0..machine.views()).fold(0, |flagged, view| {
            flagged | u64::from(machine.is_ready(ViewId(view as u8))) << view
        });
        let flags = std::array::from_fn(|view| OwnLine(AtomicBool::new(flagged >> view & 1 != 0)));
        let epoch = OwnLine(AtomicU64::new(machine.epoch()));
        let (wakers, outbox) = (Wakers::default(), Outbox::default());
        let inner = Inner { machine, flagged, wakers, outbox, wakes_at: None };
        Self { clock, flags, epoch, inner: Mutex::new(inner) }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether a view is ready: one load, which pairs with the store in [`Change::apply`].
    #[inline]
    pub(crate) fn is_ready(&self, view: ViewId) -> bool {
        self.flags.get(view.index()).is_some_and(|flag| flag.0.load(Ordering::Acquire))
    }

    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.0.load(Ordering::Acquire)
    }

    /// Changes the machine; the caller does [`After`] what is left to do.
    pub(crate) fn change<R>(&self, act: impl FnOnce(&mut Change<'_>) -> R) -> (R, After) {
        let inner = self.lock();
        // Read under the lock, so that no event is older than the one before it.
        let now = self.clock.now();
        let mut change =
            Change { shared: self, inner, now, woken: Woken::default(), earlier_tick: false };
        let done = act(&mut change);
        let Change { mut inner, woken, mut earlier_tick, .. } = change;
        if earlier_tick {
            // A driver that wakes early enough anyway is let sleep: a gate that flaps must not wake a thread each time.
            let next = inner.machine.next_tick();
            earlier_tick = next.is_some_and(|next| inner.wakes_at.is_none_or(|at| next < at));
            inner.wakes_at = if earlier_tick { next } else { inner.wakes_at };
        }
        (done, After { woken, told: inner.outbox.begin(), earlier_tick })
    }

    /// Looks at the machine.
    pub(crate) fn look<R>(&self, act: impl FnOnce(&Machine, Duration) -> R) -> R {
        let inner = self.lock();
        act(&inner.machine, self.clock.now())
    }

    /// Looks whether a wait is over, and if not leaves the waker behind.
    pub(crate) fn poll(&self, watch: &mut Watch, waker: &Waker) -> Poll<Result<usize, Stuck>> {
        if watch.as_view().is_some_and(|view| self.is_ready(view)) {
            return Poll::Ready(Ok(0));
        }
        // Wakers are other people's code: they are cloned before the lock, and dropped after it.
        let mut first = Some(waker.clone());
        let mut others: Vec<_> = watch.spots().iter().skip(1).map(|_| waker.clone()).collect();
        let mut replaced = Vec::new();
        let mut inner = self.lock();
        match watch.look(&inner.machine) {
            Some(Ok(number)) => Poll::Ready(Ok(number)),
            Some(Err(cause)) => {
                Poll::Ready(Err(watch.stuck(&inner.machine, self.clock.now(), cause)))
            }
            None => {
                for (key, ticket) in watch.spots_mut() {
                    if let Some(waker) = first.take().or_else(|| others.pop()) {
                        replaced.extend(inner.wakers.put(*key, ticket, waker));
                    }
                }
                drop(inner);
                drop(replaced);
                Poll::Pending
            }
        }
    }

    /// Looks whether a view is other than it was last seen, and if not leaves the waker behind; `None` is the end.
    pub(crate) fn next_change(
        &self,
        watch: &mut Watch,
        last: Option<bool>,
        waker: &Waker,
    ) -> Poll<Option<bool>> {
        let Some(view) = watch.as_view() else { return Poll::Ready(None) };
        let mut waker = Some(waker.clone());
        let mut inner = self.lock();
        let ready = inner.machine.is_ready(view);
        // The last change comes before the end.
        if last != Some(ready) {
            return Poll::Ready(Some(ready));
        }
        if inner.machine.phase() >= Phase::Stopping {
            return Poll::Ready(None);
        }
        let mut replaced = None;
        for (key, ticket) in watch.spots_mut() {
            replaced = waker.take().and_then(|waker| inner.wakers.put(*key, ticket, waker));
        }
        drop(inner);
        drop(replaced);
        Poll::Pending
    }

    /// Gives a wait up: `Ok` if it is over after all, else why it is not. One look, so that no answer says both.
    pub(crate) fn give_up(&self, watch: &Watch, cause: Cause) -> Result<usize, Stuck> {
        self.look(|machine, now| match watch.look(machine) {
            Some(Ok(number)) => Ok(number),
            Some(Err(cause)) => Err(watch.stuck(machine, now, cause)),
            None => Err(watch.stuck(machine, now, cause)),
        })
    }

    /// Takes a wait's wakers out.
    pub(crate) fn forget(&self, watch: &mut Watch) {
        if watch.spots().iter().all(|(_, ticket)| ticket.is_none()) {
            return;
        }
        let mut inner = self.lock();
        let tickets = watch.spots_mut().iter_mut().filter_map(|(_, ticket)| ticket.take());
        let wakers: Vec<_> = tickets.filter_map(|ticket| inner.wakers.remove(&ticket)).collect();
        drop(inner);
        drop(wakers);
    }

    /// The next notice, for the one who tells.
    pub(crate) fn next_notice(&self) -> Option<Told> {
        self.lock().outbox.go_on()
    }

    /// Begins to read transitions. Returns where.
    pub(crate) fn enter(&self) -> u64 {
        self.lock().outbox.enter()
    }

    /// Ends reading.
    pub(crate) fn leave(&self, ticket: Option<Ticket>) {
        let mut inner = self.lock();
        inner.outbox.leave();
        let waker = ticket.and_then(|ticket| inner.wakers.remove(&ticket));
        drop(inner);
        drop(waker);
    }

    /// Reads the next transition, or leaves the waker behind.
    pub(crate) fn read(
        &self,
        at: &mut u64,
        ticket: &mut Option<Ticket>,
        waker: &Waker,
    ) -> Poll<Read> {
        let waker = waker.clone();
        let mut inner = self.lock();
        let ended = || (inner.machine.phase() == Phase::Stopped).then_some(Read::End);
        if let Some(read) = inner.outbox.read(at).or_else(ended) {
            drop(inner);
            return Poll::Ready(read);
        }
        let replaced = inner.wakers.put(Key::Transition, ticket, waker);
        drop(inner);
        drop(replaced);
        Poll::Pending
    }

    #[cfg(all(test, firstlight_loom))]
    pub(crate) fn waiting(&self) -> usize {
        self.lock().wakers.waiting()
    }

    /// Nothing of ours panics under the lock; if it did, what is in it is still the last word.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Change<'_> {
    /// Takes one event.
    pub(crate) fn apply(&mut self, event: Event) -> Result<(), Refused> {
        let Inner { machine, flagged, wakers, outbox, .. } = &mut *self.inner;
        let effects = machine.apply(event, self.now)?;
        let (touched, narrate) = (effects.views, effects.narrate);
        let changed = !effects.transitions.is_empty();
        self.earlier_tick |= effects.earlier_tick;
        for gate in &effects.gates {
            wakers.take(Key::Gate(*gate), &mut self.woken);
        }
        let epoch = machine.epoch();
        if self.shared.epoch.0.load(Ordering::Relaxed) != epoch {
            self.shared.epoch.0.store(epoch, Ordering::Release);
        }
        if !changed && touched == 0 && narrate.is_none() {
            return Ok(());
        }
        for (number, flag) in self.shared.flags.iter().enumerate().take(machine.views()) {
            let view = ViewId(number as u8);
            let ready = machine.is_ready(view);
            // Written only when it changes: its readers have it in their caches.
            if (*flagged >> number) & 1 != u64::from(ready) {
                *flagged ^= 1 << number;
                flag.0.store(ready, Ordering::Release);
            }
            if touched & (1 << number) != 0 {
                wakers.take(Key::View(view), &mut self.woken);
            }
        }
        for transition in machine.take_transitions() {
            if matches!(transition, Transition::Phase { .. }) {
                // The end concerns whoever waits for anything.
                wakers.take_all(&mut self.woken);
            }
            outbox.push(match &transition {
                Transition::View { view, ready: true, .. }
                    if narrate == Some(Narration::Ready) && *view == *"ready" =>
                {
                    Notice::FirstReady(transition)
                }
                _ => Notice::Transition(transition),
            });
        }
        if changed {
            wakers.take(Key::Transition, &mut self.woken);
        }
        if narrate == Some(Narration::Waiting) {
            outbox.push(Notice::StillWaiting(self.now));
        }
        Ok(())
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.inner.machine
    }

    /// For the driver: how long it may sleep now; `None` until it is woken.
    pub(crate) fn sleep(&mut self) -> Option<Duration> {
        self.inner.wakes_at = self.inner.machine.next_tick();
        self.earlier_tick = false;
        self.inner.wakes_at.map(|at| at.saturating_sub(self.now))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("clock", &self.clock).finish_non_exhaustive()
    }
}
