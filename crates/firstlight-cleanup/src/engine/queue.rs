use std::collections::VecDeque;

use crate::job::Job;

/// First in, first out; who remembers where one stands can take it out of the middle.
///
/// What is taken out leaves a gap, but never at either end.
#[derive(Default)]
pub(crate) struct Queue {
    jobs: VecDeque<Option<Box<Job>>>,
    /// The number of the first place.
    first: u64,
}

/// How many places are kept when nothing waits any more.
const KEPT: usize = 1_024;

impl Queue {
    /// The number of the next one's place.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.jobs.len() as u64
    }

    pub(crate) fn push(&mut self, job: Box<Job>) {
        self.jobs.push_back(Some(job));
    }

    pub(crate) fn pop(&mut self) -> Option<Box<Job>> {
        let job = self.jobs.pop_front()?;
        self.first += 1;
        self.trim();
        job
    }

    /// Who asks must look whether it is the one: the place may have been given anew.
    pub(crate) fn take_if(
        &mut self,
        at: u64,
        goes: impl FnOnce(&mut Box<Job>) -> bool,
    ) -> Option<Box<Job>> {
        let at = usize::try_from(at.checked_sub(self.first)?).ok()?;
        let job = self.jobs.get_mut(at)?.take_if(goes);
        self.trim();
        job
    }

    fn trim(&mut self) {
        while let Some(None) = self.jobs.front() {
            self.jobs.pop_front();
            self.first += 1;
        }
        while let Some(None) = self.jobs.back() {
            self.jobs.pop_back();
        }
        if self.jobs.is_empty() && self.jobs.capacity() > KEPT {
            // A storm is over: its memory is given back.
            self.jobs = VecDeque::new();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// How many places there are, gaps too: what bounds its memory.
    pub(crate) fn places(&self) -> usize {
        self.jobs.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().flatten().map(Box::as_ref)
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Box<Job>> + use<> {
        std::mem::take(self).jobs.into_iter().flatten()
    }
}

#[cfg(all(test, not(firstlight_loom)))]
mod tests {
    use super::*;
    use crate::plain_job::plain_job;

    #[test]
    fn the_memory_of_a_storm_is_given_back_and_places_go_on() {
        for gaps in [false, true] {
            let mut queue = Queue::default();
            for _ in 0..10_000 {
                queue.push(plain_job(None, None));
            }
            for at in 0..10_000 {
                let job = if gaps { queue.take_if(9_999 - at, |_| true) } else { queue.pop() };
                assert!(job.is_some());
            }
            assert!(queue.is_empty());
            assert!(queue.jobs.capacity() <= KEPT, "{}", queue.jobs.capacity());
            // What was remembered before does not reach what comes after.
            assert_eq!(queue.next(), if gaps { 1 } else { 10_000 });
        }
    }
}
