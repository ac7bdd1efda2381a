//! Every interleaving of the few steps that matter. `tokio`'s types, and the mark of a thread that feeds, stay
//! out: loom's threads share the real thread's locals.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use loom::sync::Notify;
use loom::thread;

use crate::{Cause, Feed, Synced, Tracker, Verdict, first_output};

/// Loom finds a lost wake-up as a deadlock.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Bell(Notify);
    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.notify();
        }
    }
    let bell = Arc::new(Bell(Notify::new()));
    let waker = Waker::from(Arc::clone(&bell));
    let mut future = Box::pin(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => bell.0.wait(),
        }
    }
}

fn tracker() -> (Tracker, Feed) {
    let tracker = Tracker::builder("caches").source("pods").build().expect("a good name");
    // Out of the closure, so that no mark stays.
    let feed = tracker.source("pods").expect("unclaimed").feed_blocking(|feed| feed);
    (tracker, feed)
}

#[test]
fn loom_the_last_finish_wakes_every_waiter() {
    loom::model(|| {
        let (tracker, feed) = tracker();
        let item = feed.item();
        let waiters = [(); 2].map(|()| tracker.wait());
        let finisher = thread::spawn(move || item.relevant());
        let [first, second] = waiters;
        let waiter = thread::spawn(move || block_on(first).map(|s: Synced| s.verdict()));
        feed.done().expect("once");
        let seen = block_on(second).map(|synced| synced.verdict());
        assert_eq!(seen.expect("synced"), Verdict::Configured);
        assert_eq!(waiter.join().expect("no panic").expect("synced"), Verdict::Configured);
        finisher.join().expect("no panic");
    });
}

#[test]
fn loom_a_source_dropped_beside_its_done_ends_the_wait_one_way() {
    loom::model(|| {
        let (tracker, feed) = tracker();
        let feed = Arc::new(feed);
        let other = Arc::clone(&feed);
        let doner = thread::spawn(move || other.done());
        let failer = thread::spawn(move || feed.failed("gone"));
        let outcome = block_on(tracker.wait());
        let done = doner.join().expect("no panic");
        failer.join().expect("no panic");
        match &outcome {
            Ok(_) => assert!(done.is_ok()),
            Err(error) => {
                assert!(matches!(error.cause(), Cause::SourceFailed { .. }));
                assert!(done.is_err());
            }
        }
        // And it stays so.
        assert_eq!(tracker.is_synced(), outcome.is_ok());
    });
}

#[test]
fn loom_a_wait_that_is_dropped_takes_no_wake_up_along() {
    loom::model(|| {
        let (tracker, feed) = tracker();
        let (stays, leaves) = (tracker.wait(), tracker.wait());
        let leaver = thread::spawn(move || {
            let mut leaves = Box::pin(leaves);
            let _ = leaves.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        });
        let doner = thread::spawn(move || feed.done());
        assert!(block_on(stays).is_ok());
        leaver.join().expect("no panic");
        doner.join().expect("no panic").expect("once");
    });
}

#[test]
fn loom_a_wait_that_gives_up_beside_the_sync_is_synced_or_names_what_is_pending() {
    loom::model(|| {
        let (tracker, feed) = tracker();
        let mut wait = Box::pin(tracker.wait().with_timeout(Duration::ZERO));
        let doner = thread::spawn(move || feed.done());
        match wait.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Err(error)) => assert!(!error.pending().is_empty(), "{error}"),
            polled => assert!(polled.is_ready()),
        }
        doner.join().expect("no panic").expect("once");
    });
}

#[test]
fn loom_a_line_beside_the_sync_tells_of_before_or_of_after() {
    loom::model(|| {
        let (tracker, feed) = tracker();
        let doner = thread::spawn(move || feed.done());
        let line = tracker.explain();
        assert!(!line.contains("waits for 0"), "{line}");
        doner.join().expect("no panic").expect("once");
    });
}

#[test]
fn loom_the_first_publication_wakes_every_waiter() {
    loom::model(|| {
        let (publisher, output) = first_output::<u32>("out").expect("a good name");
        let (first, mut subscription) = (output.first(), output.subscribe());
        // Handed back, so that it is the publication that wakes, and not the publisher's end.
        let publishing = thread::spawn(move || {
            publisher.publish(1);
            publisher
        });
        let early = thread::spawn(move || block_on(first).map(|value| *value));
        assert_eq!(*block_on(subscription.changed()).expect("published"), 1);
        assert_eq!(early.join().expect("no panic").expect("published"), 1);
        drop(publishing.join().expect("no panic"));
    });
}

#[test]
fn loom_the_latest_value_is_not_lost_when_the_publisher_goes() {
    loom::model(|| {
        let (publisher, output) = first_output::<u32>("out").expect("a good name");
        let mut subscription = output.subscribe();
        let publishing = thread::spawn(move || {
            publisher.publish(1);
            publisher.publish(2);
        });
        let mut last = 0;
        while let Ok(value) = block_on(subscription.changed()) {
            assert!(*value > last, "each is newer");
            last = *value;
        }
        assert_eq!(last, 2);
        publishing.join().expect("no panic");
    });
}

#[test]
fn loom_a_publisher_that_never_publishes_ends_every_wait() {
    loom::model(|| {
        let (publisher, output) = first_output::<u32>("out").expect("a good name");
        let first = output.first();
        let dropping = thread::spawn(move || drop(publisher));
        assert!(block_on(first).is_err());
        assert!(output.get().is_err());
        dropping.join().expect("no panic");
    });
}

#[test]
fn loom_of_two_builds_from_one_version_one_is_published() {
    loom::model(|| {
        let (publisher, output) = first_output::<u32>("out").expect("a good name");
        let publisher = Arc::new(publisher);
        let other = Arc::clone(&publisher);
        let timer = thread::spawn(move || other.publish_over(0, 1).is_ok());
        let built = publisher.publish_over(0, 2).is_ok();
        let timed = timer.join().expect("no panic");
        assert!(built != timed);
        assert_eq!(*output.get().expect("published"), if built { 2 } else { 1 });
    });
}
