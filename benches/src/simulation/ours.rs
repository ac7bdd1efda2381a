use std::time::Duration;

use firstlight_poll::{Moment, Schedule, Status};

use super::world::Statuses;
use super::{Cell, Seen, Start, Told, World, nanos};
use fastrand::Rng;

/// Many starts seen by a schedule of ours; each start has a schedule of its own, made from a seed.
pub fn ours<S: Schedule>(
    world: World,
    told: Told,
    starts: u64,
    schedule: impl Fn(u64) -> S,
) -> Cell {
    let mut die = Rng::with_seed(world as u64);
    let statuses = Statuses::new();
    let mut cell = Cell::default();
    for seed in 0..starts {
        let start = world.start(&mut die);
        cell.add(wait(&start, &mut schedule(seed), |now| statuses.of(start.tells(told, now))));
    }
    cell
}

/// One wait as the crate's engine makes it, with attempts that take no time.
pub(super) fn wait<'a>(
    start: &Start,
    schedule: &mut impl Schedule,
    status: impl Fn(u64) -> &'a Status,
) -> Seen {
    let ready_at = start.ready_at();
    let mut talk = Talk::default();
    let mut now = nanos(schedule.first());
    let mut polls = 1;
    while now < ready_at {
        now += nanos(schedule.pause(&talk.moment(now, status(now))).sleep);
        polls += 1;
    }
    Seen::Ready { ready_at, delay: now - ready_at, polls }
}

/// Since when the target says what it says; the first status counts from the beginning of the wait.
#[derive(Debug, Default)]
pub(super) struct Talk<'a> {
    last: Option<&'a Status>,
    since: u64,
}

impl<'a> Talk<'a> {
    pub(super) fn moment(&mut self, now: u64, status: &'a Status) -> Moment<'a> {
        // Kinds alone tell the statuses of the simulation apart: progress is not a change.
        if self.last.is_some_and(|last| last.kind() != status.kind()) {
            self.since = now;
        }
        self.last = Some(status);
        Moment {
            elapsed: Duration::from_nanos(now),
            unchanged: Duration::from_nanos(now - self.since),
            status,
        }
    }
}
