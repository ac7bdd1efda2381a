//! Views, gates and pending, of a set.

use std::time::Duration;

use firstlight_clock::{Clock, Hand};
use firstlight_metrics::{ReadyMetrics, ReadyValues};
use firstlight_ready::machine::Late;
use firstlight_ready::{Builder, Hysteresis, Mode, Readiness, Spec};

use crate::scrape::Scrape;

/// A set whose clock is moved by hand, with its observer.
pub(crate) fn set(with: impl FnOnce(Builder) -> Builder) -> (Readiness, ReadyValues, Hand) {
    let (clock, hand) = Clock::by_hand();
    let metrics = ReadyMetrics::new("orders");
    let values = metrics.values();
    let builder = Readiness::builder("orders").clock(clock).observer(metrics);
    (with(builder).build().expect("a set"), values, hand)
}

pub(crate) const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn everything_is_there_before_anything_happens() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let _metrics = ReadyMetrics::new("orders");
    for (what, value) in [
        ("firstlight_view_ready orders ready", 0.0),
        ("firstlight_view_ready orders startup", 0.0),
        ("firstlight_view_ready orders live", 1.0),
        ("firstlight_view_flips_total orders ready", 0.0),
        ("firstlight_gates_pending orders", 0.0),
        ("firstlight_gates_left_out orders", 0.0),
        ("firstlight_gate_transitions_total orders failed", 0.0),
        ("firstlight_gate_transitions_total orders ready-empty", 0.0),
        ("firstlight_transitions_lost_total orders", 0.0),
        ("firstlight_phase orders serving", 1.0),
        ("firstlight_phase orders draining", 0.0),
        ("firstlight_phase orders stopped", 0.0),
        ("firstlight_lame_duck_ends_total orders cut", 0.0),
    ] {
        assert_eq!(scrape.value(what), value, "{what}");
    }
    assert!(!scrape.text().contains("_seconds"), "no time is there before it was taken");
}

#[tokio::test]
async fn times_are_since_the_start_of_the_process_and_of_a_gate_from_when_its_own_time_began() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (readiness, values, hand) = set(|builder| builder);
    hand.advance(s(3));
    let db = readiness.register(Spec::new("db")).expect("a gate");
    let cache = readiness.register(Spec::new("cache").after(["db"])).expect("a gate");
    hand.advance(s(1));
    readiness.seal().expect("sealed");
    hand.advance(s(4));
    cache.ready();
    values.collect(&readiness);
    assert_eq!(scrape.value("firstlight_gate_pending_seconds orders db"), 5.0);
    assert_eq!(scrape.value("firstlight_gate_pending_seconds orders cache"), 0.0, "db holds it");
    assert_eq!(scrape.find("firstlight_time_to_ready_seconds orders ready"), None);
    assert_eq!(scrape.find("firstlight_gate_time_to_open_seconds orders db"), None);

    db.ready();
    assert_eq!(scrape.value("firstlight_gate_time_to_open_seconds orders db"), 5.0);
    assert_eq!(scrape.value("firstlight_gate_time_to_open_seconds orders cache"), 0.0);
    assert_eq!(scrape.value("firstlight_gate_pending_seconds orders db"), 0.0);
    assert_eq!(scrape.value("firstlight_time_to_ready_seconds orders ready"), 8.0);
    assert_eq!(scrape.value("firstlight_time_to_ready_seconds orders startup"), 8.0);
    assert_eq!(scrape.find("firstlight_time_to_ready_seconds orders live"), None);
    assert_eq!(scrape.value("firstlight_view_ready orders ready"), 1.0);
}

