mod target;
mod wheel;

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, Sleep};

use self::target::{Flight, Landing, Target};
use self::wheel::{Entry, Wheel};
use crate::context::Context;
use crate::drive::{after, timer};
use crate::engine::End;
use crate::error::{Failure, WaitError, panic_text};
use crate::ready::Ready;
use crate::schedule::{Envelope, Schedule};
use crate::verdict::Verdict;
use crate::wait::Wait;

/// Thousands of targets on one task, with one timer for all of them.
///
/// Attempts that fall into one slack are made together. Each target is a [`Wait`] of its own, with its
/// schedule, classifier, deadline and report; the probe is one for all and gets the target's key.
///
/// * **Slack**: an attempt starts up to the slack later than its schedule says, never earlier; so a
///   schedule's bound on lateness grows by the slack. The last attempt before a deadline is planned so much
///   earlier, and a deadline that passes during an attempt is seen up to the slack later.
/// * **Interrupts** of a target's wait do not wake the group: a token and a fail-fast future are looked at
///   whenever the target is due, a hint when an attempt has ended.
/// * **Panic** of the probe, of an observer or of a fail-fast future ends that target with
///   [`Failure::Panicked`]; the others go on.
/// * **Drop** of the group drops every attempt under way. Nothing runs while nobody awaits [`Group::next`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::time::Duration;
/// use firstlight_poll::{Group, Verdict, Wait};
///
/// let mut group = Group::new(Duration::from_millis(10), |shard: &u32, _| {
///     let shard = *shard;
///     async move { Verdict::Ready(shard * 2) }
/// });
/// for shard in 0..1000 {
///     group.insert(shard, Wait::local(format!("shard {shard}")));
/// }
/// while let Some((shard, ended)) = group.next().await {
///     assert_eq!(ended.unwrap().value, shard * 2);
/// }
/// # }
/// ```
pub struct Group<K, F, A, T, S = Envelope> {
    probe: F,
    targets: Vec<Option<Target<K, A, S>>>,
    /// Places that are free, and the appointment with which the next target there begins: an old entry of the
    /// wheel must not be taken for one of its own.
    free: Vec<(u32, u32)>,
    wheel: Wheel,
    /// At most so many entries of the wheel were overtaken since they were last cleared away.
    stale: usize,
    in_flight: FuturesUnordered<Flight<A>>,
    ended: VecDeque<Ended<K, T>>,
    timer: Option<Pin<Box<Sleep>>>,
    epoch: Instant,
}

/// So few entries are never worth clearing away.
const FEW: usize = 64;

type Ended<K, T> = (K, Result<Ready<T>, WaitError>);

