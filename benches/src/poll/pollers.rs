//! Thousands of targets, each asked every 100 ms, their first attempts spread over the first interval.
//!
//! Every job asks each target so many times, in paused time, and returns how often it asked in all.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use firstlight_poll::{Group, Moment, Pause, Schedule, Verdict, Wait};
use futures_util::StreamExt;
use tokio::task::LocalSet;
use tokio_util::time::DelayQueue;

/// How often each target is asked.
pub const INTERVAL: Duration = Duration::from_millis(100);

/// Counts all attempts.
type Asked = Rc<Cell<u64>>;

/// One task for each target, each with a loop of its own.
async fn tasks<F: Future<Output = ()> + 'static>(
    pollers: u64,
    poller: impl Fn(Duration, Asked) -> F,
) -> u64 {
    let asked = Asked::default();
    let local = LocalSet::new();
    for at in 0..pollers {
        // Not awaited one by one: the set is.
        drop(local.spawn_local(poller(phase(at), Rc::clone(&asked))));
    }
    local.await;
    asked.get()
}

/// When the poller of this number makes its first attempt.
pub fn phase(poller: u64) -> Duration {
    Duration::from_millis(1 + poller % 100)
}

fn ask(all: &Asked, mine: &mut u64, attempts: u64) -> bool {
    all.set(all.get() + 1);
    *mine += 1;
    *mine >= attempts
}

/// A task with backon's loop for each target.
pub async fn backon(pollers: u64, attempts: u64) -> u64 {
    tasks(pollers, |phase, asked| backon_poller(phase, attempts, asked)).await
}

/// backon's loop for one target.
pub async fn backon_poller(phase: Duration, attempts: u64, asked: Rc<Cell<u64>>) {
    tokio::time::sleep(phase).await;
    let mut mine = 0;
    let every = ConstantBuilder::new().with_delay(INTERVAL).without_max_times();
    let ask =
        || std::future::ready(if ask(&asked, &mut mine, attempts) { Ok(()) } else { Err(()) });
    let _asked_often_enough = ask.retry(every).await;
}

/// A task with our loop for each target.
pub async fn ours(pollers: u64, attempts: u64) -> u64 {
    tasks(pollers, |phase, asked| our_poller(phase, attempts, asked)).await
}

/// Our loop for one target.
pub async fn our_poller(phase: Duration, attempts: u64, asked: Rc<Cell<u64>>) {
    let mut mine = 0;
    let wait = Wait::local("target").with_schedule(Every { phase });
    let ready = wait.until(|_| {
        let ready = ask(&asked, &mut mine, attempts);
        std::future::ready(if ready { Verdict::Ready(()) } else { Verdict::pending() })
    });
    drop(ready.await);
}

/// One task with our group for all targets; an attempt may be 10 ms late.
pub async fn our_group(pollers: u64, attempts: u64) -> u64 {
    let asked = Asked::default();
    let mut mine = vec![0; pollers as usize];
    let mut group = Group::new(Duration::from_millis(10), |&at: &u64, _| {
        let ready = ask(&asked, &mut mine[at as usize], attempts);
        std::future::ready(if ready { Verdict::Ready(()) } else { Verdict::pending() })
    });
    for at in 0..pollers {
        group.insert(at, Wait::local("target").with_schedule(Every::from(at)));
    }
    while group.next().await.is_some() {}
    drop(group);
    asked.get()
}

/// One task with a `DelayQueue` for all targets.
pub async fn delay_queue(pollers: u64, attempts: u64) -> u64 {
    let asked = Asked::default();
    let mut queue = DelayQueue::with_capacity(pollers as usize);
    for at in 0..pollers {
        queue.insert(0, phase(at));
    }
    while let Some(due) = queue.next().await {
        let mut mine = due.into_inner();
        if !ask(&asked, &mut mine, attempts) {
            queue.insert(mine, INTERVAL);
        }
    }
    asked.get()
}

/// The same wait every time, from a phase on.
#[derive(Debug, Clone)]
pub struct Every {
    phase: Duration,
}

impl From<u64> for Every {
    /// For the poller of this number.
    fn from(poller: u64) -> Self {
        Self { phase: phase(poller) }
    }
}

impl Schedule for Every {
    fn first(&mut self) -> Duration {
        self.phase
    }

    fn pause(&mut self, _: &Moment<'_>) -> Pause {
        Pause { sleep: INTERVAL, hinted: INTERVAL }
    }

    fn explain(&self) -> String {
        format!("every {INTERVAL:?}")
    }
}
