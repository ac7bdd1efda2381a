use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime::client::waiters::{AcceptorState, WaiterOrchestrator};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{CreateUnhandledError, SdkError};
use aws_smithy_types::error::ErrorMetadata;
use fastrand::Rng;
use futures_util::FutureExt;

use super::{Cell, Seen, World, nanos};

/// Many starts seen by the AWS SDK's own waiter, 2 s to 120 s as its services set it, in simulated time.
///
/// It takes a connection that is refused for a failure; here every poll gets an answer, or it could not be compared at all.
pub fn aws_waiter(world: World, starts: u64) -> Cell {
    // Its die is the thread's; only so does it roll the same each time.
    fastrand::seed(world as u64);
    let mut die = Rng::with_seed(world as u64);
    let mut cell = Cell::default();
    for _ in 0..starts {
        cell.add(wait(world.start(&mut die).ready_at()));
    }
    cell
}

fn wait(ready_at: u64) -> Seen {
    let clock = Clock::default();
    let polls = AtomicU64::new(0);
    let ask = || async {
        polls.fetch_add(1, Relaxed);
        Ok::<_, SdkError<Never, HttpResponse>>(clock.0.load(Relaxed) >= ready_at)
    };
    let waiter = WaiterOrchestrator::builder()
        .min_delay(Duration::from_secs(2))
        .max_delay(Duration::from_secs(120))
        .max_wait(Duration::from_secs(900))
        .time_source(SharedTimeSource::new(clock.clone()))
        .sleep_impl(SharedAsyncSleep::new(clock.clone()))
        .acceptor(|answer: Result<&bool, &Never>| match answer {
            Ok(true) => AcceptorState::Success,
            _ => AcceptorState::Retry,
        })
        .operation(ask)
        .build();
    // Its sleep is over as soon as it begins, so that the whole wait is one poll.
    match waiter.orchestrate().now_or_never() {
        Some(Ok(_)) => Seen::Ready {
            ready_at,
            delay: clock.0.load(Relaxed) - ready_at,
            polls: polls.load(Relaxed),
        },
        _ => Seen::GaveUp,
    }
}

/// Simulated time, which moves on when somebody sleeps.
#[derive(Debug, Clone, Default)]
struct Clock(Arc<AtomicU64>);

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.0.load(Relaxed))
    }
}

impl AsyncSleep for Clock {
    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.fetch_add(nanos(duration), Relaxed);
        Sleep::new(std::future::ready(()))
    }
}

/// The error of an operation that has none.
#[derive(Debug)]
enum Never {}

impl std::fmt::Display for Never {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl CreateUnhandledError for Never {
    fn create_unhandled_error(
        source: Box<dyn std::error::Error + Send + Sync>,
        _: Option<ErrorMetadata>,
    ) -> Self {
        unreachable!("every operation answers: {source}")
    }
}
