//! Clean-ups: what the observer is told, what the janitor has counted, and both at once.

use std::future::pending;
use std::time::Duration;

use firstlight_cleanup::{Attempt, Claim, Cleanup, Janitor, Outcome, Retry, Settings};
use firstlight_metrics::{CleanupMetrics, Collector};

use crate::ready::s;
use crate::scrape::Scrape;

/// A janitor's life in which every series moves that can without a thread that is blocked.
async fn live(janitor: &Janitor) {
    let flaky = Cleanup::idempotent("flaky", |attempt: Attempt| async move {
        if attempt.number() < 2 { Err("refused") } else { Ok(()) }
    });
    let retry = Retry::new().with_base(Duration::ZERO);
    assert_eq!(janitor.scope(flaky.with_retry(retry)).run().await, Outcome::Completed);
    let sync = Cleanup::once("sync", |_| async {}).with_sync(|_| panic!("in memory"));
    assert_eq!(janitor.scope(sync).run().await, Outcome::Completed);
    let late = Cleanup::once("late", |_| pending::<()>()).with_deadline(s(3));
    assert_eq!(janitor.scope(late).run().await, Outcome::TimedOut);
    let failing = Cleanup::once("failing", |_| async { Err::<(), _>("refused") });
    assert_eq!(janitor.scope(failing).run().await, Outcome::Failed);
    let panicking = Cleanup::once("panicking", |_: Attempt| async {
        if true {
            panic!("within")
        }
    });
    assert_eq!(janitor.scope(panicking).run().await, Outcome::Panicked);
    let claim: Claim = janitor.claim("c");
    drop(janitor.scope(Cleanup::once("old", |_| async {}).with_claim(&claim).with_delay(s(1))));
    let _newer = janitor.claim("c");
    let long = janitor.track(Cleanup::once("long", |_| async {})).expect("open");
    tokio::time::sleep(s(10)).await;
    assert!(long.disarm().is_some());
    // The drain is over before it is: one that runs, and one that waits for it.
    drop(janitor.scope(Cleanup::once("stuck", |_| pending::<()>()).with_key("k")));
    drop(janitor.scope(Cleanup::once("behind", |_| async {}).with_key("k")));
    drop(janitor.scope(Cleanup::once("too many", |_| async {}).with_key("k")));
}

fn settings() -> Settings {
    Settings::new("orders").with_deadline(s(60)).with_warn_after(s(4)).with_queue(2)
}

const COUNTS: [(&str, f64); 13] = [
    ("firstlight_cleanups_ended_total orders completed", 2.0),
    ("firstlight_cleanups_ended_total orders rescued", 0.0),
    ("firstlight_cleanups_ended_total orders timed-out", 1.0),
    ("firstlight_cleanups_ended_total orders failed", 1.0),
    ("firstlight_cleanups_ended_total orders panicked", 1.0),
    ("firstlight_cleanups_ended_total orders interrupted", 1.0),
    ("firstlight_cleanups_ended_total orders lost", 1.0),
    ("firstlight_cleanups_ended_total orders superseded", 1.0),
    ("firstlight_cleanups_ended_total orders overflowed", 1.0),
    ("firstlight_cleanups_detached_total orders", 9.0),
    ("firstlight_cleanup_retries_total orders", 1.0),
    ("firstlight_cleanup_sync_panics_total orders", 1.0),
    ("firstlight_cleanup_overruns_total orders", 0.0),
];

#[tokio::test(start_paused = true)]
async fn the_observer_alone_the_stats_alone_and_both_together_count_the_same() {
    for (observes, collects) in [(true, false), (false, true), (true, true)] {
        let scrape = Scrape::new();
        let _here = metrics::set_default_local_recorder(&scrape.recorder);
        let metrics = CleanupMetrics::new("orders");
        for (what, _) in COUNTS {
            assert_eq!(scrape.value(what), 0.0, "{what}");
        }
        let settings =
            if observes { settings().with_observer(metrics.observer()) } else { settings() };
        let janitor = Janitor::with(settings);
        let mut collector = Collector::new();
        if collects {
            collector = collector.with_janitor(metrics, &janitor);
        }
        live(&janitor).await;
        collector.collect();
        let _report = janitor.drain(s(1)).await;
        collector.collect();
        collector.collect();
        for (what, count) in COUNTS {
            assert_eq!(
                scrape.value(what),
                count,
                "{what}: observes {observes}, collects {collects}"
            );
        }
        let armed_long = scrape.value("firstlight_cleanups_armed_long_total orders");
        assert_eq!(armed_long, f64::from(u8::from(observes)));
    }
}

#[tokio::test(start_paused = true)]
async fn stock_is_what_is_there_at_the_collect() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let janitor = Janitor::new("orders");
    let collector = Collector::new().with_janitor(CleanupMetrics::new("orders"), &janitor);
    let guard = janitor.track(Cleanup::once("armed", |_| async {})).expect("open");
    let hang = || Cleanup::once("hangs", |_| pending::<()>()).with_key("k");
    drop((janitor.scope(hang()), janitor.scope(hang()), janitor.scope(hang())));
    tokio::time::sleep(s(1)).await;
    collector.collect();
    for (state, count) in [("armed", 1.0), ("waiting", 2.0), ("running", 1.0)] {
        assert_eq!(scrape.value(&format!("firstlight_cleanups orders {state}")), count, "{state}");
    }
    assert!(guard.disarm().is_some());
    let _report = janitor.drain(s(1)).await;
    collector.collect();
    for state in ["armed", "waiting", "running"] {
        assert_eq!(scrape.value(&format!("firstlight_cleanups orders {state}")), 0.0, "{state}");
    }
}
