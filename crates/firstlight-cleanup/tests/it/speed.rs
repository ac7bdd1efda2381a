//! What was made fast must still be right.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_cleanup::{Cleanup, Janitor, Notice, Outcome, Settings, What};

const SECOND: Duration = Duration::from_secs(1);

/// How clean-ups with these deadlines end, each of which waits for so long, in the order in which they do; and how long after they were
/// detached, all at once, for one worker.
async fn one_after_the_other(plans: &[(Duration, Duration)]) -> Vec<(Outcome, Duration)> {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&ended);
    let observer = move |notice: &Notice<'_>| {
        if let What::Ended(outcome) = notice.what {
            told.lock().unwrap().push((outcome, notice.age));
        }
    };
    let janitor = Janitor::with(Settings::new("test").with_concurrency(1).with_observer(observer));
    for (deadline, waits) in plans.iter().copied() {
        let cleanup = Cleanup::once("wait", move |_| tokio::time::sleep(waits));
        drop(janitor.scope(cleanup.with_deadline(deadline)));
    }
    let _ = janitor.drain(Duration::MAX).await;
    std::mem::take(&mut *ended.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_keeps_its_timer_ends_each_clean_up_at_its_own_deadline() {
    use Outcome::{Completed, TimedOut};
    let (hangs, short) = (Duration::MAX, Duration::from_millis(100));
    for (why, plans, outcomes) in [
        (
            "it rings for the first while the second hangs",
            [(SECOND, short), (10 * SECOND, hangs)],
            [(Completed, short), (TimedOut, 10 * SECOND)],
        ),
        (
            "it rings for the first while the second waits",
            [(SECOND, short), (10 * SECOND, 5 * SECOND)],
            [(Completed, short), (Completed, short + 5 * SECOND)],
        ),
        (
            "it is set too late for the second",
            [(10 * SECOND, short), (SECOND, hangs)],
            [(Completed, short), (TimedOut, SECOND)],
        ),
        (
            "it is set for never",
            [(Duration::MAX, short), (SECOND, hangs)],
            [(Completed, short), (TimedOut, SECOND)],
        ),
        (
            "it has rung for the first",
            [(SECOND, hangs), (3 * SECOND, hangs)],
            [(TimedOut, SECOND), (TimedOut, 3 * SECOND)],
        ),
    ] {
        let ended = one_after_the_other(&plans).await;
        assert_eq!(ended.len(), outcomes.len(), "{why}");
        for ((outcome, age), (expected, at)) in ended.into_iter().zip(outcomes) {
            assert_eq!(outcome, expected, "{why}");
            // Timers ring at the next millisecond.
            assert!(age >= at && age <= at + Duration::from_millis(3), "{why}: {age:?}");
        }
    }
}

#[tokio::test]
async fn the_age_of_an_armed_guard_is_right_to_ten_milliseconds() {
    let janitor = Janitor::new("test");
    let clock = tokio::time::Instant::now();
    let _guard = janitor.track(Cleanup::once("wait", |_| async {})).unwrap();
    tokio::time::sleep(Duration::from_millis(30)).await;
    let age = janitor.inventory().items[0].age;
    let most = clock.elapsed() + Duration::from_millis(10);
    assert!(age >= Duration::from_millis(30) && age <= most, "{age:?}, at most {most:?}");
    let _ = _guard.disarm();
}

#[test]
fn a_crowd_that_has_gone_leaves_a_registry_that_works() {
    let janitor = Janitor::new("test");
    for guards in [5_000, 3, 5_000] {
        let make = |_| janitor.track(Cleanup::sync_only("none", |_| {})).unwrap();
        let all: Vec<_> = (0..guards).map(make).collect();
        assert_eq!(janitor.stats().armed, guards);
        for guard in all {
            assert!(guard.disarm().is_some());
        }
        janitor.assert_idle();
    }
}
