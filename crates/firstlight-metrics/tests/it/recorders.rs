//! Recorders that come late, are replaced, are slow, panic, or call back in.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome};
use firstlight_metrics::{CleanupMetrics, Collector, ReadyMetrics, ReadyValues};
use firstlight_ready::{Hysteresis, Mode, Observer, Readiness, Spec};
use firstlight_sync::first_output;
use metrics::{
    Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::ready::{s, set};
use crate::scrape::Scrape;

#[tokio::test]
async fn a_recorder_that_is_installed_late_or_instead_of_another_has_all_after_a_collect() {
    // Nobody is there.
    let (readiness, values, hand) = set(|builder| builder);
    let (publisher, output) = first_output("snapshot").expect("an output");
    let janitor = Janitor::new("orders");
    let collector = Collector::new()
        .with_set(values, &readiness)
        .with_output(&output)
        .with_janitor(CleanupMetrics::new("orders"), &janitor);
    let db = readiness
        .register(Spec::new("db").mode(Mode::Live(Hysteresis::default())))
        .expect("a gate");
    readiness.seal().expect("sealed");
    hand.advance(s(4));
    db.ready();
    db.not_ready("gone");
    publisher.publish(());
    let cleanup = Cleanup::idempotent("x", |_: Attempt| async {});
    assert_eq!(janitor.scope(cleanup).run().await, Outcome::Completed);
    for nth in ["first", "second"] {
        let scrape = Scrape::new();
        let _here = metrics::set_default_local_recorder(&scrape.recorder);
        assert_eq!(scrape.series(), [], "{nth}");
        collector.collect();
        assert_eq!(scrape.value("firstlight_time_to_ready_seconds orders ready"), 4.0, "{nth}");
        assert_eq!(scrape.value("firstlight_gate_flips_total orders db"), 2.0, "{nth}");
        assert_eq!(scrape.value("firstlight_gate_transitions_total orders ready"), 1.0, "{nth}");
        assert_eq!(scrape.value("firstlight_output_publications_total snapshot"), 1.0, "{nth}");
        assert!(scrape.find("firstlight_time_to_first_output_seconds snapshot").is_some(), "{nth}");
        assert_eq!(scrape.value("firstlight_cleanups_ended_total orders completed"), 1.0, "{nth}");
        assert!(scrape.text().contains("# HELP firstlight_gate_open "), "{nth}");
    }
}

/// Does something each time that a gauge or counter is asked for.
struct Hooked<F>(F);

impl<F: Fn(&Key) -> Gauge> Recorder for Hooked<F> {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        (self.0)(key)
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn a_recorder_may_call_back_in() {
    let (readiness, values, _hand) = set(|builder| builder);
    let db = readiness.register(Spec::new("db")).expect("a gate");
    let depth = Mutex::new(0);
    let recorder = Hooked(|_: &Key| {
        let first = { std::mem::replace(&mut *depth.lock().expect("whole"), 1) == 0 };
        if first {
            values.collect(&readiness);
            readiness.set_role("leader", true).expect("a role");
        }
        Gauge::noop()
    });
    let _here = metrics::set_default_local_recorder(&recorder);
    db.ready();
    values.collect(&readiness);
    assert_eq!(*depth.lock().expect("whole"), 1, "it was called, and nothing hangs");
}

#[tokio::test]
async fn a_recorder_that_panics_breaks_neither_the_set_nor_the_values() {
    let (readiness, values, _hand) = set(|builder| builder);
    let db = readiness.register(Spec::new("db")).expect("a gate");
    readiness.seal().expect("sealed");
    {
        let recorder = Hooked(|_: &Key| -> Gauge { panic!("no room") });
        let _here = metrics::set_default_local_recorder(&recorder);
        db.ready();
    }
    assert!(readiness.is_ready());
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    values.collect(&readiness);
    assert_eq!(scrape.value("firstlight_view_ready orders ready"), 1.0);
    assert_eq!(scrape.value("firstlight_gate_flips_total orders db"), 1.0);
}

/// A gauge whose first `set` waits before it writes.
struct Slow {
    value: Arc<Mutex<f64>>,
    wait: Mutex<Option<(SyncSender<()>, Receiver<()>)>>,
}

impl GaugeFn for Slow {
    fn increment(&self, _: f64) {}
    fn decrement(&self, _: f64) {}
    fn set(&self, value: f64) {
        let wait = self.wait.lock().expect("whole").take();
        if let Some((here, go)) = wait {
            here.send(()).expect("somebody listens");
            go.recv().expect("somebody lets it go");
        }
        *self.value.lock().expect("whole") = value;
    }
}

#[tokio::test]
async fn who_is_slow_leaves_no_older_value_behind() {
    let (readiness, values, _hand) = set(|builder| builder);
    let db = readiness.register(Spec::new("db")).expect("a gate");
    values.collect(&readiness);
    let (here, arrived) = sync_channel(1);
    let (go, wait) = sync_channel(1);
    let value = Arc::new(Mutex::new(f64::NAN));
    let slow = Arc::new(Slow { value: Arc::clone(&value), wait: Mutex::new(Some((here, wait))) });
    let recorder = Hooked(move |key: &Key| match key.name() {
        "firstlight_gate_open" => Gauge::from_arc(Arc::clone(&slow)),
        _ => Gauge::noop(),
    });
    thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let _here = metrics::set_default_local_recorder(&recorder);
            values.export();
        });
        arrived.recv().expect("it is about to write 0");
        {
            let _here = metrics::set_default_local_recorder(&recorder);
            db.ready();
        }
        assert_eq!(*value.lock().expect("whole"), 1.0);
        go.send(()).expect("it waits");
        scraper.join().expect("it ends");
    });
    assert_eq!(*value.lock().expect("whole"), 1.0, "0 was read before, and written after");
}

#[test]
fn the_handles_go_anywhere() {
    fn anywhere<T: Send + Sync + 'static + std::fmt::Debug>() {}
    anywhere::<ReadyMetrics>();
    anywhere::<ReadyValues>();
    anywhere::<CleanupMetrics>();
    anywhere::<Collector>();
    fn observes<T: Observer>() {}
    observes::<ReadyMetrics>();
    let _: fn(&ReadyValues, &Readiness) = ReadyValues::collect;
}
