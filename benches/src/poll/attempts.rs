//! One wait whose attempts cost nothing themselves: what does the loop around them cost?
//!
//! Every job asks `attempts` times, is told "not yet" by all but the last, and returns how often it asked.

use std::hint::black_box;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use firstlight_poll::{Fixed, Verdict, Wait};
use tokio::time::{Instant, timeout};
use tokio_retry::Retry;

/// No attempt is refused by its time-out or by the wait's: only their price counts.
const LONG: Duration = Duration::from_secs(60);

/// A target that is ready at the last of so many attempts.
#[derive(Debug)]
struct Target {
    asked: u64,
    ready_at: u64,
}

impl Target {
    const fn new(attempts: u64) -> Self {
        Self { asked: 0, ready_at: attempts }
    }

    fn ask(&mut self) -> Result<u64, ()> {
        self.asked = black_box(self.asked + 1);
        if self.asked < self.ready_at { Err(()) } else { Ok(self.asked) }
    }
}

/// The least: a loop that never yields, never looks at the clock.
pub async fn hand(attempts: u64) -> u64 {
    let mut target = Target::new(attempts);
    loop {
        if let Ok(asked) = async { target.ask() }.await {
            return asked;
        }
    }
}

/// The least that lets other tasks run.
pub async fn hand_with_budget(attempts: u64) -> u64 {
    let mut target = Target::new(attempts);
    loop {
        if let Ok(asked) = async { target.ask() }.await {
            return asked;
        }
        tokio::task::coop::consume_budget().await;
    }
}

/// The least with a true deadline: one look at the clock and one time-out for each attempt.
pub async fn hand_with_deadline(attempts: u64) -> u64 {
    let mut target = Target::new(attempts);
    let deadline = Instant::now() + LONG;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if let Ok(Ok(asked)) = timeout(left, async { target.ask() }).await {
            return asked;
        }
        tokio::task::coop::consume_budget().await;
    }
}

/// backon, with a sleep that is over at once.
pub async fn backon_without_sleep(attempts: u64) -> u64 {
    let mut target = Target::new(attempts);
    let delay = ConstantBuilder::new().with_delay(Duration::ZERO).without_max_times();
    let ask = || std::future::ready(target.ask());
    ask.retry(delay).sleep(|_| std::future::ready(())).await.unwrap_or_default()
}

/// Ours, with this delay.
pub async fn ours(attempts: u64, delay: Duration) -> u64 {
    let mut target = Target::new(attempts);
    let wait = Wait::local("target").with_schedule(Fixed::new(delay));
    let ready = wait.until(|_| {
        std::future::ready(match target.ask() {
            Ok(asked) => Verdict::Ready(asked),
            Err(()) => Verdict::pending(),
        })
    });
    ready.await.map_or(0, |ready| ready.value)
}

/// One sleep, pinned and reset for each delay: the least with a timer.
pub async fn pinned_sleep(attempts: u64, delay: Duration) -> u64 {
    let mut target = Target::new(attempts);
    let mut sleep = std::pin::pin!(tokio::time::sleep(delay));
    loop {
        if let Ok(asked) = async { target.ask() }.await {
            return asked;
        }
        sleep.as_mut().reset(Instant::now() + delay);
        sleep.as_mut().await;
    }
}

/// backon, with this delay.
pub async fn backon(attempts: u64, delay: Duration) -> u64 {
    let mut target = Target::new(attempts);
    let delay = ConstantBuilder::new().with_delay(delay).without_max_times();
    let ask = || std::future::ready(target.ask());
    ask.retry(delay).await.unwrap_or_default()
}

/// tokio-retry, with this delay.
pub async fn tokio_retry(attempts: u64, delay: Duration) -> u64 {
    let mut target = Target::new(attempts);
    let delays = std::iter::repeat(delay);
    Retry::start(delays, || std::future::ready(target.ask())).await.unwrap_or_default()
}

/// backoff, with this delay.
pub async fn backoff(attempts: u64, delay: Duration) -> u64 {
    let mut target = Target::new(attempts);
    let delay = backoff::backoff::Constant::new(delay);
    let ask = || std::future::ready(target.ask().map_err(backoff::Error::transient));
    backoff::future::retry(delay, ask).await.unwrap_or_default()
}
