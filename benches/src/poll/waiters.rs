//! Many waiters in one process on one target that is ready after a minute, in paused time.
//!
//! Every job returns how many probes were made, once all waiters have seen the target ready.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use firstlight_poll::{Envelope, ErrorClass, SharedPoll, Verdict, Wait};
use tokio::task::LocalSet;
use tokio::time::Instant;

/// When the target is ready.
pub const READY_AFTER: Duration = Duration::from_secs(60);

async fn tasks<F: Future<Output = ()> + 'static>(
    waiters: u64,
    waiter: impl Fn(Rc<Cell<u64>>) -> F,
) -> u64 {
    let seen = Rc::new(Cell::new(0));
    let local = LocalSet::new();
    for _ in 0..waiters {
        drop(local.spawn_local(waiter(Rc::clone(&seen))));
    }
    local.await;
    assert_eq!(seen.get(), waiters, "not every waiter has seen the target ready");
    waiters
}

fn count<T>(seen: &Cell<u64>, result: &Result<T, impl Sized>) {
    seen.set(seen.get() + u64::from(result.is_ok()));
}

/// One shared poll with this preset.
pub async fn shared(waiters: u64, wait: Wait<Envelope>) -> u64 {
    let probes = Arc::new(AtomicU64::new(0));
    let (counter, began) = (Arc::clone(&probes), Instant::now());
    let poll = SharedPoll::new(wait, move |_| {
        counter.fetch_add(1, Relaxed);
        std::future::ready(answer(began))
    });
    tasks(waiters, |seen| {
        let waiter = poll.wait();
        async move { count(&seen, &waiter.await) }
    })
    .await;
    probes.load(Relaxed)
}

/// A wait of ours for each.
pub async fn each_alone(waiters: u64) -> u64 {
    let (probes, began) = (Rc::new(Cell::new(0)), Instant::now());
    tasks(waiters, |seen| {
        let probes = Rc::clone(&probes);
        async move {
            let ready = Wait::remote("target").until(|_| {
                probes.set(probes.get() + 1);
                std::future::ready(answer(began))
            });
            count(&seen, &ready.await);
        }
    })
    .await;
    probes.get()
}

/// backon for each: 1 s, doubled up to 60 s, for as long as it takes.
pub async fn backon(waiters: u64) -> u64 {
    let (probes, began) = (Rc::new(Cell::new(0)), Instant::now());
    tasks(waiters, |seen| {
        let probes = Rc::clone(&probes);
        async move {
            let ask = || {
                probes.set(probes.get() + 1);
                std::future::ready(if began.elapsed() < READY_AFTER { Err(()) } else { Ok(()) })
            };
            count(&seen, &ask.retry(ExponentialBuilder::new().without_max_times()).await);
        }
    })
    .await;
    probes.get()
}

fn answer(began: Instant) -> Verdict<()> {
    if began.elapsed() < READY_AFTER {
        Verdict::transient(ErrorClass::Refused, "refused")
    } else {
        Verdict::Ready(())
    }
}
