use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use tokio::sync::Notify;

/// What a clean-up does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It is ready at its first poll.
    Ready,
    /// It waits once, and is woken at once.
    WaitsOnce,
}

/// Counts clean-ups, and knows when the last one is done. Each of them has a number, so that none can stand in for another.
#[derive(Debug, Default)]
pub struct Tally {
    left: AtomicU64,
    sum: AtomicU64,
    done: Notify,
}

impl Tally {
    /// One that lives for ever, so that a clean-up has it for nothing.
    pub fn leaked() -> &'static Self {
        Box::leak(Box::default())
    }

    /// So many are to come, numbered from 0.
    pub fn expect(&self, clean_ups: u64) {
        self.left.store(clean_ups, Ordering::Relaxed);
        self.sum.store(0, Ordering::Relaxed);
    }

    /// A clean-up: the same for every peer.
    pub async fn clean_up(&self, number: u64, work: Work) {
        if work == Work::WaitsOnce {
            let mut waited = false;
            std::future::poll_fn(|cx| {
                if std::mem::replace(&mut waited, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
        self.tick(number);
    }

    /// The clean-up of who cleans up in place.
    pub fn tick(&self, number: u64) {
        self.sum.fetch_add(number, Ordering::Relaxed);
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }

    /// Waits until all that were expected are done.
    ///
    /// # Panics
    /// When one was done twice.
    pub async fn all_done(&self, clean_ups: u64) {
        self.done.notified().await;
        assert_eq!(self.left.load(Ordering::Acquire), 0, "not done");
        let numbers = clean_ups * (clean_ups - 1) / 2;
        assert_eq!(self.sum.load(Ordering::Acquire), numbers, "not each was done once");
    }

    /// How many were done of so many that were expected.
    pub fn done_of(&self, clean_ups: u64) -> u64 {
        clean_ups - self.left.load(Ordering::Acquire)
    }
}
