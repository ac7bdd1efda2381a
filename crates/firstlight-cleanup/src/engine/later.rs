use std::collections::BTreeMap;
use std::time::Duration;

use crate::job::Job;

/// What is to be begun at a time, earliest first; of two for the same time, the one that was detached first.
#[derive(Default)]
pub(crate) struct Later(BTreeMap<(Duration, u64), Box<Job>>);

impl Later {
    /// Whether it is the earliest of all now.
    pub(crate) fn push(&mut self, job: Box<Job>, begin: Duration) -> bool {
        let earliest = self.first().is_none_or(|first| begin < first);
        self.0.insert((begin, job.meta.id), job);
        earliest
    }

    pub(crate) fn first(&self) -> Option<Duration> {
        self.0.first_key_value().map(|((begin, _), _)| *begin)
    }

    pub(crate) fn pop_due(&mut self, now: Duration) -> Option<Box<Job>> {
        if self.first()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, job)| job)
    }

    pub(crate) fn take_if(
        &mut self,
        begin: Duration,
        id: u64,
        goes: impl FnOnce(&Job) -> bool,
    ) -> Option<Box<Job>> {
        if !self.0.get(&(begin, id)).is_some_and(|job| goes(job)) {
            return None;
        }
        self.0.remove(&(begin, id))
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (Duration, Box<Job>)> + use<> {
        std::mem::take(&mut self.0).into_iter().map(|((begin, _), job)| (begin, job))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Job> {
        self.0.values().map(Box::as_ref)
    }
}
