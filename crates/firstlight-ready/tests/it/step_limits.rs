//! The time that steps have: each its own, and all of them one budget together.

use std::future::{pending, poll_fn, ready};
use std::task::Poll;
use std::time::Duration;

use firstlight_clock::Clock;
use firstlight_ready::{Budget, GateState, StepError, StepFailure, StepLimit};
use tokio::time::{Instant, advance, sleep};

use super::steps::{db, is, look, poll_once};
use super::support::{block_on, s};

#[track_caller]
fn failure<T: std::fmt::Debug, E: std::fmt::Debug>(
    result: Result<T, StepError<E>>,
) -> StepFailure<E> {
    result.expect_err("a failure").failure
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_time_is_over_fails_the_gate_at_that_time() {
    let (readiness, db) = db();
    let began = Instant::now();
    let result = db.run(s(10), pending::<Result<(), String>>()).await;
    assert_eq!(began.elapsed().as_secs(), 10);
    let error = result.expect_err("a time-out");
    assert_eq!(error.to_string(), "gate db: timed out after 10.0 s");
    is(&readiness, GateState::Failed, "timed out after 10.0 s");
    let StepFailure::TimedOut { after } = error.failure else { panic!("{error}") };
    assert_eq!(after.as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn work_that_uses_up_its_turn_each_time_is_timed_out_all_the_same() {
    let (readiness, db) = db();
    let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
    let busy = async {
        let mut turns = 0;
        while turns < 100 {
            tx.send(()).expect("open");
            rx.recv().await.expect("open");
            if !tokio::task::coop::has_budget_remaining() {
                // A turn takes a second.
                turns += 1;
                advance(s(1)).await;
            }
        }
        Ok::<(), String>(())
    };
    let result = db.run(s(10), busy).await;
    assert!(matches!(failure(result), StepFailure::TimedOut { .. }));
    assert_eq!(look(&readiness).0, GateState::Failed);
}

#[tokio::test(start_paused = true)]
async fn steps_at_the_same_time_share_one_end() {
    let start = Budget::new(s(10));
    let (_readiness, db) = db();
    let began = Instant::now();
    let late = || async {
        sleep(s(4)).await;
        db.run(&start, pending::<Result<(), String>>()).await
    };
    let (first, second, third) = tokio::join!(
        db.run(&start, pending::<Result<(), String>>()),
        late(),
        db.run(start.at_most(s(3)), pending::<Result<(), String>>()),
    );
    assert_eq!(began.elapsed().as_secs(), 10);
    for (result, seconds) in [(first, 10), (second, 6), (third, 3)] {
        let StepFailure::TimedOut { after } = failure(result) else { panic!("a time-out") };
        assert_eq!(after.as_secs(), seconds);
    }
    assert_eq!(start.remaining(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn kuma_ten_retries_of_a_second_fit_the_budget_that_they_have_together() {
    let (_readiness, db) = db();
    let (start, began) = (Budget::new(Duration::from_millis(3_500)), Instant::now());
    let mut ended = Vec::new();
    for _ in 0..10 {
        let dial = db.step("dial", start.at_most(s(1)), pending::<Result<(), String>>());
        ended.push(failure(dial.await).to_string());
    }
    assert!(began.elapsed() < Duration::from_millis(3_510));
    let over = "not begun: no time was left";
    let expected = ["timed out after 1.0 s"; 3];
    assert_eq!(ended[..3], expected);
    assert!(ended[3].starts_with("timed out after 50"), "{ended:?}");
    assert_eq!(ended[4..], [over; 6]);
}

#[tokio::test(start_paused = true)]
async fn with_no_time_left_a_future_is_not_polled() {
    let limits: [(&str, StepLimit); 4] = [
        ("zero", Duration::ZERO.into()),
        ("a budget of zero", Budget::new(Duration::ZERO).into()),
        ("zero of a budget", Budget::new(s(10)).at_most(Duration::ZERO)),
        ("a child of one that is over", Budget::new(Duration::ZERO).child(s(10)).into()),
    ];
    for (case, limit) in limits {
        let (readiness, db) = db();
        let mut polled = false;
        let step = poll_fn(|_| {
            polled = true;
            Poll::Ready(Ok::<(), String>(()))
        });
        let error = db.run(limit, step).await.expect_err(case);
        assert_eq!(error.to_string(), "gate db: not begun: no time was left", "{case}");
        is(&readiness, GateState::Failed, "not begun: no time was left");
        assert!(!polled, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_maximum_never_ends() {
    let year = s(365 * 24 * 60 * 60);
    let huge = Duration::from_nanos(u64::MAX);
    let limits: [(StepLimit, u32); 4] = [
        (Duration::MAX.into(), 40),
        (Budget::new(Duration::MAX).into(), 40),
        (Budget::new(Duration::MAX).at_most(Duration::MAX), 40),
        // Half a thousand years; tokio's timers end with less than that.
        (Budget::new(Duration::MAX).child(huge).into(), 20),
    ];
    for (limit, years) in limits {
        let (readiness, db) = db();
        let (tx, rx) = tokio::sync::oneshot::channel::<()>();
        let mut step = Box::pin(db.run(limit, rx));
        assert!(poll_once(step.as_mut()).is_pending());
        advance(year * years).await;
        assert!(poll_once(step.as_mut()).is_pending());
        tx.send(()).expect("open");
        step.await.expect("a success");
        assert_eq!(look(&readiness).0, GateState::Ready);
    }
}

#[test]
fn a_budget_is_one_end_for_all_its_parts() {
    let (clock, hand) = Clock::by_hand();
    let start = Budget::with_clock(s(10), clock);
    let (short, long) = (start.child(s(3)), start.child(s(60)));
    let copy = start.clone();
    assert_eq!((short.remaining(), long.remaining()), (s(3), s(10)));
    hand.advance(s(4));
    assert_eq!((short.remaining(), long.remaining(), copy.remaining()), (s(0), s(6), s(6)));
    assert_eq!(start.child(s(1)).remaining(), s(1));
    assert_eq!(short.child(s(1)).remaining(), s(0));
    hand.advance(s(1_000));
    assert_eq!((start.remaining(), copy.child(Duration::MAX).remaining()), (s(0), s(0)));

    let (clock, hand) = Clock::by_hand();
    let never = Budget::with_clock(Duration::MAX, clock);
    hand.advance(s(1));
    assert_eq!(never.remaining(), Duration::MAX - s(1));
    let never = never.child(Duration::MAX);
    hand.advance(Duration::MAX);
    assert!(never.remaining() > s(1_000_000_000));
}

#[test]
fn a_step_whose_time_nobody_watches_any_more_fails_and_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let (_readiness, db) = runtime.block_on(async { db() });
    drop(runtime);
    let ended = block_on(db.run(Duration::from_secs(1), pending::<Result<(), String>>()));
    let text = ended.expect_err("it cannot be timed").to_string();
    assert_eq!(text, "gate db: panicked: the runtime that watches its time has ended");
    assert_eq!(block_on(db.run(Duration::MAX, ready(Ok::<_, String>(7)))).ok(), Some(7));
}

#[test]
fn a_step_can_be_polled_outside_of_the_runtime_of_its_set() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
    let runtime = runtime.expect("a runtime");
    let (readiness, db) = runtime.block_on(async { db() });
    let limit = Duration::from_millis(20);
    block_on(db.run(limit, ready(Ok::<_, String>(())))).expect("a success");
    assert!(readiness.is_ready());
    let ended = block_on(db.run(limit, pending::<Result<(), String>>()));
    assert!(matches!(failure(ended), StepFailure::TimedOut { .. }));
}