impl<K, F, A, T, S> Group<K, F, A, T, S>
where
    F: FnMut(&K, Context) -> A,
    A: Future<Output = Verdict<T>>,
    S: Schedule,
{
    /// Makes a group without targets.
    ///
    /// A slack below 1 ms counts as 1 ms.
    pub fn new(slack: Duration, probe: F) -> Self {
        Self {
            probe,
            targets: Vec::new(),
            free: Vec::new(),
            wheel: Wheel::new(slack),
            stale: 0,
            in_flight: FuturesUnordered::new(),
            ended: VecDeque::new(),
            timer: None,
            epoch: Instant::now(),
        }
    }

    /// Adds a target; its time begins now.
    ///
    /// The same key may be in the group several times.
    pub fn insert(&mut self, key: K, wait: Wait<S>) {
        let now = self.epoch.elapsed();
        let (index, appointment) = match self.free.pop() {
            Some(place) => place,
            None => {
                self.targets.push(None);
                // More targets than this do not fit into memory.
                (u32::try_from(self.targets.len() - 1).unwrap_or(u32::MAX), 0)
            }
        };
        let target = Target::new(key, wait, now, self.wheel.slack(), appointment);
        self.wheel.insert(
            now,
            target.due(),
            Entry { target: index, appointment: target.appointment() },
        );
        self.targets[index as usize] = Some(target);
    }

    /// Counts the targets that [`Group::next`] has still to return.
    pub fn len(&self) -> usize {
        self.targets.len() - self.free.len() + self.ended.len()
    }

    /// Tells whether [`Group::next`] has returned every target.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the next target that has ended, and how; `None` when none is left.
    ///
    /// All calls must be made in one runtime: the timer is that of the first. Outside a runtime with timers
    /// each target ends with [`Failure::NoRuntime`].
    ///
    /// # Cancel safety
    /// Nothing is lost: attempts under way stay in the group and go on with the next call.
    pub async fn next(&mut self) -> Option<(K, Result<Ready<T>, WaitError>)> {
        if self.timer.is_none() && !self.is_empty() {
            match timer() {
                Ok(timer) => self.timer = Some(timer),
                Err(failure) => self.end_all(&failure),
            }
        }
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Ended<K, T>>> {
        let mut turned = false;
        loop {
            while let Poll::Ready(Some(landing)) = self.in_flight.poll_next_unpin(cx) {
                self.land(landing);
            }
            if let Some(ended) = self.ended.pop_front() {
                return Poll::Ready(Some(ended));
            }
            if self.is_empty() {
                return Poll::Ready(None);
            }
            let now = self.epoch.elapsed();
            if turned && self.wheel.next().is_some_and(|next| next <= now) {
                // More work than time: let others run between two turns.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            turned = true;
            if let Some(slot) = self.wheel.take_due(now) {
                for &entry in &slot {
                    self.turn(entry, now, cx);
                }
                self.wheel.give_back(slot);
                continue;
            }
            if !self.ended.is_empty() || self.is_empty() {
                continue;
            }
            let (Some(timer), Some(next)) = (&mut self.timer, self.wheel.next()) else {
                return Poll::Pending;
            };
            timer.as_mut().reset(after(self.epoch, next));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// A target's appointment: its next attempt is due, or the time of the one under way is over.
    fn turn(&mut self, entry: Entry, now: Duration, cx: &mut TaskContext<'_>) {
        let Some(target) = self.targets.get_mut(entry.target as usize).and_then(Option::as_mut)
        else {
            return;
        };
        if target.appointment() != entry.appointment {
            return;
        }
        let (probe, epoch) = (&mut self.probe, self.epoch);
        let turned = catch_unwind(AssertUnwindSafe(|| {
            if target.is_in_flight() {
                Ok(target.time_out(now))
            } else {
                target.attempt(entry.target, now, epoch, probe, cx)
            }
        }));
        let end = match turned {
            Ok(Ok(end)) => end,
            Ok(Err(flight)) => {
                self.in_flight.push(flight);
                None
            }
            Err(panic) => Some(End::Failed(Failure::Panicked(panic_text(&*panic)))),
        };
        self.go_on(entry.target, now, end);
    }

    fn land(&mut self, landing: Landing<A, T>) {
        let index = landing.target;
        let now = self.epoch.elapsed();
        let Some(target) = self.targets.get_mut(index as usize).and_then(Option::as_mut) else {
            return;
        };
        let landed = catch_unwind(AssertUnwindSafe(|| target.land(landing, now)));
        let landed = landed.unwrap_or_else(|panic| {
            Some(Some(End::Failed(Failure::Panicked(panic_text(&*panic)))))
        });
        if let Some(end) = landed {
            self.go_on(index, now, end);
            // The attempt's time-out is on the wheel still.
            self.stale += 1;
            if self.stale > FEW + 2 * self.targets.len() {
                self.stale = 0;
                let targets = &self.targets;
                self.wheel.retain(|entry| {
                    targets
                        .get(entry.target as usize)
                        .and_then(Option::as_ref)
                        .is_some_and(|target| target.appointment() == entry.appointment)
                });
            }
        }
    }

    /// Ends the target, or makes its next appointment.
    fn go_on(&mut self, index: u32, now: Duration, end: Option<End<T>>) {
        let Some(slot) = self.targets.get_mut(index as usize) else { return };
        match (end, slot.as_ref()) {
            (None, Some(target)) => {
                self.wheel.insert(
                    now,
                    target.due(),
                    Entry { target: index, appointment: target.appointment() },
                );
            }
            (Some(end), Some(_)) => {
                if let Some(target) = slot.take() {
                    self.free.push((index, target.appointment().wrapping_add(1)));
                    self.ended.push_back(target.finish(end, now));
                }
            }
            (_, None) => {}
        }
    }

    fn end_all(&mut self, failure: &Failure) {
        let now = self.epoch.elapsed();
        for index in (0..).take(self.targets.len()) {
            self.go_on(index, now, Some(End::Failed(failure.clone())));
        }
    }
}

impl<K, F, A, T, S> fmt::Debug for Group<K, F, A, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("targets", &(self.targets.len() - self.free.len()))
            .finish_non_exhaustive()
    }
}
