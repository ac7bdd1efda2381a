//! What the log is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use firstlight_kube::{CALM, WatchExt};
use firstlight_sync::Tracker;
use futures_util::{StreamExt, stream};
use kube::runtime::watcher::Event;
use tokio::time::advance;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::support::{Rig, list, list_failed, object, seconds, watch_error, watch_failed};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Line>>>);

#[derive(Debug)]
struct Line {
    target: &'static str,
    level: Level,
    fields: BTreeMap<&'static str, String>,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Fields(BTreeMap<&'static str, String>);
        impl Visit for Fields {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                self.0.insert(field.name(), format!("{value:?}"));
            }
            fn record_str(&mut self, field: &Field, value: &str) {
                self.0.insert(field.name(), value.to_owned());
            }
        }
        let mut fields = Fields(BTreeMap::new());
        event.record(&mut fields);
        let (target, level) = (event.metadata().target(), *event.metadata().level());
        self.0.lock().expect("no panic").push(Line { target, level, fields: fields.0 });
    }
}

impl Lines {
    fn captured() -> (Self, DefaultGuard) {
        let lines = Self::default();
        let subscriber = tracing_subscriber::registry().with(lines.clone());
        (lines, tracing::subscriber::set_default(subscriber))
    }

    /// Ours since the last call, as `LEVEL message`; with theirs (the gates') counted.
    fn take(&self) -> (Vec<String>, usize) {
        let lines = std::mem::take(&mut *self.0.lock().expect("no panic"));
        let all = lines.iter().filter(|line| line.target.starts_with("firstlight")).count();
        let ours = lines.iter().filter(|line| line.target == "firstlight_kube").map(|line| {
            let nanos = |field| line.fields[field].parse::<u64>().expect("nanoseconds");
            assert!(nanos("start_ns") <= nanos("end_ns"));
            assert!(line.fields.contains_key("gate") != line.fields.contains_key("source"));
            format!("{} {}", line.level, line.fields["message"])
        });
        (ours.collect(), all)
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_is_told_once_a_kind_and_once_when_it_is_over() {
    let (lines, _guard) = Lines::captured();
    let mut rig = Rig::new();
    // An hour of retries before the first list.
    for retry in 0..3600 {
        rig.tell([Ok(Event::Init), list_failed(403, &format!("request {retry}"))]);
        advance(seconds(1)).await;
    }
    rig.tell([list_failed(500, "boom")]);
    rig.tell(list(1));
    let (ours, _) = lines.take();
    let ours: Vec<_> = ours.into_iter().filter(|line| !line.starts_with("DEBUG")).collect();
    assert_eq!(
        ours,
        [
            "WARN the watch of gate cm is in trouble: list: 403 forbidden: request 0",
            "WARN the watch of gate cm is in trouble: list: 500 the API server has failed: boom",
            "INFO the watch of gate cm is out of trouble, after 3601 errors",
        ]
    );
    advance(CALM).await;
    rig.tell([watch_failed(500, "boom"), watch_failed(500, "boom")]);
    advance(CALM + seconds(1)).await;
    rig.drive();
    rig.end();
    let (ours, _) = lines.take();
    assert_eq!(
        ours,
        [
            "WARN the watch of gate cm is in trouble: watch: 500 the API server has failed: boom",
            "INFO the watch of gate cm is out of trouble, after 2 errors",
            "WARN the watch of gate cm has ended",
        ]
    );
}

/// The API server drops the watch each second for an hour, between changes: by an error, and by a 410.
#[tokio::test(start_paused = true)]
async fn a_watch_that_flaps_for_an_hour_makes_a_handful_of_lines() {
    for code in [500, 410] {
        let (lines, _guard) = Lines::captured();
        let mut rig = Rig::new();
        rig.tell(list(1));
        lines.take();
        for _ in 0..3600 {
            advance(seconds(1)).await;
            rig.tell([watch_error(code, "gone")]);
            rig.tell(list(1));
            rig.tell([Ok(Event::Apply(object("a", 9)))]);
        }
        let (ours, all) = lines.take();
        let relists = ours.iter().filter(|line| line.starts_with("DEBUG")).count();
        assert_eq!(relists, 3600);
        let expected = if code == 410 { 0 } else { 3 };
        assert_eq!(ours.len() - relists, expected);
        assert!(all - ours.len() <= 3, "{} lines of the gate", all - ours.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_tells_the_same() {
    let (lines, _guard) = Lines::captured();
    let tracker = Tracker::builder("caches").source("cm").build().expect("good names");
    let errors = (0..100).map(|_| list_failed(500, "boom"));
    let told: Vec<_> = errors.chain(list(0)).chain(list(0)).collect();
    let feeding = tracker.source("cm").expect("declared").feed(async |feed| {
        stream::iter(told).feed_source(feed).for_each(async |_| {}).await;
    });
    feeding.await;
    let (ours, _) = lines.take();
    assert_eq!(
        ours,
        [
            "WARN the watch of source cm is in trouble: list: 500 the API server has failed: boom",
            "INFO the watch of source cm is out of trouble, after 100 errors",
            "DEBUG the watch of source cm lists everything anew",
            "WARN the watch of source cm has ended",
        ]
    );
}
