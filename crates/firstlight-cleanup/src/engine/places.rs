//! Where what waits stands.

use std::time::Duration;

use crate::engine::lanes::Spot;
use crate::engine::stage::Stage;
use crate::engine::{After, Engine, Queue};
use crate::job::Job;

impl Engine {
    /// Puts a clean-up where it waits; nothing of its key is before it.
    pub(super) fn place(&mut self, job: Box<Job>, begin: Duration, now: Duration) -> After {
        // A drain cuts delays short, but not the pauses between attempts.
        let first = job.meta.attempts == 0;
        if begin <= now || (first && self.stage != Stage::Open) {
            self.enqueue(job);
            return self.call();
        }
        if self.put_later(job, begin) { self.call() } else { After::default() }
    }

    /// Whether it is the earliest of all now.
    pub(super) fn put_later(&mut self, job: Box<Job>, begin: Duration) -> bool {
        self.lanes.put(&job, Spot::Later(begin));
        self.later.push(job, begin)
    }

    pub(super) fn enqueue(&mut self, job: Box<Job>) {
        if let Stage::Closing { phase: now } = self.stage {
            let phase = self.lanes.phase(&job);
            if phase > now {
                self.lanes.put(&job, Spot::Held { phase, at: self.held[phase].next() });
                self.held[phase].push(job);
                return;
            }
        }
        self.lanes.put(&job, Spot::Ready(self.ready.next()));
        self.ready.push(job);
    }

    /// Takes one out of where it was put last, if it is there still and `goes`.
    pub(super) fn take_if(
        &mut self,
        id: u64,
        spot: Spot,
        goes: impl Fn(&Job) -> bool,
    ) -> Option<Box<Job>> {
        let this = |job: &mut Box<Job>| job.meta.id == id && goes(job);
        match spot {
            Spot::Ready(at) => self.ready.take_if(at, this),
            Spot::Held { phase, at } => self.held[phase].take_if(at, this),
            Spot::Later(begin) => self.later.take_if(begin, id, goes),
        }
    }

    /// What waits for a worker, a phase or its key.
    pub(crate) fn queued(&self) -> impl Iterator<Item = &Job> {
        self.ready.iter().chain(self.held.iter().flat_map(Queue::iter)).chain(self.lanes.behind())
    }

    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }
}
