//! Thousands of targets on one task.

use std::cell::Cell;
use std::future::pending;
use std::time::Duration;

use firstlight_poll::{
    AttemptTimeout, Envelope, ErrorClass, Failure, Fixed, Group, Hint, Outcome, Rate, Verdict, Wait,
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::target::{Target, ms, s};

#[tokio::test(start_paused = true)]
async fn each_of_thousands_is_seen_within_its_bound_and_the_slack() {
    let began = Instant::now();
    let slack = ms(10);
    let ready_at = |i: u64| ms(i * 7);
    let mut group = Group::new(slack, |i: &u64, _| {
        let ready = began.elapsed() >= ready_at(*i);
        async move { if ready { Verdict::Ready(()) } else { Verdict::pending() } }
    });
    for i in 0..3_000 {
        group.insert(i, Wait::local("it"));
    }
    let bound = Envelope::local();
    let mut seen = 0;
    while let Some((i, ended)) = group.next().await {
        let report = ended.expect("ready").report;
        let late = report.elapsed - ready_at(i);
        assert!(late <= bound.bound(ready_at(i)).lateness + slack + ms(1), "{i}: {late:?}");
        assert!(u64::from(report.attempts) <= bound.bound(ready_at(i)).polls);
        seen += 1;
    }
    assert_eq!((seen, group.len(), group.is_empty()), (3_000, 0, true));
    assert!(group.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn every_way_to_end_is_told_apart_and_stops_nobody_else() {
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Kind {
        Ready,
        Deadline,
        Hung,
        Fatal,
        PanicsAtOnce,
        PanicsLater,
        Cancelled,
        FailedFast,
    }
    use Kind::{Cancelled, Deadline, FailedFast, Fatal, Hung, PanicsAtOnce, PanicsLater, Ready};
    let mut group = Group::new(ms(5), |kind: &Kind, _| {
        assert!(*kind != PanicsAtOnce, "broken");
        let kind = *kind;
        async move {
            sleep(ms(30)).await;
            match kind {
                Ready => Verdict::Ready(1),
                Hung => pending().await,
                Fatal => Verdict::fatal(ErrorClass::Config, "bad"),
                PanicsLater => panic!("broken later"),
                _ => Verdict::pending(),
            }
        }
    });
    let token = CancellationToken::new();
    for kind in [Ready, Deadline, Hung, Fatal, PanicsAtOnce, PanicsLater, Cancelled, FailedFast] {
        let wait = Wait::local("it")
            .with_timeout(s(5))
            .with_attempt_timeout(AttemptTimeout::fixed(ms(200)));
        group.insert(
            kind,
            match kind {
                Cancelled => wait.with_cancellation(token.clone()),
                FailedFast => wait.with_fail_fast(async { sleep(s(1)).await }, "gone"),
                _ => wait,
            },
        );
    }
    tokio::spawn(async move {
        sleep(s(2)).await;
        token.cancel();
    });
    let mut outcomes = Vec::new();
    while let Some((kind, ended)) = group.next().await {
        let outcome = ended
            .as_ref()
            .map_or_else(|error| error.report().outcome, |ready| ready.report.outcome);
        if kind == Hung {
            let error = ended.expect_err("hung");
            assert!(error.report().timeouts >= 10, "{error:#}");
            assert!(error.report().elapsed <= s(5) + ms(6), "{error:#}");
        }
        outcomes.push((kind, outcome));
    }
    for (kind, outcome) in [
        (Ready, Outcome::Ready),
        (Deadline, Outcome::Deadline),
        (Hung, Outcome::Deadline),
        (Fatal, Outcome::Fatal),
        (PanicsAtOnce, Outcome::Panicked),
        (PanicsLater, Outcome::Panicked),
        (Cancelled, Outcome::Cancelled),
        (FailedFast, Outcome::FailedFast),
    ] {
        assert!(outcomes.contains(&(kind, outcome)), "{kind:?} {outcomes:?}");
    }
    assert_eq!(outcomes.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn attempts_that_fall_into_one_slack_wake_the_task_once() {
    let now = Cell::new((0u32, Duration::ZERO));
    let began = Instant::now();
    let mut group = Group::new(ms(10), |_: &u32, _| {
        let (wakes, last) = now.get();
        let elapsed = began.elapsed();
        now.set((wakes + u32::from(elapsed != last), elapsed));
        async { Verdict::<()>::pending() }
    });
    for i in 0..1_000 {
        // 1 000 different moments within each 100 ms.
        let schedule = Envelope::new(ms(100))
            .with_cap(ms(100))
            .with_jitter(Rate::percent(50))
            .with_seed(i.into());
        group.insert(i, Wait::local("it").with_schedule(schedule).with_timeout(s(1)));
    }
    while group.next().await.is_some() {}
    assert!(now.get().0 <= 101, "{} wake-ups in a second of slacks of 10 ms", now.get().0);
}

#[tokio::test(start_paused = true)]
async fn next_may_be_dropped_at_any_point_and_nothing_is_lost() {
    let target = Target::ready_at(s(2)).answering_in(ms(50));
    let mut group = Group::new(ms(5), |_: &u32, cx| target.check(cx));
    for i in 0..20 {
        group.insert(i, Wait::local("it"));
    }
    let mut seen = Vec::new();
    while !group.is_empty() {
        if let Ok(Some((i, ended))) = tokio::time::timeout(ms(7), group.next()).await {
            assert_eq!(ended.expect("ready").report.timeouts, 0, "an attempt under way goes on");
            seen.push(i);
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn targets_come_and_go_while_the_group_runs() {
    let began = Instant::now();
    let mut group = Group::new(ms(5), |ready_at: &Duration, _| {
        let ready = began.elapsed() >= *ready_at;
        async move { if ready { Verdict::Ready(()) } else { Verdict::pending() } }
    });
    group.insert(s(1), Wait::local("first"));
    for round in 2..50 {
        let (_, ended) = group.next().await.expect("one is there");
        let report = ended.expect("ready").report;
        assert!(report.elapsed <= s(1) + ms(200), "its time begins when it is inserted: {report}");
        group.insert(s(round), Wait::local("next"));
        assert_eq!(group.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_schedule_without_delays_does_not_hold_the_thread() {
    let mut group = Group::new(ms(1), |_: &(), _| async { Verdict::<()>::pending() });
    group
        .insert((), Wait::local("it").with_schedule(Fixed::new(Duration::ZERO)).with_timeout(s(1)));
    let (_, ended) = group.next().await.expect("it ends");
    assert_eq!(ended.expect_err("deadline").failure(), &Failure::Deadline);
}

#[tokio::test(start_paused = true)]
async fn a_hint_shortens_the_next_sleep() {
    let hint = Hint::new();
    let mut group = Group::new(ms(1), |_: &(), _| {
        hint.push();
        async { Verdict::<()>::pending() }
    });
    group.insert(
        (),
        Wait::local("it").with_schedule(Fixed::new(s(1))).with_hint(&hint).with_timeout(s(2)),
    );
    let (_, ended) = group.next().await.expect("it ends");
    let report = ended.expect_err("deadline").report().clone();
    assert!(report.attempts >= 8 && report.hints >= 7, "{report:#}");
}

#[test]
fn outside_a_runtime_every_target_ends_with_an_error() {
    let mut group = Group::new(ms(1), |_: &u32, _| async { Verdict::<()>::pending() });
    assert!(futures_util::FutureExt::now_or_never(group.next()).expect("at once").is_none());
    for i in 0..3 {
        group.insert(i, Wait::local("it"));
    }
    for _ in 0..3 {
        let (_, ended) =
            futures_util::FutureExt::now_or_never(group.next()).expect("at once").expect("three");
        assert!(matches!(ended.expect_err("no runtime").failure(), Failure::NoRuntime(_)));
    }
}

#[tokio::test(start_paused = true)]
async fn several_failing_targets_each_tell_their_own_last_error() {
    // wait4x: three failing targets panicked with "send on closed channel" and told only "context deadline exceeded".
    let mut group = Group::new(ms(5), |name: &&str, _| {
        let message = format!("{name} failed: connection refused");
        async move { Verdict::<()>::transient(ErrorClass::Refused, message) }
    });
    for name in ["postgres", "redis", "rabbit"] {
        group.insert(name, Wait::local(name).with_timeout(s(2)));
    }
    let mut told = 0;
    while let Some((name, ended)) = group.next().await {
        let error = ended.expect_err("it never comes");
        assert!(
            error.to_string().contains(&format!("{name} failed: connection refused")),
            "{error}"
        );
        told += 1;
    }
    assert_eq!(told, 3);
}
