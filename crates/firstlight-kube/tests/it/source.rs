//! A source of a tracker, fed by a watch.

use std::pin::pin;

use firstlight_kube::{WatchExt, Watched};
use firstlight_sync::{Cause, Item, Tracker, Verdict};
use futures_util::{FutureExt, StreamExt, stream};
use kube::runtime::watcher::Event;

use crate::support::{Script, Told, list, list_failed, object, seconds, watch_error};

fn tracker() -> Tracker {
    Tracker::builder("caches").source("cm").build().expect("good names")
}

/// Feeds the source with all of this and finishes each item by `finish`; the tracker and how many items there were.
async fn fed(told: Vec<Told>, finish: impl Fn(&str, Item)) -> (Tracker, u64) {
    let tracker = tracker();
    let mut items = 0;
    let feeding = tracker.source("cm").expect("declared").feed(async |feed| {
        let mut watch = pin!(stream::iter(told).feed_source(feed));
        while let Some(told) = watch.next().await {
            let Ok(Watched { event, item }) = told else { continue };
            if let (Event::InitApply(object), Some(item)) = (&event, item) {
                items += 1;
                finish(object.metadata.name.as_deref().unwrap_or_default(), item);
            }
        }
    });
    feeding.await;
    (tracker, items)
}

fn begin(names: &[(&str, u64)]) -> Vec<Told> {
    let mut told = vec![Ok(Event::Init)];
    told.extend(names.iter().map(|(name, revision)| Ok(Event::InitApply(object(name, *revision)))));
    told
}

#[tokio::test(start_paused = true)]
async fn the_verdict_is_that_of_the_items_of_the_first_list() {
    let finish = |name: &str, item: Item| match name {
        "cm-0" => item.relevant(),
        "cm-1" => item.irrelevant(),
        "cm-2" => item.rejected("no such class"),
        _ => drop(item),
    };
    for (objects, verdict) in [
        (0, Verdict::Empty),
        (1, Verdict::Configured),
        (2, Verdict::Configured),
        (3, Verdict::ConfigurationError),
        (4, Verdict::ConfigurationError),
    ] {
        let (tracker, items) = fed(list(objects), finish).await;
        assert_eq!(items, objects);
        let synced = tracker.wait().await.expect("it is complete");
        assert_eq!(synced.verdict(), verdict, "{objects} objects");
    }
    let (tracker, _) = fed(list(3), finish).await;
    let synced = tracker.wait().await.expect("it is complete");
    let rejected = synced.first_rejected()[0].to_string();
    assert!(rejected.contains("default/cm-2"), "{rejected}");
}

