//! What runs when: queues, lanes of keys, phases, the number of workers. No clock, no lock, no runtime.

mod claims;
mod lanes;
mod later;
mod rows;
mod staff;

use std::collections::VecDeque;
use std::time::Duration;

use crate::job::Job;
use crate::outcome::Outcome;
use crate::stats::Stats;

pub(crate) use self::claims::Claims;
pub(crate) use self::lanes::Lanes;
pub(crate) use self::later::Later;
pub(crate) use self::rows::Rows;
pub(crate) use self::staff::{Call, Staff, Standing};

/// The most phases of a drain.
pub(crate) const PHASES: usize = 8;

/// All detached clean-ups of one janitor.
///
/// A clean-up is in exactly one place: a queue in here, or in the hands of the one who took it out. That is what makes it run once.
pub(crate) struct Engine {
    pub(crate) ready: VecDeque<Box<Job>>,
    pub(crate) later: Later,
    /// While closing: what waits for its phase.
    pub(crate) held: Vec<VecDeque<Box<Job>>>,
    pub(crate) lanes: Lanes,
    pub(crate) claims: Claims,
    pub(crate) staff: Staff,
    pub(crate) rows: Rows,
    pub(crate) stats: Stats,
    stage: Stage,
    /// Those that wait, wherever they wait.
    waiting: usize,
    queue: usize,
    /// Those that have not ended, by phase.
    outstanding: [usize; PHASES],
    next_id: u64,
    overflowing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// The drain is in this phase.
    Closing {
        phase: usize,
    },
    /// The drain is over.
    Closed,
}

/// What became of a clean-up that was handed in.
pub(crate) enum Submitted {
    Taken(Call),
    /// It ends at once; `first` of its kind for a while.
    Refused {
        job: Box<Job>,
        outcome: Outcome,
        first: bool,
    },
}

/// What a worker does next.
pub(crate) enum Next {
    /// Run it, in this row.
    Run { job: Box<Job>, row: usize, call: Call },
    /// It ends without being run.
    End { job: Box<Job>, outcome: Outcome },
    /// Sleep until somebody calls, or until then.
    Park { until: Option<Duration> },
    /// Another one sleeps already.
    Leave,
}

