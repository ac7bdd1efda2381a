//! Phases of the end, and how the lame duck ended.

use firstlight_ready::{LameDuck, Readiness, Spec};

use crate::ready::{s, set};
use crate::scrape::Scrape;

#[tokio::test]
async fn phases_have_their_durations_and_never_go_back() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (readiness, values, hand) = set(|builder| builder);
    let db = readiness.register(Spec::new("db")).expect("a gate");
    readiness.seal().expect("sealed");
    db.ready();
    let phase_is = |now: &str| {
        for phase in ["serving", "draining", "stopping", "stopped"] {
            let value = scrape.value(&format!("firstlight_phase orders {phase}"));
            assert_eq!(value, f64::from(u8::from(phase == now)), "{phase} while {now}");
        }
    };
    phase_is("serving");
    hand.advance(s(7));
    readiness.drain_with("SIGTERM", LameDuck { seen: 1, max: s(60) });
    phase_is("draining");
    assert_eq!(scrape.value("firstlight_phase_seconds orders serving"), 7.0);
    assert_eq!(scrape.find("firstlight_phase_seconds orders draining"), None);
    assert_eq!(scrape.value("firstlight_view_ready orders ready"), 0.0);
    hand.advance(s(2));
    readiness.delivered("kubelet", false);
    phase_is("stopping");
    assert_eq!(scrape.value("firstlight_phase_seconds orders draining"), 2.0);
    hand.advance(s(3));
    readiness.stopped();
    phase_is("stopped");
    assert_eq!(scrape.value("firstlight_phase_seconds orders stopping"), 3.0);
    hand.advance(s(100));
    values.collect(&readiness);
    phase_is("stopped");
    assert_eq!(scrape.find("firstlight_phase_seconds orders stopped"), None);
    assert_eq!(scrape.value("firstlight_phase_seconds orders draining"), 2.0);
}

#[tokio::test]
async fn each_end_of_the_lame_duck_has_its_counter_and_counts_once() {
    type End = fn(&Readiness);
    let ends: [(&str, End); 4] = [
        ("seen", |set| {
            set.drain_with("end", LameDuck { seen: 1, max: s(60) });
            set.delivered("kubelet", false);
        }),
        ("maximum", |set| set.drain_with("end", LameDuck { seen: 1, max: s(0) })),
        ("cut", |set| set.cut("a second signal")),
        ("none of them", |set| set.stopped()),
    ];
    for (expected, end) in ends {
        let scrape = Scrape::new();
        let _here = metrics::set_default_local_recorder(&scrape.recorder);
        let (readiness, values, _hand) = set(|builder| builder);
        end(&readiness);
        readiness.cut("once more");
        readiness.stopped();
        values.collect(&readiness);
        values.collect(&readiness);
        for known in ["seen", "maximum", "cut"] {
            let count = scrape.value(&format!("firstlight_lame_duck_ends_total orders {known}"));
            assert_eq!(count, f64::from(u8::from(known == expected)), "{known}: {expected}");
        }
    }
}

#[tokio::test]
async fn values_outlive_the_set() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let (readiness, values, hand) = set(|builder| builder);
    let db = readiness.register(Spec::new("db")).expect("a gate");
    readiness.seal().expect("sealed");
    hand.advance(s(1));
    db.ready();
    drop((readiness, db));
    let late = Scrape::new();
    let _here = metrics::set_default_local_recorder(&late.recorder);
    values.export();
    assert_eq!(late.value("firstlight_time_to_ready_seconds orders ready"), 1.0);
    assert_eq!(late.value("firstlight_gate_flips_total orders db"), 1.0);
}
