use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::job::Job;

/// What is to be begun at a time, earliest first.
#[derive(Default)]
pub(crate) struct Later {
    heap: BinaryHeap<Reverse<Dated>>,
    pushed: u64,
}

struct Dated {
    begin: Duration,
    /// Of two for the same time, the first that came.
    order: u64,
    job: Box<Job>,
}

impl Later {
    /// Whether it is the earliest of all now.
    pub(crate) fn push(&mut self, job: Box<Job>, begin: Duration) -> bool {
        let earliest = self.first().is_none_or(|first| begin < first);
        self.heap.push(Reverse(Dated { begin, order: self.pushed, job }));
        self.pushed += 1;
        earliest
    }

    pub(crate) fn first(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse(dated)| dated.begin)
    }

    pub(crate) fn pop_due(&mut self, now: Duration) -> Option<Box<Job>> {
        if self.first()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(dated)| dated.job)
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (Duration, Box<Job>)> + use<> {
        std::mem::take(&mut self.heap)
            .into_sorted_vec()
            .into_iter()
            .rev()
            .map(|Reverse(dated)| (dated.begin, dated.job))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Job> {
        self.heap.iter().map(|Reverse(dated)| dated.job.as_ref())
    }
}

impl PartialEq for Dated {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Dated {}

impl PartialOrd for Dated {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dated {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.begin, self.order).cmp(&(other.begin, other.order))
    }
}