/// A first list that begins anew: what was announced is not counted again, and nothing is lost.
#[tokio::test(start_paused = true)]
async fn a_first_list_that_begins_anew_counts_each_version_once() {
    let broke_off = || begin(&[("a", 1), ("b", 2), ("gone", 3)]);
    let table: [(&str, Vec<Told>, u64); 4] = [
        ("the same", begin(&[("a", 1), ("b", 2), ("c", 4)]), 4),
        ("one has changed", begin(&[("a", 5), ("b", 2)]), 4),
        ("all are gone", begin(&[]), 3),
        ("another of that name", begin(&[("a", 1), ("b", 2), ("gone", 9)]), 4),
    ];
    for (what, again, items) in table {
        for error in [list_failed(410, "expired"), list_failed(500, "boom"), watch_error(410, "x")]
        {
            let mut told = broke_off();
            told.push(error);
            told.extend(again.iter().map(|told| match told {
                Ok(event) => Ok(event.clone()),
                Err(_) => Ok(Event::Init),
            }));
            told.push(Ok(Event::InitDone));
            let (tracker, announced) = fed(told, |_, item| item.relevant()).await;
            assert_eq!(announced, items, "{what}");
            assert!(tracker.is_synced(), "{what}");
            let report = &tracker.sources()[0];
            assert_eq!(
                (report.relevant, report.in_flight, report.relists),
                (items, 0, 1),
                "{what}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_without_a_revision_is_announced_each_time() {
    let bare = || {
        let mut object = object("a", 0);
        object.metadata.resource_version = None;
        [Ok(Event::Init), Ok(Event::InitApply(object))]
    };
    let told = bare().into_iter().chain(bare()).chain([Ok(Event::InitDone)]).collect();
    let (tracker, announced) = fed(told, |_, item| item.relevant()).await;
    assert_eq!(announced, 2);
    assert!(tracker.is_synced());
}

/// A script that feeds `cm`, driven by hand. The feed is moved out of its future, where nothing waits.
fn by_hand()
-> (Tracker, Script, impl FnMut() -> Vec<Watched<k8s_openapi::api::core::v1::ConfigMap>>) {
    let (tracker, script) = (tracker(), Script::default());
    let source = tracker.source("cm").expect("declared");
    let feed = source.feed(async |feed| feed).now_or_never().expect("at once");
    let mut watch = Box::pin(script.stream().feed_source(feed));
    let drive = move || {
        let mut seen = Vec::new();
        while let Some(Some(told)) = watch.next().now_or_never() {
            seen.extend(told.ok());
        }
        seen
    };
    (tracker, script, drive)
}

#[tokio::test(start_paused = true)]
async fn items_that_are_still_handled_hold_the_sync_and_live_changes_do_not() {
    let (tracker, script, mut drive) = by_hand();
    script.tell(list(2));
    let mut seen = drive();
    assert!(!tracker.is_synced(), "two are in flight");
    script.tell([
        Ok(Event::Apply(object("cm-0", 9))),
        Ok(Event::Delete(object("cm-1", 10))),
        Ok(Event::Apply(object("new", 11))),
        watch_error(410, "too old"),
    ]);
    script.tell(list(3));
    let live = drive();
    assert_eq!(live.len(), 3 + 5);
    assert!(live.iter().all(|watched| watched.item.is_none()), "no live change has an item");
    let mut items: Vec<_> = seen.iter_mut().filter_map(|watched| watched.item.take()).collect();
    assert_eq!(items.len(), 2);
    // One of them was deleted meanwhile: whoever finds it gone says so.
    items.pop().expect("two").irrelevant();
    assert!(!tracker.is_synced());
    items.pop().expect("one").relevant();
    assert!(tracker.is_synced());
    let report = &tracker.sources()[0];
    assert_eq!((report.relevant, report.irrelevant, report.relists), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_or_is_dropped_too_early_fails_the_source() {
    let ended = "the watch has ended before its first list was complete";
    for (told, reason) in [
        (vec![], ended.to_owned()),
        (begin(&[("a", 1)]), ended.to_owned()),
        (
            vec![Ok(Event::Init), list_failed(403, "no")],
            format!("{ended}; last: list: 403 forbidden: no"),
        ),
    ] {
        let (tracker, _) = fed(told, |_, item| item.relevant()).await;
        let error = tracker.wait().await.expect_err("it has failed");
        assert!(matches!(error.cause(), Cause::SourceFailed { .. }));
        assert!(error.to_string().contains(&reason), "{error}");
    }
    let (tracker, script, drive) = by_hand();
    script.tell(begin(&[("a", 1)]));
    drop(drive);
    let error = tracker.wait().await.expect_err("it was dropped");
    assert!(matches!(error.cause(), Cause::SourceFailed { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_happens_to_the_watch_after_the_sync_changes_nothing() {
    let (tracker, script, mut drive) = by_hand();
    script.tell(list(0));
    drive();
    assert!(tracker.is_synced());
    script.tell([list_failed(500, "boom"), Ok(Event::Init), Ok(Event::Init)]);
    script.tell(list(1));
    assert_eq!(drive().len(), 2 + 3);
    script.end();
    drive();
    script.tell(list(1));
    assert_eq!(drive().len(), 0, "it stays ended");
    drop(drive);
    assert!(tracker.is_synced());
    assert!(!tracker.sources()[0].has_failed);
}

/// The source is done, and another one is not: an end of the watch must not fail the tracker.
#[tokio::test(start_paused = true)]
async fn an_end_after_the_first_list_fails_no_tracker_that_waits_for_another_source() {
    let tracker = Tracker::builder("caches").source("cm").source("pods").build().expect("names");
    let pods = tracker.source("pods").expect("declared");
    let source = tracker.source("cm").expect("declared");
    let watch = source.feed(async |feed| {
        stream::iter(list(0)).feed_source(feed).for_each(async |_| {}).await;
    });
    watch.await;
    assert!(tracker.outcome().is_none(), "pods are missing");
    pods.feed(async |pods| pods.done()).await.expect("once");
    assert!(tracker.is_synced());
}

#[tokio::test(start_paused = true)]
async fn a_gate_and_a_tracker_are_fed_by_one_watch_and_waited_for_by_many() {
    let readiness = firstlight_ready::Readiness::new("proxy").expect("a runtime");
    let gate = readiness.register(firstlight_ready::Spec::new("cm")).expect("a good name");
    readiness.seal().expect("once");
    let tracker = tracker();
    let waiters: Vec<_> = (0..100).map(|_| tokio::spawn(tracker.wait().into_future())).collect();
    let source = tracker.source("cm").expect("declared");
    let feeding = source.feed(async move |feed| {
        let watch = stream::iter(list(3)).chain(stream::pending());
        let mut watch = pin!(watch.feed_gate(gate).feed_source(feed));
        while let Some(told) = watch.next().await {
            if let Some(item) = told.ok().and_then(|watched| watched.item) {
                // Handled elsewhere, and later than the list is complete.
                tokio::spawn(async move {
                    tokio::time::sleep(seconds(5)).await;
                    item.relevant();
                });
            }
        }
    });
    let task = tokio::spawn(feeding);
    readiness.wait().await.expect("the list is complete");
    assert!(!tracker.is_synced(), "and not handled");
    for waiter in waiters {
        let synced = waiter.await.expect("no panic").expect("it is");
        assert_eq!(synced.verdict(), Verdict::Configured);
    }
    task.abort();
}
