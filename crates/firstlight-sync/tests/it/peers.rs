//! Bugs of others, as tests of ours. Each names its system.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use firstlight_sync::{BuildError, Cause, Tracker, Verdict, first_output, initial_build};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{cause, feed, ms, one, tracker};

/// kube `Store::wait_until_ready`: one receiver with one waker is shared, so only the last of several waiters wakes.
#[tokio::test(start_paused = true)]
async fn kube_wait_until_ready_four_tasks_on_one_tracker_all_wake() {
    let (tracker, pods) = one();
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    let waiters = [(); 4].map(|()| tokio::spawn(tracker.wait()));
    let readers = [(); 4].map(|()| tokio::spawn(output.first()));
    sleep(ms(10)).await;
    assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
    pods.done().expect("once");
    publisher.publish(7);
    for (waiter, reader) in waiters.into_iter().zip(readers) {
        assert!(timeout(ms(1), waiter).await.expect("it wakes").expect("no panic").is_ok());
        assert_eq!(*timeout(ms(1), reader).await.expect("it wakes").expect("no panic").unwrap(), 7);
    }
}

/// contour #6291: a follower in an empty cluster never becomes ready; only winning the election built anything.
#[tokio::test(start_paused = true)]
async fn contour_6291_an_empty_follower_builds_once_and_is_ready() {
    let (tracker, pods) = one();
    let (publisher, output) = first_output::<Vec<u32>>("snapshot").expect("a good name");
    let builds = AtomicU32::new(0);
    let build = initial_build(tracker.wait(), &publisher, async |_| {
        builds.fetch_add(1, Ordering::Relaxed);
        Ok::<_, &str>(Vec::new())
    });
    let (synced, done) = tokio::join!(build, async { pods.done() });
    done.expect("once");
    assert_eq!(synced.expect("built").verdict(), Verdict::Empty);
    assert_eq!(builds.load(Ordering::Relaxed), 1);
    assert!(output.get().expect("an empty output is an output").is_empty());
}

/// contour #6613: the same with one unrelated secret in the watched namespace.
#[tokio::test(start_paused = true)]
async fn contour_6613_a_follower_with_one_unrelated_secret_is_ready() {
    let (tracker, secrets) = one();
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    secrets.item().irrelevant();
    secrets.done().expect("once");
    let built = initial_build(tracker.wait(), &publisher, async |_| Ok::<_, &str>(0)).await;
    assert_eq!(built.expect("built").verdict(), Verdict::OnlyIrrelevant);
    assert!(output.get().is_ok());
}

/// contour #6614, never: `HasSynced` turns true a little after the last item was handled, when nobody looks any more.
#[tokio::test(start_paused = true)]
async fn contour_6614_never_a_source_that_is_done_after_its_last_item_wakes_the_waiter_with_no_poll()
 {
    let (tracker, pods) = one();
    let waiter = tokio::spawn(tracker.wait());
    pods.item().relevant();
    sleep(ms(1234)).await;
    assert!(!waiter.is_finished());
    let done_at = Instant::now();
    pods.done().expect("once");
    assert!(waiter.await.expect("no panic").is_ok());
    assert_eq!(done_at.elapsed(), ms(0), "an event, not the next tick of a poll");
}

/// contour #6614, too early: its fix sets the flag when the inputs are handled, while the build still runs.
#[tokio::test(start_paused = true)]
async fn contour_6614_too_early_a_slow_build_is_not_served_although_the_inputs_are_synced() {
    let (tracker, pods) = one();
    let (publisher, output) = first_output::<&str>("snapshot").expect("a good name");
    pods.item().relevant();
    pods.done().expect("once");
    let build = initial_build(tracker.wait(), &publisher, async |_| {
        sleep(ms(10_000)).await;
        Ok::<_, &str>("complete")
    });
    let looks = async {
        sleep(ms(9_999)).await;
        assert!(tracker.is_synced());
        assert!(output.get().is_err(), "no placeholder");
        sleep(ms(2)).await;
        assert_eq!(*output.get().expect("built"), "complete");
    };
    assert!(tokio::join!(build, looks).0.is_ok());
}

/// rke2 #8269: a `WaitGroup` that nobody has joined yet is done.
#[test]
fn rke2_8269_waiting_for_no_members_is_no_success() {
    let nobody = Tracker::builder("caches").build().expect("a good name");
    assert!(matches!(cause(nobody.outcome()), Cause::NoSources));
    let error = nobody.wait_blocking(ms(0)).expect_err("nobody is there");
    assert!(error.to_string().ends_with("it has no sources"), "{error}");
}

/// cloud-on-k8s #9636: `WaitForCacheSync` is true at once, since no informer was registered before the start.
#[test]
fn cloud_on_k8s_9636_a_source_that_nobody_has_begun_is_not_synced() {
    let tracker = tracker(&["pods", "services"]);
    let pods = feed(&tracker, "pods");
    pods.done().expect("once");
    let error = tracker.wait_blocking(ms(0)).expect_err("nobody reads services");
    let [services] = error.pending() else { panic!("{error}") };
    assert!(&*services.name == "services" && !services.is_claimed);
    assert!(error.to_string().contains("services (not claimed, 0 in flight, "), "{error}");
}

/// supervised: `watch::Sender::send` drops the value when nobody is subscribed; a later subscriber sees the old one.
#[tokio::test]
async fn supervised_send_a_value_published_to_nobody_is_seen_by_who_comes_later() {
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    drop(output);
    assert_eq!(publisher.publish(1), 1);
    assert_eq!(*publisher.output().first().await.expect("published"), 1);
    let mut late = publisher.output().subscribe();
    assert_eq!(*late.changed().await.expect("published"), 1);
}

/// kgateway ignores the bool of `WaitForCacheSync`, so a wait that was cancelled goes on and sets ready.
#[tokio::test(start_paused = true)]
async fn kgateway_ignored_bool_a_cancelled_wait_builds_nothing_and_is_no_success() {
    let (tracker, pods) = one();
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    let build = initial_build(tracker.wait(), &publisher, async |_| -> Result<u32, &str> {
        panic!("nothing is synced")
    });
    let cancel = async {
        sleep(ms(100)).await;
        tracker.cancel();
        pods.done().expect("too late");
    };
    let (built, ()) = tokio::join!(build, cancel);
    let Err(BuildError::NotSynced(error)) = built else { panic!("{built:?}") };
    assert!(matches!(error.cause(), Cause::Cancelled));
    assert!(output.get().is_err() && !tracker.is_synced());
}

/// kgateway: one of two conditions was no longer looked at by anybody, and nobody noticed.
#[test]
fn kgateway_lost_condition_a_source_that_is_declared_and_not_used_holds_and_is_named() {
    let tracker = tracker(&["proxies", "controllers"]);
    feed(&tracker, "proxies").done().expect("once");
    assert!(tracker.explain().contains("controllers (not claimed"), "{}", tracker.explain());
}

/// kubert: a handle that is dropped counts as initialised.
#[test]
fn kubert_a_component_that_panics_before_it_is_ready_makes_nothing_ready() {
    let tracker = Arc::new(tracker(&["pods"]));
    let pods = feed(&tracker, "pods");
    let thread = std::thread::spawn(move || {
        let _pods = pods;
        std::panic::resume_unwind(Box::new("a bug"));
    });
    let error = tracker.wait_blocking(ms(60_000)).expect_err("not ready");
    let Cause::SourceFailed { failure, .. } = error.cause() else { panic!("{error}") };
    assert!(failure.panicking);
    assert!(thread.join().is_err());
}
