//! What runs when: queues, lanes of keys, phases, the number of workers. No clock, no lock, no runtime.

mod after;
mod answers;
mod calls;
mod claims;
mod closing;
mod keys;
mod lanes;
mod later;
#[cfg(test)]
mod laws;
mod left;
mod phases;
mod places;
mod queue;
mod rows;
mod staff;
mod stage;

use std::time::Duration;

use crate::job::Job;
use crate::outcome::Outcome;
use crate::stats::Stats;

pub(crate) use self::after::After;
pub(crate) use self::answers::{Next, Submitted};
pub(crate) use self::claims::Claims;
use self::lanes::Lanes;
pub(crate) use self::later::Later;
pub(crate) use self::left::Left;
use self::phases::Phases;
pub(crate) use self::queue::Queue;
pub(crate) use self::rows::Rows;
pub(crate) use self::staff::{Call, Crew, Staff, Standing};
use self::stage::Stage;

/// The most phases of a drain.
pub(crate) const PHASES: usize = 8;

/// All detached clean-ups of one janitor.
///
/// A clean-up is in exactly one place: a queue in here, or in the hands of the one who took it out. That is what makes it run once.
pub(crate) struct Engine {
    ready: Queue,
    pub(crate) later: Later,
    /// While closing: what waits for its phase.
    held: [Queue; PHASES],
    pub(crate) lanes: Lanes,
    pub(crate) claims: Claims,
    home: Staff,
    helpers: Staff,
    helped: bool,
    workers: usize,
    pub(crate) rows: Rows,
    pub(crate) stats: Stats,
    /// While a drain runs.
    pub(crate) left: Option<Left>,
    stage: Stage,
    phases: Phases,
    /// Those that wait, wherever they wait.
    waiting: usize,
    queue: usize,
    /// Those that have not ended, by phase.
    outstanding: [usize; PHASES],
    next_id: u64,
    overflowing: bool,
}

impl Engine {
    pub(crate) fn new(workers: usize, queue: usize) -> Self {
        Self {
            ready: Queue::default(),
            later: Later::default(),
            held: std::array::from_fn(|_| Queue::default()),
            lanes: Lanes::default(),
            claims: Claims::default(),
            home: Staff::default(),
            helpers: Staff::default(),
            helped: false,
            workers: workers.max(1),
            rows: Rows::default(),
            stats: Stats::default(),
            left: None,
            stage: Stage::Open,
            phases: Phases::default(),
            waiting: 0,
            queue,
            outstanding: [0; PHASES],
            next_id: 0,
            overflowing: false,
        }
    }

    /// Takes a clean-up in, to be begun no earlier than `begin`.
    pub(crate) fn submit(
        &mut self,
        mut job: Box<Job>,
        begin: Duration,
        now: Duration,
    ) -> Submitted {
        self.count_in(&mut job);
        let refused = if self.stage == Stage::Closed {
            Some(Outcome::Lost)
        } else if job.meta.is_stale() {
            Some(Outcome::Superseded)
        } else if self.waiting.max(self.ready.places()) >= self.queue {
            Some(Outcome::Overflowed)
        } else {
            None
        };
        if let Some(outcome) = refused {
            let first =
                outcome == Outcome::Overflowed && !std::mem::replace(&mut self.overflowing, true);
            return Submitted::Refused { job, outcome, first };
        }
        self.waiting += 1;
        let phase = usize::from(job.meta.phase);
        Submitted::Taken(match self.lanes.enter(job) {
            Ok(job) => self.place(job, begin, now),
            Err(holder) => self.hurry(holder, phase),
        })
    }

    /// Counts a clean-up that was handed in; whoever does sees to it that it ends.
    pub(crate) fn count_in(&mut self, job: &mut Job) {
        self.stats.detached += 1;
        job.meta.id = self.next_id;
        self.next_id += 1;
        self.outstanding[usize::from(job.meta.phase)] += 1;
    }

    /// The next thing for a worker that is awake.
    pub(crate) fn next(&mut self, crew: Crew, now: Duration) -> Next {
        while let Some(job) = self.later.pop_due(now) {
            self.enqueue(job);
        }
        let Some(mut job) = self.ready.pop() else {
            let until = self.later.first();
            let parks = self.staff(crew).park(until.is_some());
            return if parks { Next::Park { until } } else { Next::Leave };
        };
        self.waiting -= 1;
        if self.waiting <= self.queue / 2 {
            self.overflowing = false;
        }
        let after = self.call();
        if !self.lanes.lets(&job) {
            return Next::End { job, outcome: Outcome::Superseded, after };
        }
        if self.stage != Stage::Open && job.meta.attempts == 0 {
            let phase = usize::from(job.meta.phase);
            let waited = self.phases.waited(phase, job.meta.begin, now);
            job.meta.due = job.meta.due.saturating_add(waited);
        }
        if now >= job.meta.due {
            return Next::End { job, outcome: Outcome::TimedOut, after };
        }
        let row = self.rows.enter(&job.meta);
        Next::Run { job, row, after }
    }

    /// Takes back what was taken out and not begun, or is to be begun again.
    ///
    /// # Errors
    /// When the drain is over, the clean-up, which nobody would begin; it ends as `otherwise`. When it was superseded while it ran, as
    /// that.
    pub(crate) fn put_back(
        &mut self,
        job: Box<Job>,
        row: usize,
        begin: Duration,
        otherwise: Outcome,
        now: Duration,
    ) -> Result<After, (Box<Job>, Outcome)> {
        if self.stage == Stage::Closed {
            return Err((job, otherwise));
        }
        if !self.lanes.lets(&job) {
            return Err((job, Outcome::Superseded));
        }
        self.rows.leave(row);
        self.waiting += 1;
        Ok(self.place(job, begin, now))
    }

    /// Takes note of an end; what waited for its key comes up.
    pub(crate) fn end(
        &mut self,
        job: &Job,
        row: Option<usize>,
        outcome: Outcome,
        now: Duration,
    ) -> After {
        if let Some(row) = row {
            self.rows.leave(row);
        }
        self.stats.end(outcome);
        self.outstanding[usize::from(job.meta.phase)] -= 1;
        let (next, over) = self.lanes.leave(job);
        let after = match next {
            // Its own delay ran while it waited for its key.
            Some(next) => {
                let begin = next.meta.begin;
                self.place(next, begin, now)
            }
            None => After::default(),
        };
        After { over, drains: self.stage != Stage::Open, ..after }
    }
}
