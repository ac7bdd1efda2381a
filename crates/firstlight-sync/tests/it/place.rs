//! A wait in the loop that it waits for is an error at once, wherever in the loop it stands.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use firstlight_sync::{Cause, NotSynced, Synced, Tracker};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::support::{ms, tracker};

#[track_caller]
fn is_refused(outcome: Result<Synced, NotSynced>) {
    let error = outcome.expect_err("it would wait for itself");
    assert!(matches!(error.cause(), Cause::WrongPlace), "{error}");
}

#[tokio::test]
async fn a_wait_in_the_loop_that_feeds_it_is_refused() {
    let tracker = tracker(&["pods"]);
    let waiter = tracker.clone();
    let feeding = tracker.source("pods").expect("unclaimed").feed(|pods| async move {
        is_refused(waiter.wait().with_timeout(ms(1000)).await);
        is_refused(waiter.wait_blocking(ms(1000)));
        pods.done().expect("once");
        // Also when it would not hang today, since it will in a larger cluster.
        is_refused(waiter.wait().with_timeout(ms(1000)).await);
        assert!(waiter.outcome().is_some(), "looking is fine");
    });
    feeding.await;
    assert!(tracker.wait().await.is_ok(), "outside it is fine");
}

#[tokio::test]
async fn it_is_refused_in_whatever_the_loop_polls() {
    let tracker = tracker(&["pods"]);
    let waiter = tracker.clone();
    let feeding = tracker.source("pods").expect("unclaimed").feed(|pods| async move {
        tokio::select! {
            outcome = waiter.wait() => is_refused(outcome),
            () = std::future::pending() => unreachable!(),
        }
        let mut own: FuturesUnordered<_> = [waiter.wait(), waiter.wait()].into_iter().collect();
        while let Some(outcome) = own.next().await {
            is_refused(outcome);
        }
        // A wait that was made outside, and one with a time-out.
        is_refused(Box::pin(waiter.wait().with_timeout(ms(1))).await);
        is_refused(futures_util::FutureExt::now_or_never(waiter.wait()).expect("at once"));
        pods.done().expect("once");
    });
    feeding.await;
}

#[tokio::test]
async fn one_loop_of_two_sources_nests_and_is_refused_in_both_layers() {
    let tracker = tracker(&["pods", "services"]);
    let (pods, services) = (
        tracker.source("pods").expect("unclaimed"),
        tracker.source("services").expect("unclaimed"),
    );
    let waiter = tracker.clone();
    let feeding = pods.feed(|pods| {
        services.feed(|services| async move {
            is_refused(waiter.wait().with_timeout(ms(1000)).await);
            tokio::task::yield_now().await;
            is_refused(waiter.wait().with_timeout(ms(1000)).await);
            pods.done().expect("once");
            services.done().expect("once");
        })
    });
    let (outcome, ()) = tokio::join!(tracker.wait(), feeding);
    assert!(outcome.is_ok(), "beside the loop, in the same task, it is fine");
}

#[tokio::test]
async fn a_loop_may_wait_for_another_tracker() {
    let (first, second) = (tracker(&["pods"]), tracker(&["routes"]));
    let waits_for = first.clone();
    let routes = second.source("routes").expect("unclaimed").feed(|routes| async move {
        waits_for.wait().await.expect("another tracker");
        routes.done().expect("once");
    });
    let pods = first.source("pods").expect("unclaimed").feed(async |pods| {
        tokio::task::yield_now().await;
        pods.done().expect("once");
    });
    tokio::join!(routes, pods);
    assert!(second.is_synced());
}

#[tokio::test]
async fn a_task_spawned_by_the_loop_may_wait() {
    let tracker = tracker(&["pods"]);
    let waiter = tracker.clone();
    let (spawned, task) = tokio::sync::oneshot::channel();
    let feeding = tracker.source("pods").expect("unclaimed").feed(|pods| async move {
        spawned.send(tokio::spawn(waiter.wait())).expect("somebody waits");
        tokio::task::yield_now().await;
        pods.done().expect("once");
    });
    feeding.await;
    assert!(task.await.expect("sent").await.expect("no panic").is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mark_stays_on_a_worker_thread() {
    let tracker = tracker(&["pods"]);
    let feeding = tokio::spawn(tracker.source("pods").expect("unclaimed").feed(async |pods| {
        for _ in 0..1000 {
            let item = pods.item();
            tokio::task::yield_now().await;
            item.relevant();
        }
        pods.done().expect("once");
    }));
    // These poll on the very threads that feed, between two polls of the loop.
    let waiting: Vec<_> = (0..16).map(|_| tokio::spawn(tracker.wait())).collect();
    for waiter in waiting {
        assert_eq!(waiter.await.expect("no panic").expect("synced").sources()[0].relevant, 1000);
    }
    feeding.await.expect("no panic");
}

#[test]
fn the_thread_that_feeds_may_not_wait_until_its_closure_has_ended() {
    let tracker = tracker(&["pods"]);
    tracker.source("pods").expect("unclaimed").feed_blocking(|pods| {
        is_refused(tracker.wait_blocking(ms(1000)));
        is_refused(futures_util::FutureExt::now_or_never(tracker.wait()).expect("at once"));
        std::thread::scope(|scope| {
            // Another thread may: this one does not wait for it before it is done.
            let waiter = scope.spawn(|| tracker.wait_blocking(Duration::MAX));
            pods.done().expect("once");
            assert!(waiter.join().expect("no panic").is_ok());
        });
    });
    assert!(tracker.wait_blocking(Duration::ZERO).is_ok());
}

#[test]
fn a_tracker_made_where_another_one_was_is_not_taken_for_it() {
    let gone = tracker(&["pods"]).source("pods").expect("unclaimed");
    gone.feed_blocking(|pods| {
        drop(pods);
        // Its memory would be free now, if it was not kept as long as its mark.
        for _ in 0..100 {
            let error = tracker(&["routes"]).wait_blocking(Duration::ZERO).expect_err("not fed");
            assert!(matches!(error.cause(), Cause::Deadline), "{error}");
        }
    });
}

#[test]
fn a_panic_in_the_loop_takes_its_mark_away() {
    let tracker = tracker(&["pods", "services"]);
    let [pods, services] =
        ["pods", "services"].map(|name| tracker.source(name).expect("unclaimed"));
    let panics = || std::panic::resume_unwind(Box::new("a bug"));
    let blocking = std::panic::AssertUnwindSafe(|| pods.feed_blocking(|_pods| panics()));
    assert!(std::panic::catch_unwind(blocking).is_err());
    let feeding = std::panic::AssertUnwindSafe(|| {
        let mut feeding = pin!(services.feed(|_| async { panics() }));
        let _: Poll<()> = feeding.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    });
    assert!(std::panic::catch_unwind(feeding).is_err());
    let error = tracker.wait_blocking(Duration::ZERO).expect_err("a source failed");
    assert!(matches!(error.cause(), Cause::SourceFailed { .. }), "{error}");
}

#[test]
fn the_closure_that_makes_the_loop_may_not_wait_either() {
    let tracker: Tracker = tracker(&["pods"]);
    let feeding = tracker.source("pods").expect("unclaimed").feed(|pods| {
        is_refused(tracker.wait_blocking(ms(1000)));
        std::future::ready(pods.done())
    });
    assert!(matches!(futures_util::FutureExt::now_or_never(feeding), Some(Ok(()))));
    assert!(tracker.is_synced());
}
