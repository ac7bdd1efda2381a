//! Attempts inside a deadline, in paused time.

use std::future::{pending, ready};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Failure, Janitor, Outcome, Retry, Settings, What};
use tokio::time::{Instant, sleep};

use crate::support::{SECOND, Told, assert_near, swept};

const MS: Duration = Duration::from_millis(1);

/// One that always fails, and tells the number of each attempt, when it began and how long it might take.
fn failing(told: &Told<(u32, Duration, Duration)>) -> Cleanup {
    let (told, began) = (told.clone(), Instant::now());
    Cleanup::idempotent("failing", move |attempt: Attempt| {
        told.push((attempt.number(), began.elapsed(), attempt.time_left()));
        ready(Err::<(), _>("no"))
    })
    .boxed()
}

#[tokio::test(start_paused = true)]
async fn attempts_are_numbered_from_one_and_paused_between_within_the_bounds() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let retry = Retry::new().with_base(SECOND).with_cap(SECOND * 4);
    let cleanup = failing(&told).with_retry(retry).with_deadline(SECOND * 60);
    assert_eq!(janitor.scope(cleanup).run().await, Outcome::Failed);
    let all = told.all();
    assert_eq!(
        all.iter().map(|(number, ..)| *number).collect::<Vec<_>>(),
        (1..=all.len() as u32).collect::<Vec<_>>()
    );
    assert!(all.len() > 15, "{}", all.len());
    for (pair, longest) in all.windows(2).zip([1, 2].into_iter().chain(std::iter::repeat(4))) {
        let pause = pair[1].1 - pair[0].1;
        let longest = SECOND * longest;
        // A timer's tick is a millisecond.
        assert!(pause >= longest / 10 && pause <= longest + MS * 2, "{pause:?} of {longest:?}");
    }
    let (_, last, _) = all.last().unwrap();
    assert!(*last < SECOND * 60);
    assert_eq!(janitor.stats().retried, all.len() as u64 - 1);
}

#[tokio::test(start_paused = true)]
async fn the_pauses_of_two_cleanups_differ() {
    let janitor = Janitor::new("test");
    let (one, two) = (Told::new(), Told::new());
    let retry = Retry::new().with_attempts(5);
    let runs = [&one, &two].map(|told| janitor.scope(failing(told).with_retry(retry)).run());
    for run in runs {
        assert_eq!(run.await, Outcome::Failed);
    }
    let times = |told: &Told<(u32, Duration, Duration)>| {
        told.all().iter().map(|(_, at, _)| *at).collect::<Vec<_>>()
    };
    assert_ne!(times(&one), times(&two));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_leaves_half_of_what_is_left_for_the_next() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let tell = told.clone();
    let cleanup = Cleanup::idempotent("hanging", move |attempt: Attempt| {
        tell.push(attempt.time_left());
        pending::<()>()
    });
    let began = Instant::now();
    let retry = Retry::new().with_base(Duration::ZERO).with_attempts(4);
    let cleanup = cleanup.with_retry(retry).with_deadline(SECOND * 16);
    assert_eq!(janitor.scope(cleanup).run().await, Outcome::TimedOut);
    // The last one may take all that is left.
    for (time, expected) in told.all().into_iter().zip([8, 4, 2, 2]) {
        assert_near(SECOND * expected, time);
    }
    assert_eq!(told.all().len(), 4);
    assert_near(began.elapsed(), SECOND * 16);
}

