//! The end: phases, and what is left of it.

use std::time::Duration;

use crate::engine::stage::Stage;
use crate::engine::{After, Engine, Queue};
use crate::job::Job;
use crate::unfinished::Unfinished;

impl Engine {
    /// Begins the end, or its next phase: from here on only what belongs to `phase` or an earlier one is begun.
    pub(crate) fn enter_phase(&mut self, phase: usize, now: Duration) -> After {
        match self.stage {
            Stage::Closed => return After::default(),
            Stage::Closing { phase: current } if current == phase => return After::default(),
            Stage::Closing { phase: current } if current < phase => {}
            // A drain begins: the first one, or the next after one that was dropped.
            Stage::Closing { .. } | Stage::Open => self.phases.begin(now),
        }
        self.phases.enter(phase, now);
        self.stage = Stage::Closing { phase };
        let mut waiting: Vec<_> = self.ready.drain().collect();
        waiting.extend(self.held.iter_mut().flat_map(Queue::drain));
        for (begin, job) in self.later.drain() {
            if job.meta.attempts == 0 {
                waiting.push(job);
            } else {
                self.put_later(job, begin);
            }
        }
        for job in waiting {
            self.enqueue(job);
        }
        self.call()
    }

    /// Takes down, for the drain that runs, what did not complete; gives the row that it has not left by that.
    pub(crate) fn write_down(
        &mut self,
        unfinished: &Unfinished,
        row: Option<usize>,
    ) -> Option<usize> {
        let Some(left) = &mut self.left else { return row };
        left.push(unfinished);
        if let Some(row) = row {
            self.rows.leave(row);
        }
        None
    }

    /// Ends the end if nothing is left of it: whether that is so.
    pub(crate) fn close_if_idle(&mut self) -> bool {
        let idle = self.outstanding() == 0;
        if idle {
            self.stage = Stage::Closed;
        }
        idle
    }

    /// Ends the end: nothing is taken in any more; all that waits is given out.
    pub(crate) fn close(&mut self) -> Vec<Box<Job>> {
        self.stage = Stage::Closed;
        self.waiting = 0;
        self.ready
            .drain()
            .chain(self.later.drain().map(|(_, job)| job))
            .chain(self.held.iter_mut().flat_map(Queue::drain))
            .chain(self.lanes.drain())
            .collect()
    }

    /// How many have not ended.
    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding.iter().sum()
    }

    /// How many of this phase have not ended.
    pub(crate) const fn outstanding_in(&self, phase: usize) -> usize {
        self.outstanding[phase]
    }
}
