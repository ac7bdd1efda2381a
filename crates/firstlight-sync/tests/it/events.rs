//! What a collector of the start's timeline gets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use firstlight_sync::first_output;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::support::{feed, ms, one, tracker};

#[derive(Debug, Clone)]
struct Seen {
    level: Level,
    fields: BTreeMap<&'static str, String>,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Seen>>>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Fields(BTreeMap<&'static str, String>);
        impl Visit for Fields {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                self.0.insert(field.name(), format!("{value:?}"));
            }
            fn record_str(&mut self, field: &Field, value: &str) {
                self.0.insert(field.name(), value.to_owned());
            }
        }
        assert_eq!(event.metadata().target(), "firstlight_sync");
        let mut fields = Fields(BTreeMap::new());
        event.record(&mut fields);
        let seen = Seen { level: *event.metadata().level(), fields: fields.0 };
        self.0.lock().expect("no panic").push(seen);
    }
}

impl Lines {
    fn captured() -> (Self, DefaultGuard) {
        let lines = Self::default();
        let subscriber = tracing_subscriber::registry().with(lines.clone());
        (lines, tracing::subscriber::set_default(subscriber))
    }

    fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

impl Seen {
    fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }

    #[track_caller]
    fn is(&self, level: Level, fields: &[(&str, &str)]) {
        assert_eq!(self.level, level, "{self:?}");
        for (field, value) in fields {
            assert_eq!(self.get(field), *value, "{field} of {self:?}");
        }
    }

    #[track_caller]
    fn took(&self) -> u64 {
        let nanos = |field| self.get(field).parse::<u64>().expect("nanoseconds");
        nanos("end_ns").checked_sub(nanos("start_ns")).expect("it ends after it began") / 1_000_000
    }
}

#[tokio::test(start_paused = true)]
async fn each_source_the_tracker_and_the_first_output_are_spans() {
    let (lines, _guard) = Lines::captured();
    let (publisher, _output) = first_output::<u32>("snapshot").expect("a good name");
    let tracker = tracker(&["pods", "services"]);
    tokio::time::sleep(ms(100)).await;
    let (pods, services) = (feed(&tracker, "pods"), feed(&tracker, "services"));
    let item = pods.item();
    pods.done().expect("once");
    assert!(lines.take().is_empty(), "done, but an item is in flight");
    tokio::time::sleep(ms(50)).await;
    item.relevant();
    tokio::time::sleep(ms(50)).await;
    services.done().expect("once");
    let synced = firstlight_sync::initial_build(tracker.wait(), &publisher, async |_| {
        tokio::time::sleep(ms(300)).await;
        Ok::<_, &str>(1)
    });
    assert!(synced.await.is_ok());
    publisher.publish(2);
    pods.failed("lost");

    let seen = lines.take();
    let [first, second, all, output, lost] = &seen[..] else { panic!("{seen:#?}") };
    let source = [("parent", "caches"), ("outcome", "ready")];
    first.is(Level::INFO, &source);
    first.is(Level::INFO, &[("span", "sync caches/pods"), ("message", "source pods is done")]);
    second.is(Level::INFO, &source);
    second.is(Level::INFO, &[("span", "sync caches/services")]);
    let after = ("after", "sync caches/pods,sync caches/services");
    all.is(Level::INFO, &[("span", "caches"), ("outcome", "ready"), after]);
    all.is(Level::INFO, &[("verdict", "configured"), ("message", "caches is synced: configured")]);
    output.is(Level::INFO, &[("span", "snapshot"), ("outcome", "ready"), ("after", "caches")]);
    assert!((50..=52).contains(&first.took()), "{first:?}");
    assert!((100..=102).contains(&second.took()), "from its claim: {second:?}");
    assert!((200..=204).contains(&all.took()), "from its making: {all:?}");
    assert!((500..=506).contains(&output.took()), "{output:?}");
    // It failed after it was done: news, but not one more span of the start.
    lost.is(Level::WARN, &[("outcome", "")]);
    assert!(lost.get("message").starts_with("source pods failed after it was done: lost"));
}

