//! What it costs, and where it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use firstlight_metrics::MAX_GATES;
use firstlight_ready::{Gate, Spec};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::ready::set;
use crate::scrape::Scrape;

#[tokio::test]
async fn gates_beyond_the_limit_are_counted_and_have_no_series() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (readiness, values, _hand) = set(|builder| builder);
    let gate = |nth: usize| readiness.register(Spec::new(format!("gate-{nth}"))).expect("a gate");
    let gates: Vec<Gate> = (0..MAX_GATES + 500).map(gate).collect();
    readiness.seal().expect("sealed");
    values.collect(&readiness);
    let series = |name: &str| scrape.series().iter().filter(|series| series.name == name).count();
    assert_eq!(series("firstlight_gate_open"), MAX_GATES);
    assert_eq!(scrape.value("firstlight_gates_left_out orders"), 500.0);
    assert_eq!(scrape.value("firstlight_gates_pending orders"), (MAX_GATES + 500) as f64);
    gates.iter().for_each(Gate::ready);
    values.collect(&readiness);
    assert_eq!(series("firstlight_gate_open"), MAX_GATES);
    assert_eq!(scrape.value("firstlight_gates_pending orders"), 0.0);
    assert_eq!(
        scrape.value("firstlight_gate_transitions_total orders ready"),
        (MAX_GATES + 500) as f64
    );
}

/// Counts how often a series is asked for.
#[derive(Default)]
struct Counting(Arc<AtomicUsize>);

impl Recorder for Counting {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        self.0.fetch_add(1, Ordering::Relaxed);
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        panic!("{key}: there are none")
    }
}

#[tokio::test]
async fn a_transition_of_a_gate_hands_over_seven_series_however_many_gates_there_are() {
    let recorder = Counting::default();
    let _here = metrics::set_default_local_recorder(&recorder);
    let (readiness, values, _hand) = set(|builder| builder);
    let gates: Vec<Gate> = (0..900)
        .map(|nth| readiness.register(Spec::new(format!("gate-{nth}"))).expect("a gate"))
        .collect();
    values.collect(&readiness);
    recorder.0.store(0, Ordering::Relaxed);
    // Not sealed, so that no view moves along.
    gates.iter().for_each(Gate::ready);
    assert_eq!(recorder.0.load(Ordering::Relaxed), 7 * gates.len());
}