impl Engine {
    pub(crate) fn new(workers: usize, queue: usize) -> Self {
        Self {
            ready: VecDeque::new(),
            later: Later::default(),
            held: Vec::new(),
            lanes: Lanes::default(),
            claims: Claims::default(),
            staff: Staff::new(workers),
            rows: Rows::default(),
            stats: Stats::default(),
            stage: Stage::Open,
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
        self.stats.detached += 1;
        job.meta.id = self.next_id;
        self.next_id += 1;
        self.outstanding[usize::from(job.meta.phase)] += 1;
        let refused = if self.stage == Stage::Closed {
            Some(Outcome::Lost)
        } else if self.waiting >= self.queue {
            Some(Outcome::Overflowed)
        } else {
            None
        };
        if let Some(outcome) = refused {
            let first = !std::mem::replace(&mut self.overflowing, true);
            return Submitted::Refused { job, outcome, first };
        }
        self.waiting += 1;
        if let Some(job) = self.lanes.enter(job) {
            return Submitted::Taken(self.place(job, begin, now));
        }
        Submitted::Taken(Call::Nobody)
    }

    /// The next thing for a worker that is awake.
    pub(crate) fn next(&mut self, now: Duration) -> Next {
        while let Some(job) = self.later.pop_due(now) {
            self.enqueue(job);
        }
        let Some(job) = self.ready.pop_front() else {
            let until = self.later.first();
            return if self.staff.park(until.is_some()) {
                Next::Park { until }
            } else {
                Next::Leave
            };
        };
        self.waiting -= 1;
        if self.waiting < self.queue / 2 {
            self.overflowing = false;
        }
        if !self.lanes.holds(&job) || job.meta.is_stale() {
            return Next::End { job, outcome: Outcome::Superseded };
        }
        if now >= job.meta.due {
            return Next::End { job, outcome: Outcome::TimedOut };
        }
        self.lanes.begun(&job);
        let row = self.rows.enter(&job.meta);
        let more = !self.ready.is_empty() || self.later.first().is_some();
        let call = if more { self.staff.call() } else { Call::Nobody };
        Next::Run { job, row, call }
    }

    /// Takes back what was taken out and not begun, or is to be begun again; not after the end of the drain.
    ///
    /// # Errors
    /// The clean-up, which nobody would begin.
    pub(crate) fn put_back(
        &mut self,
        job: Box<Job>,
        row: usize,
        begin: Duration,
        now: Duration,
    ) -> Result<Call, Box<Job>> {
        if self.stage == Stage::Closed {
            return Err(job);
        }
        self.rows.leave(row);
        self.waiting += 1;
        self.lanes.paused(&job);
        Ok(self.place(job, begin, now))
    }

    /// Takes note of an end; what waited for its key comes up.
    pub(crate) fn end(
        &mut self,
        job: &Job,
        row: Option<usize>,
        outcome: Outcome,
        now: Duration,
    ) -> Call {
        if let Some(row) = row {
            self.rows.leave(row);
        }
        self.stats.end(outcome);
        self.outstanding[usize::from(job.meta.phase)] -= 1;
        match self.lanes.leave(job) {
            // A clean-up that waited for its key has waited long enough: its own delay ran meanwhile, unless it is longer.
            Some(next) => {
                let begin = next.meta.begin;
                self.place(next, begin, now)
            }
            None => Call::Nobody,
        }
    }

    /// Supersedes what has not begun of a key; `claimed`: only what carries a claim that is not the newest.
    pub(crate) fn supersede(
        &mut self,
        key: &str,
        claimed: bool,
        now: Duration,
    ) -> (Vec<Box<Job>>, Call) {
        let (gone, next) = self.lanes.supersede(key, claimed);
        self.waiting -= gone.len();
        let call = match next {
            Some(next) => {
                let begin = next.meta.begin;
                self.place(next, begin, now)
            }
            None => Call::Nobody,
        };
        (gone, call)
    }

    fn place(&mut self, job: Box<Job>, begin: Duration, now: Duration) -> Call {
        // A drain cuts delays short, but not the pauses between attempts.
        let first = job.meta.attempts == 0;
        if begin <= now || (first && self.stage != Stage::Open) {
            self.enqueue(job);
            return self.staff.call();
        }
        let earliest = self.later.push(job, begin);
        if earliest { self.staff.call() } else { Call::Nobody }
    }

    fn enqueue(&mut self, job: Box<Job>) {
        let phase = usize::from(job.meta.phase);
        match self.stage {
            Stage::Closing { phase: now } if phase > now => self.held[phase].push_back(job),
            _ => self.ready.push_back(job),
        }
    }

    /// Begins the end, or its next phase: from here on only what belongs to `phase` or an earlier one is begun.
    pub(crate) fn enter_phase(&mut self, phase: usize) -> Call {
        if self.stage == Stage::Closed {
            return Call::Nobody;
        }
        self.held.resize_with(PHASES, VecDeque::new);
        self.stage = Stage::Closing { phase };
        let waiting: Vec<_> = self
            .ready
            .drain(..)
            .chain(self.held.iter_mut().flat_map(|held| held.drain(..)))
            .collect();
        let (first, again): (Vec<_>, Vec<_>) =
            self.later.drain().partition(|(_, job)| job.meta.attempts == 0);
        for (begin, job) in again {
            self.later.push(job, begin);
        }
        for job in waiting.into_iter().chain(first.into_iter().map(|(_, job)| job)) {
            self.enqueue(job);
        }
        if self.ready.is_empty() && self.later.first().is_none() {
            Call::Nobody
        } else {
            self.staff.call()
        }
    }

    /// Ends the end: nothing is taken in any more; all that waits is given out.
    pub(crate) fn close(&mut self) -> Vec<Box<Job>> {
        self.stage = Stage::Closed;
        self.waiting = 0;
        self.ready
            .drain(..)
            .chain(self.later.drain().map(|(_, job)| job))
            .chain(self.held.iter_mut().flat_map(|held| held.drain(..)))
            .chain(self.lanes.drain())
            .collect()
    }

    /// How many have not ended, up to and with this phase.
    pub(crate) fn outstanding(&self, phase: usize) -> usize {
        self.outstanding.iter().take(phase.saturating_add(1)).sum()
    }

    /// What waits for a worker, a phase or its key.
    pub(crate) fn queued(&self) -> impl Iterator<Item = &Job> {
        let held = self.held.iter().flatten();
        self.ready.iter().chain(held).map(Box::as_ref).chain(self.lanes.behind())
    }

    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }
}
