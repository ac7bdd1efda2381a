//! Busy probes, panics in odd places, stalls, reused places: what a review broke once.

use std::future::{IntoFuture, pending};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use firstlight_poll::{
    Attempt, AttemptTimeout, Classifier, Disposition, ErrorClass, Failure, Fault, Fixed, Grace,
    Group, Hint, MAX_FAILING, MAX_TEXT, Observer, Pending, SharedPoll, StatusKind, Update, Verdict,
    Wait, WaitReport, redact,
};
use futures_util::StreamExt;
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::target::{Target, ms, s};

/// Runs it on a thread of its own, which a hang cannot take the test with.
fn ends_in_time<T: Send + 'static>(what: &str, run: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    let (tx, rx) = mpsc::channel();
    thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        // Nobody listens any more once the test has failed.
        let _ = tx.send(runtime.block_on(run()));
    });
    rx.recv_timeout(s(20)).unwrap_or_else(|_| panic!("hangs: {what}"))
}

#[test]
fn what_is_always_busy_starves_no_time_out() {
    // A future that is always ready uses up tokio's budget for the task, and a timer polled behind it never fires.
    let ended = ends_in_time("a probe with an endless body", async || {
        let endless = async || loop {
            consume_budget().await;
        };
        let wait = Wait::local("it").with_timeout(ms(300));
        wait.until(|_| async move { if true { endless().await } else { Verdict::<()>::pending() } })
            .await
    });
    assert_eq!(ended.expect_err("deadline").failure(), &Failure::Deadline);

    let ended = ends_in_time("a busy fail-fast future", async || {
        let busy = async {
            loop {
                consume_budget().await;
            }
        };
        let wait = Wait::local("it").with_timeout(s(10)).with_fail_fast(
            async move {
                if true {
                    busy.await
                }
            },
            "never",
        );
        wait.until(|cx| async move {
            if cx.attempt() > 2 { Verdict::Ready(()) } else { Verdict::pending() }
        })
        .await
    });
    assert!(ended.is_ok());

    let ended = ends_in_time("a waiter of a shared loop without delays", async || {
        let wait = Wait::local("it").with_timeout(s(60)).with_schedule(Fixed::new(Duration::ZERO));
        let shared = SharedPoll::new(wait, |_| async { Verdict::<()>::pending() });
        shared.wait().with_timeout(ms(200)).await
    });
    assert_eq!(ended.expect_err("deadline").failure(), &Failure::Deadline);

    let timed_out = ends_in_time("a group with more work than time", async || {
        let mut group = Group::new(ms(1), |_: &u32, _| {
            let until = Instant::now() + Duration::from_micros(200);
            while Instant::now() < until {}
            async { Verdict::<()>::pending() }
        });
        for i in 0..400 {
            group.insert(i, Wait::local("it").with_schedule(Fixed::new(ms(50))));
        }
        timeout(ms(300), group.next()).await.is_err()
    });
    assert!(timed_out);
}

#[tokio::test(start_paused = true)]
async fn a_place_in_a_group_that_is_used_again_inherits_no_appointment() {
    let mut group = Group::new(ms(1), |takes: &Duration, _| {
        let takes = *takes;
        async move {
            sleep(takes).await;
            Verdict::Ready(())
        }
    });
    let wait =
        || Wait::local("it").with_attempt_timeout(AttemptTimeout::fixed(s(10))).with_timeout(s(60));
    group.insert(s(1), wait());
    assert!(group.next().await.is_some());
    // The time-out of the first is on the wheel still, at 10 s.
    sleep(s(7)).await;
    group.insert(s(5), wait());
    let (_, ended) = group.next().await.expect("the second");
    let report = ended.expect("ready").report;
    assert_eq!((report.attempts, report.timeouts), (1, 0), "{report:#}");
}

