//! What people read.

use firstlight_sync::Tracker;

use crate::support::{feed, ms, one, tracker};

#[tokio::test(start_paused = true)]
async fn the_line_names_what_is_pending_and_since_when() {
    let tracker = tracker(&["pods", "services", "routes"]);
    tokio::time::sleep(ms(1500)).await;
    let (pods, services) = (feed(&tracker, "pods"), feed(&tracker, "services"));
    let _items = [pods.item(), pods.item()];
    pods.done().expect("once");
    services.done().expect("once");
    tokio::time::sleep(ms(2000)).await;
    let pending = "pods (done, 2 in flight, 2.0 s), routes (not claimed, 0 in flight, 3.5 s)";
    assert_eq!(tracker.explain(), format!("caches waits for 2 of 3 sources: {pending}"));
    let error = tracker.wait().with_timeout(ms(0)).await.expect_err("not done");
    let text = format!("caches is not synced after 3.5 s: the time-out passed; pending: {pending}");
    assert_eq!(error.to_string(), text);
    tracker.cancel();
    let text = format!("caches is not synced after 3.5 s: it was cancelled; pending: {pending}");
    assert_eq!(tracker.explain(), text);
    assert_eq!(error.tracker(), "caches");
}

#[test]
fn the_line_of_a_sync_counts_what_there_was() {
    let (tracker, pods) = one();
    pods.item().relevant();
    pods.item().irrelevant();
    pods.item().rejected("no");
    pods.done().expect("once");
    assert_eq!(
        tracker.explain(),
        "caches is synced after 0.0 s: configuration-error; 1 sources, 1 relevant, 1 irrelevant, 1 rejected, 0 abandoned"
    );
    assert!(format!("{tracker:?}").contains("configuration-error"));
}

#[test]
fn an_untrusted_reason_stays_one_bounded_line() {
    let (tracker, pods) = one();
    pods.failed("x\nREADY=1\u{202e}".repeat(10_000));
    let line = tracker.explain();
    assert!(line.len() < 600 && !line.contains(['\n', '\u{202e}']), "{line}");
}

#[test]
fn each_cause_has_its_words() {
    let none = Tracker::builder("caches").build().expect("a good name");
    let (dropped, pods) = one();
    drop(pods);
    for (tracker, words) in [
        (none, "it has no sources"),
        (dropped, "source pods failed: dropped before it was done (claimed at "),
    ] {
        assert!(tracker.explain().contains(words), "{}", tracker.explain());
    }
    let tracker = tracker(&["pods"]);
    let refused = tracker
        .source("pods")
        .expect("unclaimed")
        .feed_blocking(|_pods| tracker.wait_blocking(ms(0)).expect_err("in the loop"));
    assert!(
        refused.to_string().contains("waited for inside of the loop that feeds it"),
        "{refused}"
    );
}
