//! A cell that has nothing to say before there is something.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_clock::Clock;
use firstlight_sync::{Output, first_output};
use futures_util::{FutureExt, StreamExt};

#[test]
fn it_answers_not_yet_until_the_first_publication() {
    let (publisher, output) = first_output::<Vec<u8>>("snapshot").expect("a good name");
    assert_eq!(output.get().expect_err("nothing").to_string(), "snapshot is not published yet");
    assert_eq!((output.version(), publisher.version(), output.name()), (0, 0, "snapshot"));
    assert!(output.first().now_or_never().is_none());
    assert_eq!(publisher.publish(Vec::new()), 1);
    assert!(output.get().expect("an empty output counts").is_empty());
    assert_eq!((output.version(), publisher.version()), (1, 1));
    assert_eq!(publisher.publish(vec![1]), 2);
    assert_eq!(*output.get().expect("published"), [1]);
}

#[tokio::test(start_paused = true)]
async fn it_knows_when_the_first_publication_was_and_later_ones_do_not_change_that() {
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    assert_eq!(output.first_at(), None);
    tokio::time::advance(Duration::from_secs(3)).await;
    publisher.publish(1);
    let first_at = Clock::new().now();
    assert_eq!(output.first_at(), Some(first_at));
    tokio::time::advance(Duration::from_secs(3)).await;
    publisher.publish(2);
    drop(publisher);
    assert_eq!(output.first_at(), Some(first_at));
}

#[tokio::test]
async fn early_and_late_subscribers_see_it() {
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    let mut early = output.subscribe();
    let waiting = tokio::spawn(output.first());
    assert!(early.changed().now_or_never().is_none());
    publisher.publish(1);
    let mut late = output.subscribe();
    for subscription in [&mut early, &mut late] {
        assert_eq!(*subscription.changed().await.expect("published"), 1);
        assert!(subscription.changed().now_or_never().is_none(), "each value once");
    }
    assert_eq!(*waiting.await.expect("no panic").expect("published"), 1);
    // The latest wins, and is not lost.
    publisher.publish(2);
    publisher.publish(3);
    drop(publisher);
    for subscription in [&mut early, &mut late] {
        assert_eq!(*subscription.changed().await.expect("published"), 3);
        let closed = subscription.changed().await.expect_err("no more");
        assert!(closed.published);
        assert_eq!(closed.to_string(), "the publisher of snapshot is gone");
    }
    assert_eq!(*output.first().await.expect("published"), 3);
    assert_eq!(output.subscribe().map(|value| *value).collect::<Vec<_>>().await, [3]);
}

#[tokio::test]
async fn a_publisher_that_goes_without_a_word_is_an_error_and_not_a_hang() {
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    let waiting = [(); 3].map(|()| tokio::spawn(output.first()));
    let mut subscription = output.subscribe();
    tokio::task::yield_now().await;
    drop(publisher);
    for waiter in waiting {
        let closed = waiter.await.expect("no panic").expect_err("closed");
        assert_eq!(
            closed.to_string(),
            "the publisher of snapshot is gone, and has never published"
        );
    }
    assert!(!subscription.changed().await.expect_err("closed").published);
    assert!(output.subscribe().next().await.is_none());
    let error = output.get().expect_err("nothing");
    assert!(error.closed);
    assert!(error.to_string().ends_with("and never will be: its publisher is gone"), "{error}");
}

#[test]
fn a_slow_build_does_not_overwrite_a_newer_one() {
    let (publisher, output) = first_output::<&str>("snapshot").expect("a good name");
    let slow = publisher.version();
    let quick = publisher.version();
    assert_eq!(publisher.publish_over(quick, "quick").expect("nothing is newer"), 1);
    let superseded = publisher.publish_over(slow, "slow").expect_err("it is newer");
    assert_eq!((superseded.value, superseded.version), ("slow", 1));
    assert_eq!(superseded.to_string(), "not published: version 1 is there already");
    assert_eq!(*output.get().expect("published"), "quick");
}

#[test]
fn a_value_whose_drop_calls_back_in_does_so_without_our_lock() {
    struct Calls(Mutex<Option<Output<Calls>>>, Arc<Mutex<Vec<u64>>>);
    impl Drop for Calls {
        fn drop(&mut self) {
            if let Some(output) = self.0.get_mut().expect("no panic").take() {
                self.1.lock().expect("no panic").push(output.version());
            }
        }
    }
    let seen = Arc::default();
    let (publisher, output) = first_output("snapshot").expect("a good name");
    let calls = || Calls(Mutex::new(Some(output.clone())), Arc::clone(&seen));
    publisher.publish(calls());
    publisher.publish(calls());
    drop(publisher.publish_over(0, calls()));
    assert_eq!(*seen.lock().expect("no panic"), [2, 2]);
}

#[tokio::test]
async fn dropping_a_changed_future_loses_no_value() {
    let (publisher, output) = first_output::<u32>("snapshot").expect("a good name");
    let mut subscription = output.subscribe();
    assert!(subscription.changed().now_or_never().is_none());
    publisher.publish(1);
    drop(subscription.changed());
    assert_eq!(*subscription.changed().await.expect("published"), 1);
}
