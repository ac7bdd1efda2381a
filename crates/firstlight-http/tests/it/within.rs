//! A server is finished within its bound, or cut.

use std::future::{pending, ready as done};
use std::sync::Arc;
use std::time::Duration;

use firstlight_http::{Ended, within};
use firstlight_ready::LameDuck;
use tokio::time::{Instant, sleep};

use crate::it::set::{ready, starting};

const BOUND: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_server_that_finishes_is_waited_for_and_one_that_does_not_is_cut() {
    for (bound, takes, expected) in [
        (BOUND, 3_000, Ended::Finished { output: 7, after: Duration::from_secs(3) }),
        (BOUND, 10_001, Ended::Cut { after: BOUND }),
        (Duration::ZERO, 1, Ended::Cut { after: Duration::ZERO }),
        (
            Duration::MAX,
            90_000_000,
            Ended::Finished { output: 7, after: Duration::from_secs(90_000) },
        ),
    ] {
        let (readiness, _gate) = ready();
        readiness.cut("SIGTERM");
        let server = async {
            sleep(Duration::from_millis(takes)).await;
            7
        };
        let ended = within(&readiness, bound, server).await;
        let rounded = match ended {
            Ended::Finished { output, after } => {
                Ended::Finished { output, after: Duration::from_secs(after.as_secs()) }
            }
            Ended::Cut { after } => Ended::Cut { after: Duration::from_secs(after.as_secs()) },
        };
        assert_eq!(rounded, expected);
        assert_eq!(ended.is_finished(), matches!(expected, Ended::Finished { .. }));
    }
}

#[tokio::test(start_paused = true)]
async fn the_bound_counts_from_stopping_and_not_from_the_drain() {
    let (readiness, _gate) = ready();
    let set = readiness.clone();
    let stopping = tokio::spawn(async move {
        sleep(Duration::from_secs(3_600)).await;
        set.drain_with("SIGTERM", LameDuck { seen: 0, max: Duration::from_secs(15) });
    });
    let began = Instant::now();
    let ended = within(&readiness, BOUND, pending::<()>()).await;
    assert!(matches!(ended, Ended::Cut { .. }));
    assert_eq!(began.elapsed().as_secs(), 3_600 + 15 + 10);
    stopping.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_by_itself_has_ended() {
    let (readiness, _gate) = starting();
    let ended = within(&readiness, BOUND, done(Err::<(), _>("no port"))).await;
    assert_eq!(ended, Ended::Finished { output: Err("no port"), after: Duration::ZERO });
    assert_eq!(ended.to_string(), "finished 0.0ns after stopping");
    assert_eq!(Ended::<()>::Cut { after: BOUND }.to_string(), "cut 10.0s after stopping");
}

#[tokio::test(start_paused = true)]
async fn what_is_cut_is_dropped_before_it_is_told() {
    let (readiness, _gate) = ready();
    let held = Arc::new(());
    let mine = Arc::clone(&held);
    readiness.cut("SIGTERM");
    let ended = within(&readiness, BOUND, async move {
        pending::<()>().await;
        drop(mine);
    });
    assert!(!ended.await.is_finished());
    assert_eq!(Arc::strong_count(&held), 1);
}