#[tokio::test(start_paused = true)]
async fn what_may_be_attempted_once_has_all_of_its_deadline() {
    for never in [false, true] {
        let janitor = Janitor::new("test");
        let told = Told::new();
        let tell = told.clone();
        let attempt = move |attempt: Attempt| {
            tell.push(attempt.time_left());
            pending::<()>()
        };
        let began = Instant::now();
        let run = if never {
            janitor.scope(Cleanup::idempotent("never", attempt).with_retry(Retry::never())).run()
        } else {
            janitor.scope(Cleanup::once("once", attempt).with_retry(Retry::new())).run()
        };
        assert_eq!(run.await, Outcome::TimedOut);
        assert_eq!(told.all(), [SECOND * 10]);
        assert_near(began.elapsed(), SECOND * 10);
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempts_own_timeout_counts_and_is_never_above_the_deadline() {
    for (timeout, attempts) in
        [(SECOND * 3, vec![3, 3, 3, 1]), (SECOND * 30, vec![10]), (Duration::MAX, vec![10])]
    {
        let janitor = Janitor::new("test");
        let told = Told::new();
        let tell = told.clone();
        let cleanup = Cleanup::idempotent("hanging", move |attempt: Attempt| {
            tell.push(attempt.time_left().as_millis().div_ceil(1_000));
            pending::<()>()
        });
        let retry = Retry::new().with_base(Duration::ZERO);
        let run = janitor.scope(cleanup.with_retry(retry).with_attempt_timeout(timeout)).run();
        assert_eq!(run.await, Outcome::TimedOut);
        assert_eq!(told.all(), attempts, "{timeout:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_an_attempt_timeout_of_zero_only_what_never_waits_is_done() {
    let janitor = Janitor::new("test");
    let quick = Cleanup::once("quick", |_: Attempt| ready(())).with_attempt_timeout(Duration::ZERO);
    assert_eq!(janitor.scope(quick).run().await, Outcome::Completed);
    let slow = Cleanup::once("slow", |_: Attempt| sleep(MS)).with_attempt_timeout(Duration::ZERO);
    assert_eq!(janitor.scope(slow).run().await, Outcome::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_zero_is_over_before_the_first_attempt_and_the_maximum_never_is() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let run = janitor.scope(failing(&told).with_deadline(Duration::ZERO)).run();
    assert_eq!(run.await, Outcome::TimedOut);
    assert!(told.all().is_empty());
    let year = SECOND * 86_400 * 365;
    let cleanup = Cleanup::idempotent("long", move |attempt: Attempt| async move {
        sleep(year).await;
        if attempt.number() < 3 { Err("no") } else { Ok(()) }
    });
    let began = Instant::now();
    let retry = Retry::new().with_base(year).with_cap(Duration::MAX);
    let run = janitor.scope(cleanup.with_deadline(Duration::MAX).with_retry(retry)).run();
    assert_eq!(run.await, Outcome::Completed);
    assert!(began.elapsed() > year * 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_a_panic_and_a_timeout_are_followed_by_another_attempt_and_a_fatal_error_is_not() {
    let (settings, swept) = swept("test");
    let notices = Told::new();
    let tell = notices.clone();
    let janitor = Janitor::with(settings.with_observer(move |notice| {
        if let What::Retrying(error) = notice.what {
            tell.push((notice.attempts, error.to_owned()));
        }
    }));
    let cleanup = Cleanup::idempotent("delete", |attempt: Attempt| async move {
        match attempt.number() {
            1 => Err(Failure::retry("refused")),
            2 => panic!("boom"),
            3 => pending().await,
            _ => Err(Failure::fatal("no such table")),
        }
    });
    let run = janitor.scope(cleanup.with_attempt_timeout(SECOND).with_key("dp1")).run();
    assert_eq!(run.await, Outcome::Failed);
    let expected = ["refused", "boom", "no answer within 1.000 s"];
    let expected: Vec<_> = (1..).zip(expected.map(str::to_owned)).collect();
    assert_eq!(notices.all(), expected);
    let [left] = &swept.all()[..] else { panic!("one hand-over") };
    assert_eq!((left.attempts, left.last_error.as_deref()), (4, Some("no such table")));
    assert_eq!(left.key.as_ref().unwrap().as_str(), "dp1");
    assert_eq!(left.outcome(), Some(Outcome::Failed));
}

#[tokio::test(start_paused = true)]
async fn what_may_be_attempted_once_is_not_attempted_again() {
    let (settings, swept) = swept("test");
    let janitor = Janitor::with(settings);
    for (way, outcome) in [("error", Outcome::Failed), ("panic", Outcome::Panicked)] {
        let cleanup = Cleanup::once("once", move |_: Attempt| async move {
            if way == "panic" { panic!("boom") } else { Err("no") }
        });
        assert_eq!(janitor.scope(cleanup.with_retry(Retry::new())).run().await, outcome);
    }
    assert!(swept.all().iter().all(|left| left.attempts == 1));
    assert_eq!(janitor.stats().retried, 0);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_attempts_is_bounded_and_zero_counts_as_one() {
    for (most, begun) in [(0, 1), (1, 1), (2, 2), (7, 7)] {
        let janitor = Janitor::new("test");
        let told = Told::new();
        // Without pauses, too.
        for base in [Duration::ZERO, MS * 10] {
            let retry = Retry::new().with_base(base).with_attempts(most);
            let run = janitor.scope(failing(&told).with_retry(retry)).run();
            assert_eq!(run.await, Outcome::Failed);
        }
        assert_eq!(told.all().len(), begun * 2, "at most {most}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_would_end_after_the_deadline_is_not_begun() {
    for huge in [SECOND * 600, Duration::MAX] {
        let janitor = Janitor::new("test");
        let told = Told::new();
        let began = Instant::now();
        let retry = Retry::new().with_base(huge).with_cap(huge);
        // A tenth of it, the least it may be, is beyond the deadline.
        assert_eq!(janitor.scope(failing(&told).with_retry(retry)).run().await, Outcome::Failed);
        assert_eq!(told.all().len(), 1);
        assert_near(began.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_no_worker() {
    let janitor = Janitor::with(Settings::new("test").with_concurrency(1));
    let retry = Retry::new().with_base(SECOND * 3_600).with_cap(SECOND * 3_600);
    let flaky = Cleanup::idempotent("flaky", |attempt: Attempt| {
        ready(if attempt.number() == 1 { Err("no") } else { Ok(()) })
    });
    let flaky = janitor.scope(flaky.with_retry(retry).with_deadline(Duration::MAX)).run();
    tokio::task::yield_now().await;
    let began = Instant::now();
    assert_eq!(
        janitor.scope(Cleanup::once("quick", |_| ready(()))).run().await,
        Outcome::Completed
    );
    assert_near(began.elapsed(), Duration::ZERO);
    assert_eq!(flaky.await, Outcome::Completed);
}

#[tokio::test(start_paused = true)]
async fn the_time_in_the_queue_counts_but_the_delay_does_not() {
    let janitor = Janitor::with(Settings::new("test").with_concurrency(1));
    let told = Told::new();
    let tell = told.clone();
    drop(janitor.scope(Cleanup::once("first", |_| sleep(SECOND * 4))));
    let cleanup = Cleanup::once("second", move |attempt: Attempt| {
        tell.push(attempt.time_left());
        ready(())
    });
    let run = janitor.scope(cleanup.with_deadline(SECOND * 5).with_delay(SECOND * 2)).run();
    assert_eq!(run.await, Outcome::Completed);
    assert_near(SECOND * 3, told.all()[0]);
}