#[tokio::test]
async fn the_first_time_stays_and_flapping_is_counted() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (readiness, values, hand) = set(|builder| builder);
    let db = readiness
        .register(Spec::new("db").mode(Mode::Live(Hysteresis::default())))
        .expect("a gate");
    readiness.seal().expect("sealed");
    for nth in 1..=5 {
        hand.advance(s(1));
        db.ready();
        db.not_ready("gone");
        values.collect(&readiness);
        let flips = f64::from(2 * nth);
        assert_eq!(scrape.value("firstlight_view_flips_total orders ready"), flips);
        assert_eq!(scrape.value("firstlight_gate_flips_total orders db"), flips);
        assert_eq!(
            scrape.value("firstlight_gate_transitions_total orders pending"),
            f64::from(nth)
        );
        assert_eq!(scrape.value("firstlight_gate_transitions_total orders ready"), f64::from(nth));
    }
    assert_eq!(scrape.value("firstlight_view_flips_total orders startup"), 1.0);
    assert_eq!(scrape.value("firstlight_view_ready orders startup"), 1.0);
    assert_eq!(scrape.value("firstlight_view_ready orders ready"), 0.0);
    assert_eq!(scrape.value("firstlight_gate_open orders db"), 0.0);
    assert_eq!(scrape.value("firstlight_time_to_ready_seconds orders ready"), 1.0);
    assert_eq!(scrape.value("firstlight_gate_time_to_open_seconds orders db"), 1.0);
    assert_eq!(scrape.value("firstlight_gate_pending_seconds orders db"), 0.0, "it was open");
    assert_eq!(scrape.value("firstlight_gates_pending orders"), 1.0);
}

#[tokio::test]
async fn pending_is_what_holds_up_ready_and_a_collect_finds_the_silent() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (readiness, values, _hand) = set(|builder| builder.late(Late::Join));
    let silent = readiness.register(Spec::new("silent")).expect("a gate");
    let optional = readiness.register(Spec::new("optional").optional()).expect("a gate");
    let leader = readiness.register(Spec::new("leader").when("leader")).expect("a gate");
    let steps: [(&str, &dyn Fn(), f64); 6] = [
        ("the silent", &|| {}, 1.0),
        ("an optional one at work", &|| optional.syncing("slow"), 1.0),
        ("the role is taken", &|| readiness.set_role("leader", true).expect("a role"), 2.0),
        ("one is open", &|| silent.ready(), 1.0),
        ("sealed", &|| readiness.seal().expect("sealed"), 1.0),
        ("both are", &|| leader.ready(), 0.0),
    ];
    for (what, step, pending) in steps {
        step();
        values.collect(&readiness);
        assert_eq!(scrape.value("firstlight_gates_pending orders"), pending, "{what}");
    }
    assert_eq!(scrape.value("firstlight_gate_open orders optional"), 0.0);
    let late = readiness.register(Spec::new("late")).expect("a late gate");
    values.collect(&readiness);
    assert_eq!(scrape.value("firstlight_gate_open orders late"), 0.0);
    assert_eq!(scrape.value("firstlight_gates_pending orders"), 0.0, "it joins once it is open");
    late.ready();
    assert_eq!(scrape.value("firstlight_gate_open orders late"), 1.0);
}

#[tokio::test]
async fn views_of_your_own_are_there_as_well() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (readiness, values, hand) = set(|builder| builder);
    let admin = readiness.register(Spec::new("admin").views(["admin"])).expect("a gate");
    values.collect(&readiness);
    assert_eq!(scrape.value("firstlight_view_ready orders admin"), 0.0);
    assert_eq!(
        scrape.value("firstlight_gates_pending orders"),
        0.0,
        "the view ready does not wait for it"
    );
    readiness.seal().expect("sealed");
    hand.advance(s(2));
    admin.ready();
    assert_eq!(scrape.value("firstlight_time_to_ready_seconds orders admin"), 2.0);
}

#[tokio::test]
async fn two_observers_of_one_set_count_once() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (readiness, values, _hand) = set(|builder| builder.observer(ReadyMetrics::new("orders")));
    let db = readiness.register(Spec::new("db")).expect("a gate");
    readiness.seal().expect("sealed");
    db.ready();
    values.collect(&readiness);
    assert_eq!(scrape.value("firstlight_view_flips_total orders ready"), 1.0);
    assert_eq!(scrape.value("firstlight_gate_flips_total orders db"), 1.0);
    assert_eq!(scrape.value("firstlight_gate_transitions_total orders ready"), 1.0);
}
