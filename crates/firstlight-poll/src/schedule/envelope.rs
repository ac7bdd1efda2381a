use std::time::Duration;

use super::rng::Rng;
use super::{Bound, ByStatus, Moment, Pause, Rate, Schedule, nanos};

/// A schedule with a stated bound.
///
/// It is never later than a share of the time waited, never more often than another. Between two attempts it
/// waits what its [`Heuristic`] suggests, forced into an envelope around the time `t` waited so far:
///
/// ```text
/// longest  = min(max(floor, highest × t), cap)
/// shortest = min(max(floor, lowest × t), longest)
/// wait     = clamp(suggestion, shortest, longest) × (1 − jitter × random)
/// ```
///
/// So, whatever the heuristic says, and whenever the target becomes ready (at `T`):
/// * it is seen at most `min(cap, max(floor, highest × T))` late, not counting the attempt under way (see [`Bound`]);
/// * the number of polls grows with the logarithm of `T` until the cap acts, then with `T / cap`.
///
/// Why: a wait that is planned at `t ≤ T` is at most `longest(t)`, which is at most `longest(T)` since
/// `longest` only grows, and the attempt behind it is the first after `T`. And each wait is at least
/// `shortest`, whose sum grows as [`Bound`] says.
///
/// [`Envelope::bound`] gives both as numbers, [`Schedule::explain`] in words. Two things are outside the
/// envelope, and only ever lengthen a wait: a server's `Retry-After`, and an attempt that hangs (see
/// [`AttemptTimeout`](crate::AttemptTimeout)).
///
/// A schedule in proportion to the time waited needs the fewest polls for a bound on the relative delay;
/// jitter that only shrinks keeps that bound, while jitter that is added behind the cap, as in most
/// libraries, breaks it.
///
/// ```
/// use std::time::Duration;
/// use firstlight_poll::Envelope;
///
/// let bound = Envelope::local().bound(Duration::from_secs(10));
/// assert_eq!(bound.lateness, Duration::from_secs(1));
/// ```
/// A clone shares its randomness with the original: give each of many targets an envelope of its own making, or a seed.
#[derive(Debug, Clone)]
pub struct Envelope<H = ByStatus> {
    floor: u64,
    cap: u64,
    lowest: Rate,
    highest: Rate,
    jitter: Rate,
    first: Rate,
    rng: Rng,
    heuristic: H,
}

/// Suggests a wait from what is known; the [`Envelope`] around it keeps the bounds.
pub trait Heuristic {
    /// Returns the wait that seems best now.
    ///
    /// [`Duration::MAX`] is "as long as is allowed", zero "as short as is allowed".
    fn suggest(&mut self, moment: &Moment<'_>) -> Duration;
}

impl<F: FnMut(&Moment<'_>) -> Duration> Heuristic for F {
    fn suggest(&mut self, moment: &Moment<'_>) -> Duration {
        self(moment)
    }
}

/// The smallest floor: below it a start would be a busy loop.
const SMALLEST_FLOOR: u64 = 1_000_000;
/// Jitter that took away everything would break the bound on polls.
const LARGEST_JITTER: Rate = Rate::percent(90);

impl Envelope {
    /// Makes one for targets on this machine: loopback, child processes.
    ///
    /// Floor 50 ms, 2 % to 10 % of the time waited, cap 2 s, jitter 20 %.
    pub fn local() -> Self {
        Self::new(Duration::from_millis(50))
    }

    /// Makes one for targets that others share.
    ///
    /// As [`Envelope::local`] with a floor of 250 ms, and the first attempt at a random moment within it. A
    /// thousand replicas that start together would otherwise ask in step.
    pub fn remote() -> Self {
        Self::new(Duration::from_millis(250)).with_random_phase(Rate::ONE)
    }

