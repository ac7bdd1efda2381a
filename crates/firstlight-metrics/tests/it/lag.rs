//! More transitions than anybody can be told of.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use firstlight_clock::Clock;
use firstlight_metrics::ReadyMetrics;
use firstlight_ready::{Gate, Hysteresis, Mode, Observer, Readiness, Spec, Transition};

use crate::ready::{s, set};
use crate::scrape::Scrape;

#[tokio::test]
async fn lost_transitions_are_counted_and_a_collect_makes_up_for_them() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    // One who, told of the first change, makes so many that most are gone before they can be told.
    let busy: Arc<Mutex<Option<Gate>>> = Arc::default();
    let storm = Arc::clone(&busy);
    let kept: Arc<Mutex<Vec<Gate>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let (readiness, values, hand) = set(|builder| {
        builder.observer(move |_: &Transition| {
            let Some(gate) = storm.lock().expect("whole").take() else { return };
            for _ in 0..20_000 {
                gate.ready();
                gate.not_ready("gone");
            }
            gate.ready();
            keep.lock().expect("whole").push(gate);
        })
    });
    let gate = readiness.register(Spec::new("db").mode(Mode::Live(Hysteresis::default())));
    let other = readiness.register(Spec::new("other")).expect("a gate");
    readiness.seal().expect("sealed");
    hand.advance(s(3));
    *busy.lock().expect("whole") = Some(gate.expect("a gate"));
    other.ready();
    assert!(scrape.value("firstlight_transitions_lost_total orders") > 0.0);
    values.collect(&readiness);
    let snapshot = readiness.snapshot();
    let db = snapshot.gate("db").expect("there");
    assert!(db.flips > 40_000);
    assert_eq!(scrape.value("firstlight_gate_flips_total orders db"), db.flips as f64);
    assert_eq!(scrape.value("firstlight_gate_open orders db"), f64::from(u8::from(db.open)));
    assert_eq!(scrape.value("firstlight_gate_time_to_open_seconds orders db"), 3.0);
    for view in &snapshot.views {
        let name = &view.name;
        assert_eq!(
            scrape.value(&format!("firstlight_view_flips_total orders {name}")),
            view.flips as f64
        );
        assert_eq!(
            scrape.value(&format!("firstlight_view_ready orders {name}")),
            f64::from(u8::from(view.ready))
        );
    }
    assert_eq!(scrape.value("firstlight_time_to_ready_seconds orders startup"), 3.0);
    assert!(readiness.is_ready());
    // When `ready` was so first is among what was lost, and nothing is invented.
    assert_eq!(scrape.find("firstlight_time_to_ready_seconds orders ready"), None);
    kept.lock().expect("whole").clear();
}

#[tokio::test]
async fn what_is_told_late_does_not_undo_what_a_newer_collect_has_read() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    type Act = Box<dyn FnOnce() + Send>;
    let act: Arc<Mutex<Option<Act>>> = Arc::default();
    let acts = Arc::clone(&act);
    let seen: Arc<Mutex<Vec<(f64, f64)>>> = Arc::default();
    let sees = Arc::clone(&seen);
    let rendered = scrape.reader();
    let (readiness, values, hand) = set(|builder| {
        builder.observer(move |_: &Transition| {
            let act = acts.lock().expect("whole").take();
            if let Some(act) = act {
                act();
            }
            let open = rendered.value("firstlight_gate_open orders db");
            let stopping = rendered.value("firstlight_phase orders stopping");
            sees.lock().expect("whole").push((open, stopping));
        })
    });
    let gate = readiness.register(Spec::new("db").mode(Mode::Live(Hysteresis::default())));
    let gate = Arc::new(gate.expect("a gate"));
    let (set, clock, db) = (readiness.clone(), hand.clone(), Arc::clone(&gate));
    // Told of the first change, it makes more, which are told when it has returned, and collects before that.
    *act.lock().expect("whole") = Some(Box::new(move || {
        db.not_ready("gone");
        set.cut("end");
        clock.advance(s(1));
        db.ready();
        clock.advance(s(1));
        values.collect(&set);
    }));
    gate.ready();
    let seen = seen.lock().expect("whole");
    assert!(seen.len() >= 4, "{seen:?}");
    assert!(seen.iter().all(|now| *now == (1.0, 1.0)), "open and stopping throughout: {seen:?}");
}

/// Tells nothing while it is deaf, and then that so much was lost.
struct Deaf(Arc<AtomicBool>, ReadyMetrics);

impl Observer for Deaf {
    fn transition(&self, transition: &Transition) {
        match self.0.load(Ordering::Relaxed) {
            true => self.1.lagged(1),
            false => self.1.transition(transition),
        }
    }
}

#[tokio::test]
async fn a_view_that_was_not_heard_of_before_the_loss_has_no_invented_time() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let deaf = Arc::new(AtomicBool::new(true));
    let (clock, hand) = Clock::by_hand();
    let observer = Deaf(Arc::clone(&deaf), ReadyMetrics::new("orders"));
    let readiness = Readiness::builder("orders").clock(clock).observer(observer).build();
    let readiness = readiness.expect("a set");
    let live = Spec::new("db").mode(Mode::Live(Hysteresis::default()));
    let db = readiness.register(live.views(["own"])).expect("a gate");
    readiness.seal().expect("sealed");
    hand.advance(s(3));
    db.ready();
    db.not_ready("gone");
    deaf.store(false, Ordering::Relaxed);
    hand.advance(s(4));
    db.ready();
    assert_eq!(scrape.value("firstlight_view_ready orders own"), 1.0);
    assert_eq!(scrape.find("firstlight_time_to_ready_seconds orders own"), None, "it was at 3 s");
}
