//! The report answers "what were we waiting for, and how long?".

use std::sync::{Arc, Mutex};

use firstlight_poll::{
    Attempt, ErrorClass, MAX_ITEMS, MAX_RUNS, Observer, Outcome, Pending, StatusKind, Verdict,
    Wait, WaitReport,
};
use proptest::prelude::*;
use tokio::time::Instant;

use crate::target::{ms, s};

/// Refused for 1 s, two items failing until 3 s, one until 4 s, then ready.
async fn start() -> Arc<WaitReport> {
    let began = Instant::now();
    let ready = Wait::local("API server").until(|_| async move {
        match began.elapsed().as_millis() {
            0..1_000 => {
                Verdict::transient(ErrorClass::Refused, "GET /readyz failed: connection refused")
            }
            1_000..3_000 => Verdict::Pending(
                Pending::new().with_progress(10, 12).with_failing(["rbac", "etcd"]),
            ),
            3_000..4_000 => {
                Verdict::Pending(Pending::new().with_progress(11, 12).with_failing(["rbac"]))
            }
            _ => Verdict::Ready(()),
        }
    });
    ready.await.expect("ready").report
}

#[tokio::test(start_paused = true)]
async fn it_tells_the_story_of_a_start() {
    let report = start().await;
    assert_eq!(
        (report.outcome, report.timeouts, report.restarts, report.flaps),
        (Outcome::Ready, 0, 0, 0)
    );
    let kinds: Vec<_> = report.history.iter().map(|run| run.status.kind()).collect();
    use StatusKind::{Error, Pending, Ready};
    assert_eq!(kinds, [Error(ErrorClass::Refused), Pending, Pending, Ready]);
    assert_eq!(report.history.iter().map(|run| run.attempts).sum::<u32>(), report.attempts);
    assert_eq!(
        report.first_cause.as_ref().map(|run| run.status.kind()),
        Some(Error(ErrorClass::Refused))
    );
    assert_eq!(
        report.last_cause.as_ref().map(|run| run.status.failing()[0].as_ref()),
        Some("rbac")
    );
    let total: std::time::Duration = report.time_by_kind.iter().map(|(_, time)| *time).sum();
    assert_eq!(total, report.elapsed, "every moment is in one kind");
    let slowest: Vec<_> = report.slowest().map(|item| item.name.as_ref()).collect();
    assert_eq!(slowest, ["rbac", "etcd"]);
    let rbac = &report.items[0];
    assert!(rbac.first_seen >= s(1) && rbac.first_seen < s(1) + ms(200));
    assert!(rbac.first_ok.is_some_and(|ok| ok >= s(4) && ok < s(4) + ms(400)));
}

#[tokio::test(start_paused = true)]
async fn its_line_is_short_and_its_alternate_form_is_the_whole_story() {
    let report = start().await;
    let line = report.to_string();
    assert!(
        line.starts_with("API server: ready after 4.") && line.contains("last to pass: rbac at 4."),
        "{line}"
    );
    assert!(!line.contains('\n'));
    let story = format!("{report:#}");
    for part in [
        "refused",
        "1 of 12 failing: rbac",
        "item etcd: failing from 1.",
        "time: refused 1.",
        " pending ",
    ] {
        assert!(story.contains(part), "{story}");
    }
}