#[tokio::test(start_paused = true)]
async fn a_group_counts_what_it_has_still_to_return() {
    let mut group = Group::new(ms(1), |_: &u32, _| async { Verdict::Ready(()) });
    for i in 0..3 {
        group.insert(i, Wait::local("it"));
    }
    for left in (0..3).rev() {
        assert!(group.next().await.is_some());
        assert_eq!((group.len(), group.is_empty()), (left, left == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_a_group_is_seen_within_the_slack_and_its_last_chance_has_time() {
    for hangs in [false, true] {
        let mut group = Group::new(s(1), |_: &(), cx| async move {
            assert!(!cx.timeout().is_zero());
            if hangs && cx.attempt() > 1 { pending().await } else { Verdict::<()>::pending() }
        });
        sleep(ms(537)).await;
        let began = Instant::now();
        group.insert((), Wait::local("it").with_timeout(s(10)).with_schedule(Fixed::new(s(60))));
        let (_, ended) = group.next().await.expect("it ends");
        let report = ended.expect_err("deadline").report().clone();
        assert_eq!(report.attempts, 2, "the first and the last chance: {report:#}");
        assert!(began.elapsed() <= s(11), "{:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_of_a_group_is_dropped_with_its_target() {
    struct Connection(Arc<AtomicU32>);
    impl Drop for Connection {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let open = Arc::new(AtomicU32::new(0));
    let mut group = Group::new(ms(1), |_: &(), _| {
        open.fetch_add(1, Ordering::Relaxed);
        let connection = Connection(Arc::clone(&open));
        async move {
            let _held = connection;
            pending::<Verdict<()>>().await
        }
    });
    group.insert((), Wait::local("it").with_timeout(ms(50)));
    assert!(group.next().await.is_some());
    assert!(group.next().await.is_none());
    assert_eq!(open.load(Ordering::Relaxed), 0);
}

struct Angry;

impl Observer for Angry {
    fn attempted(&self, _: &Attempt<'_>) {
        panic!("observer");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_beside_the_probe_takes_nobody_else_with_it() {
    let mut group = Group::new(ms(1), |_: &u32, cx| async move {
        if cx.attempt() > 3 { Verdict::Ready(()) } else { Verdict::pending() }
    });
    let panics = async || {
        sleep(ms(10)).await;
        if true { panic!("watcher") } else { "" }
    };
    for i in 0..5 {
        let wait = Wait::local("it").with_schedule(Fixed::new(ms(50)));
        group.insert(
            i,
            match i {
                1 => wait.with_observer(Arc::new(Angry)),
                3 => wait.with_fail_fast_reason(panics()),
                _ => wait,
            },
        );
    }
    let mut panicked = Vec::new();
    while let Some((i, ended)) = group.next().await {
        if let Err(error) = ended {
            panicked.push((i, error.failure().to_string()));
        }
    }
    panicked.sort();
    assert_eq!(
        panicked,
        [
            (1, "the probe panicked: observer".to_owned()),
            (3, "the probe panicked: watcher".to_owned()),
        ]
    );

    // In a shared poll the future that panicked is not polled again.
    let shared = SharedPoll::new(Wait::local("it").with_fail_fast_reason(panics()), |_| async {
        Verdict::<()>::pending()
    });
    let first = shared.wait().await.expect_err("panicked");
    let later = shared.wait().await.expect_err("still not ready");
    assert_eq!(
        (first.failure(), later.failure()),
        (&Failure::Panicked("watcher".into()), first.failure())
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_shared_poll_is_told_to_the_observer_and_counted() {
    #[derive(Default)]
    struct Ends(AtomicU32);
    impl Observer for Ends {
        fn ended(&self, report: &WaitReport) {
            assert!(!report.never_polled() && report.elapsed == ms(50));
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let ends = Arc::new(Ends::default());
    let wait = Wait::local("it").with_observer(Arc::clone(&ends) as Arc<dyn Observer>);
    let shared = SharedPoll::new(wait, |_| async {
        sleep(ms(50)).await;
        if true { panic!("probe") } else { Verdict::<()>::pending() }
    });
    assert!(shared.wait().await.is_err());
    assert_eq!(ends.0.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_cancelled_by_its_own_probe_is_no_success() {
    let token = CancellationToken::new();
    let cancels = |_| {
        let token = token.clone();
        async move {
            token.cancel();
            Verdict::Ready(())
        }
    };
    let ended = Wait::local("it").with_cancellation(token.clone()).until(cancels).await;
    assert_eq!(ended.expect_err("cancelled").failure(), &Failure::Cancelled);

    let token = CancellationToken::new();
    let shared = SharedPoll::new(Wait::local("it"), {
        let token = token.clone();
        move |_| {
            let token = token.clone();
            async move {
                token.cancel();
                Verdict::Ready(())
            }
        }
    });
    let ended = shared.wait().with_cancellation(token).await;
    assert_eq!(ended.expect_err("cancelled").failure(), &Failure::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_grace_for_time_outs_runs_behind_another_error_too() {
    for disposition in [Disposition::Fatal, Disposition::Until(Grace::attempts(3))] {
        let table = Classifier::default().with(ErrorClass::Timeout, disposition);
        let wait = Wait::local("it").with_classifier(table).with_timeout(s(60));
        let ended = wait.until(|cx| async move {
            if cx.attempt() > 1 {
                pending::<()>().await;
            }
            Verdict::<()>::transient(ErrorClass::Refused, "refused")
        });
        let error = ended.await.expect_err("hangs");
        assert!(matches!(error.failure(), Failure::Fatal(_)), "{disposition:?}: {error:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_does_not_end_while_an_attempt_still_fits() {
    // It hangs for 10 s, then answers at once; and: every answer takes 3 s, ready from 7 s on.
    for (limit, timeout, hangs_until, answers_in, ready_at) in
        [(s(15), s(20), s(10), ms(0), s(10)), (s(5), s(10), s(0), s(3), s(7))]
    {
        let began = Instant::now();
        let wait = Wait::local("it")
            .with_timeout(timeout)
            .with_attempt_timeout(AttemptTimeout::fixed(limit));
        let ended = wait.until(|_| async move {
            if began.elapsed() < hangs_until {
                pending::<()>().await;
            }
            sleep(answers_in).await;
            if began.elapsed() >= ready_at { Verdict::Ready(()) } else { Verdict::pending() }
        });
        assert!(ended.await.is_ok(), "gave up at {:?} of {timeout:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_waiter_sees_a_target_that_is_slow_and_ready() {
    let target = Target::ready_at(s(31)).answering_in(ms(700));
    let shared = SharedPoll::new(Wait::local("it").with_timeout(s(30)), move |cx| target.check(cx));
    assert!(shared.wait().await.is_err());
    sleep(s(10)).await;
    assert!(shared.wait().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_late_waiter_is_told_a_new_fatal_error() {
    let began = Instant::now();
    let shared = SharedPoll::new(Wait::local("it").with_timeout(s(5)), move |_| async move {
        if began.elapsed() > s(5) {
            Verdict::<()>::fatal(ErrorClass::Config, "gone")
        } else {
            Verdict::pending()
        }
    });
    assert_eq!(shared.wait().await.expect_err("deadline").failure(), &Failure::Deadline);
    sleep(s(1)).await;
    assert!(matches!(shared.wait().await.expect_err("gone").failure(), Failure::Fatal(_)));
}

#[tokio::test(start_paused = true)]
async fn a_handle_without_age_asks_again_and_its_clones_keep_theirs() {
    let target = Target::ready_at(s(0));
    let asked = target.clone();
    let latched = SharedPoll::new(Wait::local("it"), move |cx| target.check(cx));
    let fresh = latched.clone().with_max_age(Duration::ZERO);
    for (handle, polls) in [(&fresh, 1), (&fresh, 2), (&latched, 2), (&fresh, 3)] {
        assert!(handle.wait().await.is_ok());
        assert_eq!(asked.asked(), polls);
    }
}

#[tokio::test(start_paused = true)]
async fn the_report_of_a_late_waiter_is_of_one_clock() {
    let shared = SharedPoll::new(Wait::local("it").with_timeout(s(100)), |_| async {
        Verdict::<()>::pending()
    });
    let other = tokio::spawn(shared.wait().into_future());
    sleep(s(60)).await;
    let error = shared.wait().with_timeout(s(1)).await.expect_err("deadline");
    let report = error.report();
    assert!(
        report.elapsed >= s(60) && report.history.iter().all(|run| run.to <= report.elapsed),
        "{error:#}"
    );
    assert_eq!(report.history.iter().map(|run| run.attempts).sum::<u32>(), report.attempts);
    other.abort();
}

#[tokio::test(start_paused = true)]
async fn items_pass_only_when_an_answer_says_so() {
    let many = || (0..MAX_FAILING).map(|i| format!("i{i:04}")).chain(["zzz".to_owned()]);
    for (what, next) in [
        ("an answer that names none", Pending::new().with_detail("503 starting")),
        ("one that names too many", Pending::new().with_failing(many())),
    ] {
        let first = Pending::new().with_failing(["zzz"]);
        let wait = Wait::local("it").with_timeout(s(2));
        let ended = wait.until(|cx| {
            let pending = if cx.attempt() == 1 { first.clone() } else { next.clone() };
            std::future::ready(Verdict::<()>::Pending(pending))
        });
        let error = ended.await.expect_err("not ready");
        let item = error.report().items.iter().find(|item| item.name == "zzz").expect("it failed");
        assert!(item.failing && item.first_ok.is_none(), "{what}: {item:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_seen_through_a_refusal_is_counted() {
    // P9: 9 of 12, refused, 2 of 12.
    let wait = Wait::local("it").until(|cx| async move {
        match cx.attempt() {
            1 => Verdict::Pending(Pending::new().with_progress(9, 12)),
            2 => Verdict::transient(ErrorClass::Refused, "refused"),
            3 => Verdict::Pending(Pending::new().with_progress(2, 12)),
            _ => Verdict::Ready(()),
        }
    });
    assert_eq!(wait.await.expect("ready").report.restarts, 1);
}

#[tokio::test(start_paused = true)]
async fn a_short_hold_keeps_the_bound_on_polls() {
    let wait = Wait::local("it").with_hold(ms(1)).with_timeout(s(900));
    let error = wait.until(|cx| async move {
        if cx.attempt() % 2 == 0 { Verdict::Ready(()) } else { Verdict::pending() }
    });
    let polls = error.await.expect_err("it flaps").report().attempts;
    let bound = firstlight_poll::Envelope::local().bound(s(900)).polls;
    assert!(u64::from(polls) <= bound, "{polls} {bound}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_of_statuses_costs_no_attempt_its_time_and_gains_none_behind_the_deadline() {
    let wait = Wait::local("it").with_timeout(s(60)).with_schedule(Fixed::new(Duration::ZERO));
    let mut stream = std::pin::pin!(wait.statuses(|_| async {
        sleep(ms(10)).await;
        Verdict::<()>::pending()
    }));
    for _ in 0..4 {
        match stream.next().await {
            Some(Update::Status { status, .. }) => assert_eq!(status.kind(), StatusKind::Pending),
            other => panic!("{other:?}"),
        }
        sleep(s(5)).await;
    }
    let began = Instant::now();
    let wait = Wait::local("it").with_timeout(s(5));
    let mut stream = std::pin::pin!(wait.statuses(|_| async move {
        if began.elapsed() > s(15) { Verdict::Ready(()) } else { Verdict::pending() }
    }));
    assert!(stream.next().await.is_some());
    sleep(s(20)).await;
    assert!(
        matches!(stream.next().await, Some(Update::Ended(Err(error))) if error.failure() == &Failure::Deadline)
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_during_its_first_attempt_has_polled() {
    let wait = Wait::local("it").with_fail_fast(sleep(ms(50)), "child exited");
    let error = wait.until(|_| pending::<Verdict<()>>()).await.expect_err("child exited");
    assert!(!error.report().never_polled(), "{error:#}");
}

#[tokio::test(start_paused = true)]
async fn one_push_shortens_one_sleep_and_no_retry_after() {
    let hint = Hint::new();
    let wait =
        Wait::local("it").with_schedule(Fixed::new(s(4))).with_hint(&hint).with_timeout(s(60));
    let began = Instant::now();
    let ended = wait.until(|cx| {
        if cx.attempt() == 1 {
            hint.push();
            hint.push();
        }
        async move { if cx.attempt() == 4 { Verdict::Ready(()) } else { Verdict::pending() } }
    });
    assert_eq!(ended.await.expect("ready").report.hints, 1);
    assert!(began.elapsed() >= s(9), "1 s, then twice 4 s: {:?}", began.elapsed());

    let began = Instant::now();
    let wait = Wait::local("it").with_schedule(Fixed::new(s(1))).with_hint(&hint);
    let ended = wait.until(|cx| {
        hint.push();
        async move {
            let overloaded = firstlight_poll::Overload::new("429").with_retry_after(s(10));
            if cx.attempt() == 2 { Verdict::Ready(()) } else { Verdict::Overloaded(overloaded) }
        }
    });
    assert_eq!(ended.await.expect("ready").report.hints, 0);
    assert!(began.elapsed() >= s(10), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_hold_is_over_to_the_moment_and_counts_from_the_first_success() {
    let began = Instant::now();
    let wait = Wait::local("it").with_schedule(Fixed::new(s(60))).with_hold(s(90));
    assert!(wait.until(|_| async { Verdict::Ready(()) }).await.is_ok());
    assert!(began.elapsed() >= s(90) && began.elapsed() < s(91), "{:?}", began.elapsed());
}

#[test]
fn no_text_is_too_long_too_hostile_or_too_large_to_keep() {
    let cut = format!("token={} https://u:hunter2{}@host", "A".repeat(4_000), "z".repeat(200));
    for text in [cut, "https://u:hunter2@host\nINFO forged".to_owned()] {
        let fault = Fault::new(ErrorClass::Other, text);
        assert!(!fault.message().contains("hunter2") && !fault.message().contains('\n'), "{fault}");
    }
    let fault = Fault::new(ErrorClass::Other, "https://u:hunter2@host\nINFO forged");
    assert_eq!(fault.message(), "https://[redacted]@host\\nINFO forged");
    // Time grows with the length, not with its square: 2 MB would take hours.
    assert!(redact(&"a-".repeat(1_000_000)).len() == 2_000_000);
    assert!(Fault::new(ErrorClass::Other, "x".repeat(10_000_000)).message().len() <= MAX_TEXT);
}

#[tokio::test(start_paused = true)]
async fn another_http_status_or_exit_code_is_another_message() {
    for (first, then) in
        [("GET /readyz failed: 502", "GET /readyz failed: 503"), ("exit code 1", "exit code 127")]
    {
        let wait = Wait::local("it").with_timeout(s(10));
        let ended = wait.until(|cx| async move {
            Verdict::<()>::transient(
                ErrorClass::Server,
                if cx.attempt() < 3 { first } else { then },
            )
        });
        let error = ended.await.expect_err("not ready");
        assert!(error.to_string().contains(then), "{error:#}");
        assert_eq!(error.report().history.len(), 2);
    }
}
