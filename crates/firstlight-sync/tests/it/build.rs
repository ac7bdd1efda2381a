//! The first build: exactly once, and delayed by nothing that comes after the sync.

use firstlight_sync::{BuildError, Cause, first_output, initial_build};
use futures_util::FutureExt;
use tokio::time::{Instant, sleep};

use crate::support::{feed, ms, one, tracker};

#[tokio::test(start_paused = true)]
async fn items_after_the_sync_do_not_delay_the_first_output() {
    let (tracker, pods) = one();
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    let began = Instant::now();
    let stream = async {
        sleep(ms(100)).await;
        pods.done().expect("once");
        let mut open = Vec::new();
        loop {
            open.push(pods.item());
            pods.relisted();
            tokio::task::yield_now().await;
            if open.len() > 100 {
                sleep(ms(1)).await;
                open.clear();
            }
        }
    };
    let build = initial_build(tracker.wait(), &publisher, async |_| {
        sleep(ms(50)).await;
        Ok::<_, &str>(1)
    });
    tokio::select! {
        built = build => assert!(built.is_ok()),
        () = stream => unreachable!(),
    }
    assert_eq!(*output.get().expect("published"), 1);
    let elapsed = began.elapsed();
    assert!((ms(150)..=ms(152)).contains(&elapsed), "{elapsed:?}");
}

#[tokio::test]
async fn a_build_that_fails_publishes_nothing_and_may_be_tried_again() {
    let (tracker, pods) = one();
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    pods.done().expect("once");
    let built = initial_build(tracker.wait(), &publisher, async |_| Err("no template")).await;
    let Err(error @ BuildError::Build(_)) = built else { panic!("{built:?}") };
    assert_eq!(error.to_string(), "the initial build failed: no template");
    assert!(output.get().is_err());
    let built = initial_build(tracker.wait(), &publisher, async |_| Ok::<_, &str>(1)).await;
    assert!(built.is_ok() && output.version() == 1);
}

#[tokio::test]
async fn it_builds_nothing_when_there_is_an_output_already() {
    let (tracker, pods) = one();
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    pods.done().expect("once");
    publisher.publish(1);
    let never = async |_| -> Result<u32, &str> { panic!("there is an output") };
    let built = initial_build(tracker.wait(), &publisher, never).await;
    assert!(matches!(built, Err(BuildError::Superseded)), "{built:?}");
    assert_eq!(*output.get().expect("published"), 1);
}

#[tokio::test]
async fn a_build_that_somebody_else_overtakes_does_not_overwrite_the_newer_output() {
    let (tracker, pods) = one();
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    pods.done().expect("once");
    let built = initial_build(tracker.wait(), &publisher, async |_| {
        publisher.publish(2);
        Ok::<_, &str>(1)
    });
    assert!(matches!(built.await, Err(BuildError::Superseded)));
    assert_eq!((output.version(), *output.get().expect("published")), (1, 2));
}

#[tokio::test]
async fn a_source_that_fails_ends_the_build_before_it_begins() {
    let tracker = tracker(&["pods", "services"]);
    let _pods = feed(&tracker, "pods");
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    drop(feed(&tracker, "services"));
    let never = async |_| -> Result<u32, &str> { panic!("nothing is synced") };
    let built = initial_build(tracker.wait(), &publisher, never).await;
    let Err(BuildError::NotSynced(error)) = built else { panic!("{built:?}") };
    assert!(matches!(error.cause(), Cause::SourceFailed { .. }));
    drop(publisher);
    assert!(output.first().await.is_err(), "and who waits for it does not hang");
}

#[tokio::test]
async fn a_build_that_is_dropped_publishes_nothing() {
    let (tracker, pods) = one();
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    pods.done().expect("once");
    let mut build = Box::pin(initial_build(tracker.wait(), &publisher, async |_| {
        tokio::task::yield_now().await;
        Ok::<_, &str>(1)
    }));
    assert!((&mut build).now_or_never().is_none());
    drop(build);
    assert!(output.get().is_err());
}
