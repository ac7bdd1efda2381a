use std::time::Duration;

use fastrand::Rng;
use firstlight_poll::{Envelope, Pending, Status};

use super::ours::wait;
use super::world::Statuses;
use super::{CHECKS, Seen, Start, Told};

/// What the target says while the promise is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// What it knows.
    Informative,
    /// Refused until it is ready.
    Uninformative,
    /// A new, random progress at each poll: lies.
    Adversarial,
}

/// How near many waits came to what [`Envelope::bound`] promises: 1 is the bound itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Broken {
    /// How many waits.
    pub draws: u64,
    /// How many broke the promise.
    pub broken: u64,
    /// The largest delay as a share of the longest promised.
    pub delay: f64,
    /// The largest number of polls as a share of the most promised.
    pub polls: f64,
}

/// Tests the promise with starts between 1 ms and 15 min, spread evenly over the orders of magnitude.
pub fn promise(envelope: fn() -> Envelope, says: Promise, draws: u64, seed: u64) -> Broken {
    let mut die = Rng::with_seed(seed);
    let statuses = Statuses::new();
    let lies: Vec<Status> =
        (0..64).map(|_| Pending::new().with_progress(die.u64(..CHECKS), CHECKS).into()).collect();
    let mut broken = Broken { draws, ..Broken::default() };
    for draw in 0..draws {
        let ready_at = (1e6 * 900_000_f64.powf(die.f64())) as u64;
        let start = Start::new(ready_at, &mut die);
        let mut schedule = envelope().with_seed(seed.wrapping_add(draw));
        let seen = wait(&start, &mut schedule, |now| match says {
            Promise::Informative => statuses.of(start.tells(Told::Informative, now)),
            Promise::Uninformative => statuses.of(None),
            Promise::Adversarial => &lies[(now ^ draw) as usize % lies.len()],
        });
        let Seen::Ready { delay, polls, .. } = seen else { unreachable!("a wait of ours goes on") };
        let bound = schedule.bound(Duration::from_nanos(ready_at));
        broken.broken +=
            u64::from(u128::from(delay) > bound.lateness.as_nanos() || polls > bound.polls);
        broken.delay = broken.delay.max(delay as f64 / bound.lateness.as_nanos() as f64);
        broken.polls = broken.polls.max(polls as f64 / bound.polls as f64);
    }
    broken
}
