//! Before and behind kube's own adapters.

use std::sync::{Arc, Mutex};

use firstlight_kube::WatchExt;
use firstlight_ready::{Readiness, Spec, Transition};
use futures_util::{Stream, StreamExt, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};

use crate::support::{Told, list, list_failed, seconds};

/// How many objects the store had when the gate opened.
async fn in_store_when_open<S>(
    build: impl FnOnce(reflector::store::Writer<ConfigMap>, firstlight_ready::Gate) -> S,
) -> (usize, usize)
where
    S: Stream<Item = Told>,
{
    let (store, writer) = reflector::store::<ConfigMap>();
    let seen = Arc::new(Mutex::new(None));
    let (reader, at_open): (Store<ConfigMap>, _) = (store.clone(), Arc::clone(&seen));
    let readiness = Readiness::builder("proxy")
        .observer(move |change: &Transition| {
            if matches!(change, Transition::Gate(gate) if gate.first_open) {
                *at_open.lock().expect("no panic") = Some(reader.len());
            }
        })
        .build()
        .expect("a runtime");
    let gate = readiness.register(Spec::new("cm")).expect("a good name");
    readiness.seal().expect("once");
    build(writer, gate).for_each(async |_| {}).await;
    readiness.wait().await.expect("it opened");
    let seen = seen.lock().expect("no panic").expect("it opened");
    (seen, store.len())
}

#[tokio::test(start_paused = true)]
async fn behind_reflect_the_store_is_complete_when_the_gate_opens() {
    let sizes = in_store_when_open(|writer, gate| {
        stream::iter(list(3)).default_backoff().reflect(writer).feed_gate(gate)
    });
    assert_eq!(sizes.await, (3, 3));
    let sizes = in_store_when_open(|writer, gate| {
        reflector::reflector(writer, stream::iter(list(3))).default_backoff().feed_gate(gate)
    });
    assert_eq!(sizes.await, (3, 3));
}

/// Which is why the docs say behind it.
#[tokio::test(start_paused = true)]
async fn in_front_of_reflect_the_gate_opens_a_moment_before_the_store_is_complete() {
    let sizes = in_store_when_open(|writer, gate| {
        stream::iter(list(3)).feed_gate(gate).reflect(writer).default_backoff()
    });
    assert_eq!(sizes.await, (0, 3));
}

#[tokio::test(start_paused = true)]
async fn decoded_objects_come_out_behind_it() {
    let readiness = Readiness::new("proxy").expect("a runtime");
    let gate = readiness.register(Spec::new("cm")).expect("a good name");
    readiness.seal().expect("once");
    let objects = stream::iter(list(3)).feed_gate(gate).touched_objects();
    assert_eq!(objects.count().await, 3);
    assert!(readiness.is_ready());
}

/// Errors, then a list; each wait of the back-off is in between.
fn troubled() -> impl Stream<Item = Told> {
    let errors = (0..5).map(|_| list_failed(500, "boom"));
    stream::iter(errors.chain(list(1)).collect::<Vec<_>>()).chain(stream::pending())
}

#[tokio::test(start_paused = true)]
async fn the_backoff_may_be_before_or_behind_it() {
    for behind in [true, false] {
        let readiness = Readiness::new("proxy").expect("a runtime");
        let gate = readiness.register(Spec::new("cm")).expect("a good name");
        readiness.seal().expect("once");
        let task = match behind {
            true => {
                tokio::spawn(troubled().default_backoff().feed_gate(gate).for_each(async |_| {}))
            }
            false => {
                tokio::spawn(troubled().feed_gate(gate).default_backoff().for_each(async |_| {}))
            }
        };
        let began = tokio::time::Instant::now();
        readiness.wait().await.expect("in the end");
        assert!(began.elapsed() > seconds(10), "five pauses: {:?}", began.elapsed());
        task.abort();
    }
}

struct Never;

impl Iterator for Never {
    type Item = std::time::Duration;
    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

impl kube::runtime::utils::Backoff for Never {
    fn reset(&mut self) {}
}

/// A back-off that gives up closes the stream: only who is behind it is told.
#[tokio::test(start_paused = true)]
async fn a_backoff_that_gives_up_is_the_end_of_the_watch() {
    let readiness = Readiness::new("proxy").expect("a runtime");
    let gate = readiness.register(Spec::new("cm")).expect("a good name");
    readiness.seal().expect("once");
    let watch =
        stream::iter([list_failed(500, "boom") as watcher::Result<_>]).chain(stream::pending());
    watch.backoff(Never).feed_gate(gate).for_each(async |_| {}).await;
    let error = readiness.wait().await.expect_err("it gave up").to_string();
    assert!(error.contains("the watch has ended before its first list was complete"), "{error}");
}
