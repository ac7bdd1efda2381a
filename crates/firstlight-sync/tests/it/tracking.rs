//! When it is synced, and that every getter says so.

use firstlight_sync::{Cause, Tracker, Verdict};

use crate::support::{cause, feed, one, tracker, verdict};

#[track_caller]
fn is_pending(tracker: &Tracker, sources: &[&str]) {
    assert!(!tracker.is_synced());
    assert!(tracker.outcome().is_none(), "{tracker:?}");
    let pending: Vec<_> = tracker.sources().into_iter().filter(|s| s.is_pending()).collect();
    assert_eq!(pending.iter().map(|s| &*s.name).collect::<Vec<_>>(), sources);
    assert!(tracker.explain().starts_with("caches waits for "), "{}", tracker.explain());
}

#[track_caller]
fn is_synced(tracker: &Tracker, expected: Verdict) {
    assert!(tracker.is_synced());
    assert_eq!(verdict(tracker.outcome()), expected);
    assert!(tracker.explain().starts_with("caches is synced after "), "{}", tracker.explain());
}

#[test]
fn done_may_come_before_between_and_after_the_items() {
    for done_at in 0..=4 {
        let (tracker, pods) = one();
        let mut items = vec![pods.item(), pods.item()];
        for step in 0..=4 {
            if step == done_at {
                pods.done().expect("once");
            }
            match step {
                0 => items.push(pods.item()),
                1..=3 => items.pop().expect("one is left").relevant(),
                _ => {}
            }
            // All done and nothing in flight; with nothing in flight but not done it waits on.
            let synced = items.is_empty() && done_at <= step;
            assert_eq!(tracker.is_synced(), synced, "done at {done_at}, step {step}");
        }
        is_synced(&tracker, Verdict::Configured);
    }
}

#[test]
fn a_source_without_items_is_simply_done() {
    let tracker = tracker(&["pods", "services"]);
    is_pending(&tracker, &["pods", "services"]);
    let (pods, services) = (feed(&tracker, "pods"), feed(&tracker, "services"));
    pods.done().expect("once");
    is_pending(&tracker, &["services"]);
    services.done().expect("once");
    is_synced(&tracker, Verdict::Empty);
}

#[test]
fn an_item_of_a_source_that_is_done_holds_the_sync_of_all() {
    let tracker = tracker(&["pods", "services"]);
    let (pods, services) = (feed(&tracker, "pods"), feed(&tracker, "services"));
    pods.done().expect("once");
    let late = pods.item();
    services.done().expect("once");
    is_pending(&tracker, &["pods"]);
    late.irrelevant();
    is_synced(&tracker, Verdict::OnlyIrrelevant);
}

#[test]
fn what_comes_after_the_sync_is_counted_apart_and_changes_nothing() {
    let (tracker, pods) = one();
    pods.item().relevant();
    pods.done().expect("once");
    is_synced(&tracker, Verdict::Configured);

    pods.relisted();
    let later = pods.item();
    is_synced(&tracker, Verdict::Configured);
    later.rejected("wrong");
    drop(pods.item());
    pods.done().expect("the relist is done");
    pods.failed("connection lost");
    pods.failed("and again");
    tracker.cancel();
    drop(pods);
    is_synced(&tracker, Verdict::Configured);

    let [pods] = <[_; 1]>::try_from(tracker.sources()).expect("one source");
    assert_eq!((pods.later, pods.relists, pods.in_flight), (2, 1, 0));
    assert_eq!((pods.relevant, pods.rejected, pods.abandoned), (1, 0, 0));
    assert!(pods.has_failed && pods.is_done && pods.is_claimed);
}

#[test]
fn a_relist_before_the_sync_neither_undoes_nor_holds_it() {
    let tracker = tracker(&["pods", "services"]);
    let (pods, services) = (feed(&tracker, "pods"), feed(&tracker, "services"));
    pods.relisted();
    pods.done().expect("once");
    pods.relisted();
    services.done().expect("once");
    is_synced(&tracker, Verdict::Empty);
    pods.done().expect("once more, after a relist");
    assert!(pods.done().is_err());
}

#[test]
fn a_failure_before_the_sync_is_the_outcome_for_ever() {
    let tracker = tracker(&["pods", "services"]);
    let (pods, services) = (feed(&tracker, "pods"), feed(&tracker, "services"));
    pods.done().expect("once");
    services.failed("403 Forbidden");
    for _ in 0..2 {
        let Cause::SourceFailed { source_name, failure } = cause(tracker.outcome()) else {
            panic!("{tracker:?}")
        };
        assert_eq!((&*source_name, failure.reason.as_deref()), ("services", Some("403 Forbidden")));
        assert!(failure.place.file().ends_with("tracking.rs") && !failure.panicking);
        assert!(!tracker.is_synced());
        // Neither of these makes it better, or another failure.
        pods.failed("later");
        services.item().relevant();
        assert!(services.done().is_err());
        tracker.cancel();
    }
}

