use std::time::Duration;

use fastrand::Rng;
use firstlight_poll::{AttemptTimeout, Schedule};

use super::ours::Talk;
use super::world::Statuses;
use super::{Cell, Seen, Start, World, nanos};

/// Many starts whose targets hang before they are ready, seen by a loop with one interval and one time-out.
pub fn fixed_timeout(world: World, starts: u64, interval: Duration, timeout: Duration) -> Cell {
    over(world, starts, |start, _| hang(start, 0, |_, _| nanos(interval), |_| nanos(timeout)))
}

/// The same seen by a schedule of ours; every status is an error: refused, then no answer in time.
pub fn growing_timeout<S: Schedule>(
    world: World,
    starts: u64,
    schedule: impl Fn(u64) -> S,
    timeout: AttemptTimeout,
) -> Cell {
    let statuses = Statuses::new();
    over(world, starts, |start, seed| {
        let mut schedule = schedule(seed);
        let mut talk = Talk::default();
        let first = nanos(schedule.first());
        let pause = |now, hung| {
            let status = if hung { statuses.timeout() } else { statuses.of(None) };
            nanos(schedule.pause(&talk.moment(now, status)).sleep)
        };
        hang(start, first, pause, |now| nanos(timeout.at(Duration::from_nanos(now))))
    })
}

fn over(world: World, starts: u64, mut wait: impl FnMut(&Start, u64) -> Seen) -> Cell {
    let mut die = Rng::with_seed(world as u64);
    let mut cell = Cell::default();
    for seed in 0..starts {
        cell.add(wait(&world.start(&mut die), seed));
    }
    cell
}

/// An attempt that begins while the target hangs is never answered, not even once the target is ready.
fn hang(
    start: &Start,
    first: u64,
    mut pause: impl FnMut(u64, bool) -> u64,
    timeout: impl Fn(u64) -> u64,
) -> Seen {
    let ready_at = start.ready_at();
    let (mut now, mut polls) = (first, 1);
    while now < ready_at {
        let hung = now >= start.hangs_at;
        if hung {
            now += timeout(now);
        }
        now += pause(now, hung);
        polls += 1;
    }
    Seen::Ready { ready_at, delay: now - ready_at, polls }
}