#[cfg(feature = "serde")]
#[tokio::test(start_paused = true)]
async fn it_serialises_with_seconds_as_numbers() {
    let report = start().await;
    let json = serde_json::to_value(&*report).expect("JSON");
    assert_eq!(
        (json["name"].as_str(), json["outcome"].as_str()),
        (Some("API server"), Some("ready"))
    );
    assert!(
        (json["elapsed"].as_f64().expect("a number") - report.elapsed.as_secs_f64()).abs() < 1e-9
    );
    assert_eq!(json["history"][0]["kind"], "refused");
    assert_eq!(json["history"][1]["failing"][0], "etcd");
    assert!(json["time_by_kind"]["pending"].as_f64().expect("a number") > 2.0, "{json:#}");
    assert_eq!(json["items"][0]["name"], "rbac");
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_noticed_and_a_relapse_is_counted() {
    // P9: 9 of 12, refused, 2 of 12.
    let script = [(9, vec!["c"]), (2, vec!["a", "c"]), (12, vec![]), (11, vec!["a"]), (12, vec![])];
    let wait = Wait::local("it").with_successes(1);
    let ready = wait.until(|cx| {
        let (done, failing) = script[(cx.attempt() as usize - 1).min(4)].clone();
        async move {
            if cx.attempt() > 5 {
                return Verdict::Ready(());
            }
            Verdict::Pending(Pending::new().with_progress(done, 12).with_failing(failing))
        }
    });
    let report = ready.await.expect("ready").report;
    assert_eq!(report.restarts, 2);
    let a = report.items.iter().find(|item| item.name == "a").expect("it failed");
    assert_eq!((a.relapses, a.failing), (1, false));
}

#[tokio::test(start_paused = true)]
async fn its_memory_is_bounded_whatever_the_target_says() {
    // P20: a quarter of an hour of new texts and new items.
    let wait = Wait::local("it").with_successes(1);
    let error = wait.until(|cx| async move {
        let word: String =
            cx.attempt().to_string().bytes().map(|b| (b - b'0' + b'a') as char).collect();
        let items = (0..40).map(move |i| format!("{word}-{}", "x".repeat(i)));
        Verdict::<()>::Pending(Pending::new().with_failing(items).with_detail("y".repeat(100_000)))
    });
    let error = error.await.expect_err("deadline");
    let report = error.report();
    assert_eq!((report.history.len(), report.items.len()), (MAX_RUNS, MAX_ITEMS));
    assert_eq!(report.dropped_runs + MAX_RUNS as u64, u64::from(report.attempts));
    assert!(report.items_not_followed > 0 && report.first_cause.is_some());
    assert!(format!("{report:#}").len() < 400_000);
    assert!(
        report.history.iter().all(|run| run.status.detail().len() <= firstlight_poll::MAX_TEXT)
    );
}

#[tokio::test(start_paused = true)]
async fn an_observer_sees_every_attempt_and_the_end() {
    #[derive(Default)]
    struct Seen(Mutex<Vec<(u32, bool)>>, Mutex<Vec<Outcome>>);
    impl Observer for Seen {
        fn attempted(&self, attempt: &Attempt<'_>) {
            assert_eq!(attempt.wait, "it");
            assert!(attempt.took <= attempt.elapsed);
            self.0.lock().expect("no panic").push((attempt.number, attempt.changed));
        }
        fn ended(&self, report: &WaitReport) {
            self.1.lock().expect("no panic").push(report.outcome);
        }
    }
    let seen = Arc::new(Seen::default());
    let wait = Wait::local("it").with_observer(Arc::clone(&seen) as Arc<dyn Observer>);
    let ready = wait.until(|cx| async move {
        if cx.attempt() < 3 { Verdict::pending() } else { Verdict::Ready(()) }
    });
    ready.await.expect("ready");
    assert_eq!(*seen.0.lock().expect("no panic"), [(1, true), (2, false), (3, true)]);
    assert_eq!(*seen.1.lock().expect("no panic"), [Outcome::Ready]);
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_told_its_number_its_time_and_what_was_before() {
    let ready = Wait::local("it").until(|cx| async move {
        assert!(cx.deadline() <= Instant::now() + cx.timeout());
        assert!(cx.timeout() >= ms(500));
        match (cx.attempt(), cx.last().map(|last| last.kind())) {
            (1, None) => Verdict::transient(ErrorClass::Refused, "x"),
            (2, Some(StatusKind::Error(ErrorClass::Refused))) => Verdict::Ready(()),
            other => panic!("{other:?}"),
        }
    });
    assert!(ready.await.is_ok());
}

proptest! {
    /// The report against a model that keeps everything.
    #[test]
    fn it_agrees_with_a_model_that_keeps_everything(script in prop::collection::vec(0u8..6, 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        let answers = script.clone();
        let (report, times) = runtime.block_on(async move {
            let began = Instant::now();
            let times = Mutex::new(Vec::new());
            let error = Wait::local("it").with_timeout(s(3_600)).until(|cx| {
                times.lock().expect("no panic").push(began.elapsed());
                let answer = answers.get(cx.attempt() as usize - 1).copied();
                async move {
                    match answer {
                        None => Verdict::fatal(ErrorClass::Config, "the script is over"),
                        Some(0) => Verdict::<()>::pending(),
                        Some(1) => Verdict::transient(ErrorClass::Refused, "refused"),
                        Some(2) => Verdict::transient(ErrorClass::Reset, "reset"),
                        Some(n) => Verdict::Pending(Pending::new().with_failing((3..=n).map(|n| n.to_string()))),
                    }
                }
            }).await.expect_err("the script is over");
            (error.report().clone(), times.into_inner().expect("no panic"))
        });
        let mut runs: Vec<(Option<u8>, u32)> = Vec::new();
        for answer in script.iter().copied().map(Some).chain([None]) {
            match runs.last_mut() {
                Some((last, n)) if *last == answer => *n += 1,
                _ => runs.push((answer, 1)),
            }
        }
        let kept = runs.len().saturating_sub(MAX_RUNS);
        prop_assert_eq!(report.dropped_runs, kept as u64);
        let counts: Vec<_> = report.history.iter().map(|run| run.attempts).collect();
        prop_assert_eq!(counts, runs[kept..].iter().map(|(_, n)| *n).collect::<Vec<_>>());
        prop_assert_eq!(report.attempts as usize, script.len() + 1);
        prop_assert_eq!(report.history.last().map(|run| run.to), times.last().copied());
        for item in &report.items {
            let n: u8 = item.name.parse().expect("a number");
            let first = script.iter().position(|answer| *answer >= n).expect("it failed");
            prop_assert_eq!(item.first_seen, times[first]);
        }
    }
}