    /// Makes an envelope with this floor and the settings of [`Envelope::local`].
    ///
    /// A floor below 1 ms counts as 1 ms.
    pub fn new(floor: Duration) -> Self {
        let floor = nanos(floor).max(SMALLEST_FLOOR);
        Self {
            floor,
            cap: 2_000_000_000.max(floor),
            lowest: Rate::percent(2),
            highest: Rate::percent(10),
            jitter: Rate::percent(20),
            first: Rate::ZERO,
            rng: Rng::random(),
            heuristic: ByStatus::new(),
        }
    }
}

impl<H: Heuristic> Envelope<H> {
    /// Sets the lowest and the highest share of the time waited.
    ///
    /// Default 2 % and 10 %. Given the wrong way round, the lowest counts as the highest. With a highest rate
    /// of 0 the wait is the floor every time.
    pub fn with_rates(mut self, lowest: Rate, highest: Rate) -> Self {
        self.lowest = lowest.min(highest);
        self.highest = highest;
        self
    }

    /// Sets the longest wait.
    ///
    /// Default 2 s; below the floor it counts as the floor; [`Duration::MAX`] is no cap.
    pub fn with_cap(mut self, cap: Duration) -> Self {
        self.cap = nanos(cap).max(self.floor);
        self
    }

    /// Takes away up to this share of each wait at random.
    ///
    /// Default 20 %; more than 90 % counts as 90 %.
    pub fn with_jitter(mut self, jitter: Rate) -> Self {
        self.jitter = jitter.min(LARGEST_JITTER);
        self
    }

    /// Makes the first attempt at a random moment within this share of the floor.
    ///
    /// More than 100 % counts as 100 %.
    pub fn with_random_phase(mut self, share: Rate) -> Self {
        self.first = share.min(Rate::ONE);
        self
    }

    /// Makes jitter and phase repeatable.
    ///
    /// Default: a random seed.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Rng::seeded(seed);
        self
    }

    /// Takes another heuristic within the same bounds.
    ///
    /// Default [`ByStatus`].
    pub fn with_heuristic<G: Heuristic>(self, heuristic: G) -> Envelope<G> {
        let Self { floor, cap, lowest, highest, jitter, first, rng, .. } = self;
        Envelope { floor, cap, lowest, highest, jitter, first, rng, heuristic }
    }

    /// Tells what is promised for a target that becomes ready this long into the wait.
    pub fn bound(&self, ready_at: Duration) -> Bound {
        Bound::of(ready_at, self.floor, self.cap, self.lowest, self.highest, self.jitter)
    }

    fn longest(&self, elapsed: u64) -> u64 {
        self.highest.of(elapsed).max(self.floor).min(self.cap)
    }

    fn shortest(&self, elapsed: u64, longest: u64) -> u64 {
        self.lowest.of(elapsed).max(self.floor).min(longest)
    }
}

impl<H: Heuristic> Schedule for Envelope<H> {
    fn first(&mut self) -> Duration {
        let within = self.first.of(self.floor);
        Duration::from_nanos(within - Rate::ONE.shrink(self.rng.draw()).of(within))
    }

    fn pause(&mut self, moment: &Moment<'_>) -> Pause {
        let elapsed = nanos(moment.elapsed);
        let longest = self.longest(elapsed);
        let shortest = self.shortest(elapsed, longest);
        let wait = nanos(self.heuristic.suggest(moment)).clamp(shortest, longest);
        let shrink = self.jitter.shrink(self.rng.draw());
        Pause {
            sleep: Duration::from_nanos(shrink.of(wait)),
            hinted: Duration::from_nanos(shrink.of(shortest)),
        }
    }

    fn explain(&self) -> String {
        let wait = |nanos| Duration::from_nanos(nanos);
        let mut text = format!(
            "waits {} to {} of the time waited so far, {:?} at least, {:?} at most, up to {} less by jitter",
            self.lowest,
            self.highest,
            wait(self.floor),
            wait(self.cap),
            self.jitter
        );
        for seconds in [1, 10, 60, 900] {
            let at = Duration::from_secs(seconds);
            text.push_str(&format!("; ready at {at:?}: {}", self.bound(at)));
        }
        text
    }
}