#[test]
fn cancelling_is_an_outcome_but_never_a_success() {
    let (tracker, pods) = one();
    let item = pods.item();
    tracker.cancel();
    tracker.cancel();
    item.relevant();
    pods.done().expect("once");
    assert!(matches!(cause(tracker.outcome()), Cause::Cancelled));
    assert!(!tracker.is_synced());
}

#[test]
fn a_feed_dropped_before_it_is_done_fails_and_names_the_claim() {
    let tracker = tracker(&["pods"]);
    let claimed_on = line!() + 1;
    let pods = tracker.source("pods").expect("unclaimed").feed_blocking(|pods| pods);
    drop(pods);
    let Cause::SourceFailed { failure, .. } = cause(tracker.outcome()) else {
        panic!("{tracker:?}")
    };
    assert_eq!((failure.reason, failure.panicking), (None, false));
    assert_eq!(failure.place.line(), claimed_on);
}

#[test]
fn a_source_dropped_before_it_was_fed_fails_too() {
    let tracker = tracker(&["pods", "services"]);
    drop(tracker.source("pods").expect("unclaimed"));
    assert!(matches!(cause(tracker.outcome()), Cause::SourceFailed { .. }));
}

#[test]
fn a_source_that_nobody_can_claim_any_more_is_a_failure_and_not_a_hang() {
    let declared_on = line!() + 1;
    let tracker = Tracker::builder("caches").source("pods").source("services").build();
    let tracker = tracker.expect("good names");
    let (wait, other) = (tracker.wait(), tracker.clone());
    let pods = feed(&tracker, "pods");
    drop(tracker);
    assert!(other.outcome().is_none(), "there is another handle");
    drop(other);
    pods.done().expect("it goes on by itself");
    let outcome = futures_util::FutureExt::now_or_never(wait);
    let Cause::SourceFailed { source_name, failure } = cause(outcome) else { panic!("a failure") };
    assert_eq!((&*source_name, failure.place.line()), ("services", declared_on));
    let reason = "nobody has claimed it, and its tracker was dropped";
    assert_eq!(failure.reason.as_deref(), Some(reason));
}

#[test]
fn a_tracker_dropped_with_all_its_sources_claimed_goes_on() {
    let (tracker, pods) = one();
    let wait = tracker.wait();
    drop(tracker);
    pods.done().expect("once");
    assert_eq!(verdict(futures_util::FutureExt::now_or_never(wait)), Verdict::Empty);
}

#[test]
fn a_source_that_is_refused_before_it_was_fed_says_why() {
    let (tracker, reason) = (tracker(&["pods"]), "connection refused");
    tracker.source("pods").expect("unclaimed").failed(reason);
    let Cause::SourceFailed { failure, .. } = cause(tracker.outcome()) else {
        panic!("{tracker:?}")
    };
    assert_eq!(failure.reason.as_deref(), Some(reason));
    assert!(failure.place.file().ends_with("tracking.rs"));
}

#[test]
fn a_feed_dropped_after_it_is_done_is_no_failure_and_its_items_count_on() {
    let (tracker, pods) = one();
    let item = pods.item();
    pods.done().expect("once");
    drop(pods);
    is_pending(&tracker, &["pods"]);
    item.relevant();
    is_synced(&tracker, Verdict::Configured);
}

#[tokio::test]
async fn a_task_that_is_aborted_before_its_first_poll_is_a_failure_and_not_a_hang() {
    let tracker = tracker(&["pods"]);
    let task = tokio::spawn(tracker.source("pods").expect("unclaimed").feed(async |pods| {
        let _ = pods.done();
    }));
    task.abort();
    let error = tracker.wait().await.expect_err("never fed");
    assert!(matches!(error.cause(), Cause::SourceFailed { .. }), "{error}");
}

#[tokio::test]
async fn a_task_that_panics_fails_the_wait_and_says_so() {
    let tracker = tracker(&["pods"]);
    let pods = tracker.source("pods").expect("unclaimed");
    let task = tokio::spawn(pods.feed(async |pods| {
        let _item = pods.item();
        tokio::task::yield_now().await;
        std::panic::resume_unwind(Box::new("a bug"));
    }));
    let error = tracker.wait().await.expect_err("it panicked");
    let Cause::SourceFailed { failure, .. } = error.cause() else { panic!("{error}") };
    assert!(failure.panicking && failure.reason.is_none());
    assert!(error.to_string().contains("dropped in a panic"), "{error}");
    assert!(task.await.expect_err("it panicked").is_panic());
}

#[test]
fn setters_work_in_a_thread_and_in_a_drop() {
    struct Handler(firstlight_sync::Feed);
    impl Drop for Handler {
        fn drop(&mut self) {
            let _ = self.0.done();
        }
    }
    let (tracker, pods) = one();
    let item = pods.item();
    let handler = Handler(pods);
    std::thread::scope(|scope| {
        scope.spawn(move || item.relevant());
        scope.spawn(move || drop(handler));
    });
    is_synced(&tracker, Verdict::Configured);
}