#[test]
fn a_failure_is_a_failed_span_of_the_source_and_of_the_tracker() {
    let (lines, _guard) = Lines::captured();
    let tracker = tracker(&["pods", "services"]);
    let (pods, services) = (feed(&tracker, "pods"), feed(&tracker, "services"));
    pods.failed("403\nForbidden");
    drop(services);
    let seen = lines.take();
    let spans: Vec<_> = seen.iter().map(|seen| (seen.get("span"), seen.get("outcome"))).collect();
    let failed = |span| (span, "failed");
    // The one that was dropped because of it is no failure of its own.
    let given_up = ("sync caches/services", "cancelled");
    assert_eq!(spans, [failed("sync caches/pods"), failed("caches"), given_up]);
    assert!(seen.iter().all(|seen| !seen.get("message").contains('\n')));
    assert_eq!([&seen[1], &seen[2]].map(|seen| seen.level), [Level::WARN, Level::INFO]);
    let message = "source services was given up, after caches had ended";
    assert_eq!(seen[2].get("message"), message);
}

#[test]
fn a_drop_that_ends_it_is_a_failure_and_not_given_up() {
    let (lines, _guard) = Lines::captured();
    drop(one().1);
    let seen = lines.take();
    seen[0].is(Level::WARN, &[("span", "sync caches/pods"), ("outcome", "failed")]);
    assert!(seen[0].get("message").contains("dropped before it was done"));
    seen[1].is(Level::WARN, &[("span", "caches"), ("outcome", "failed")]);
}

#[test]
fn a_panic_after_the_end_is_still_a_failure_in_the_log() {
    let (lines, _guard) = Lines::captured();
    let (tracker, pods) = one();
    tracker.cancel();
    let panics = std::panic::AssertUnwindSafe(|| {
        let _pods = pods;
        std::panic::resume_unwind(Box::new("a bug"));
    });
    assert!(std::panic::catch_unwind(panics).is_err());
    let fields = [("span", "sync caches/pods"), ("outcome", "failed"), ("panicking", "true")];
    lines.take()[1].is(Level::WARN, &fields);
}

#[test]
fn abandoned_items_are_warned_of_but_not_without_end() {
    let (lines, _guard) = Lines::captured();
    let (_tracker, pods) = one();
    for i in 0..1000 {
        drop(pods.item().with_key(i));
    }
    let seen = lines.take();
    assert_eq!(seen.len(), firstlight_sync::MAX_REJECTED);
    seen[0].is(Level::WARN, &[("tracker", "caches"), ("source", "pods"), ("panicking", "false")]);
    let message = seen[0].get("message");
    assert!(message.starts_with("an item was not finished: pods 0: abandoned, begun at "));
    // The rest is in the verdict.
    pods.done().expect("once");
    lines.take()[1].is(Level::WARN, &[("outcome", "degraded"), ("rejected", "1000")]);
}

#[test]
fn cancelled_never_published_and_no_sources_have_their_outcome() {
    let (lines, _guard) = Lines::captured();
    let (tracker, pods) = one();
    tracker.cancel();
    pods.done().expect("it is only too late");
    drop(first_output::<u32>("snapshot").expect("a good name").0);
    drop(firstlight_sync::Tracker::builder("none").build().expect("a good name"));
    let seen = lines.take();
    let told: Vec<_> = seen.iter().map(|seen| (seen.get("span"), seen.get("outcome"))).collect();
    let expected = [
        ("caches", "cancelled"),
        ("sync caches/pods", "ready"),
        ("snapshot", "failed"),
        ("none", "failed"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_tracker_of_many_sources_names_a_bounded_number_of_them() {
    let (lines, _guard) = Lines::captured();
    let names: Vec<_> = (0..300).map(|i| format!("s{i}")).collect();
    tracker(&names.iter().map(String::as_str).collect::<Vec<_>>()).cancel();
    assert_eq!(lines.take()[0].get("after").split(',').count(), 256);
}

#[test]
fn a_subscriber_that_calls_back_in_meets_no_lock_and_one_that_panics_loses_no_wake_up() {
    struct Calls(firstlight_sync::Tracker);
    impl<S: Subscriber> Layer<S> for Calls {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            if self.0.is_synced() {
                std::panic::resume_unwind(Box::new("a bug"));
            }
        }
    }
    let (tracker, pods) = one();
    let wait = std::thread::spawn({
        let tracker = tracker.clone();
        move || tracker.wait_blocking(std::time::Duration::MAX).is_ok()
    });
    let layer = tracing_subscriber::registry().with(Calls(tracker));
    tracing::subscriber::with_default(layer, || {
        let done = std::panic::AssertUnwindSafe(|| pods.done());
        assert!(std::panic::catch_unwind(done).is_err());
    });
    assert!(wait.join().expect("no panic"));
}
