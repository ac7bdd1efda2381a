//! What a key has to do with it: claims, fences and batches reach for what waits.

use std::time::Duration;

use crate::engine::lanes::{Holder, Spot};
use crate::engine::{After, Engine};
use crate::job::Job;

impl Engine {
    /// Ends the delays of a key's clean-ups, those from the last one on that still wait: their deadline begins now.
    pub(crate) fn hasten(&mut self, key: &str, deadline: Duration, now: Duration) -> After {
        let hasten = |job: &mut Job| {
            job.meta.begin = now;
            job.meta.due = now.saturating_add(deadline);
        };
        // What is before one that need not wait was hastened before it.
        self.lanes.last_behind(key).take_while(|job| job.meta.begin > now).for_each(hasten);
        let Some(Holder { id, spot: Some(Spot::Later(begin)), .. }) = self.lanes.holder(key) else {
            return After::default();
        };
        let Some(mut job) = self.later.take_if(begin, id, |job| job.meta.attempts == 0) else {
            return After::default();
        };
        hasten(&mut job);
        self.enqueue(job);
        self.call()
    }

    /// Takes out what has not begun of a key, to be ended as superseded; `claimed`: only what carries a claim that is not the newest.
    pub(crate) fn supersede(&mut self, key: &str, claimed: bool) -> Vec<Box<Job>> {
        let goes = |job: &Job| !claimed || job.meta.is_stale();
        let holder = self.lanes.holder(key);
        let holder = holder.and_then(|holder| self.take_if(holder.id, holder.spot?, goes));
        let gone: Vec<_> = holder.into_iter().chain(self.lanes.take_behind(key, goes)).collect();
        self.waiting -= gone.len();
        if !claimed {
            self.lanes.cancel(key);
        }
        gone
    }

    /// A clean-up of this phase waits for its key: the one before it may be of a later phase, and must not be held for that.
    pub(super) fn hurry(&mut self, holder: Holder, phase: usize) -> After {
        let Some(spot @ Spot::Held { phase: held, .. }) = holder.spot else {
            return After::default();
        };
        if phase >= held {
            return After::default();
        }
        if let Some(job) = self.take_if(holder.id, spot, |_| true) {
            self.enqueue(job);
        }
        self.call()
    }
}
