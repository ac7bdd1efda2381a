//! Bounded holds.

use std::sync::{Arc, Mutex};

use firstlight_metrics::Collector;
use firstlight_ready::hold::{AtExpiry, Expired, Hold, Limits, Warmth};

use crate::ready::s;
use crate::scrape::Scrape;

#[test]
fn every_fate_of_a_hold_has_its_series() {
    let scrape = Scrape::new();
    let _here = metrics::set_default_local_recorder(&scrape.recorder);
    let limits = Limits::new(s(10)).max_items(5);
    let hold = Arc::new(Mutex::new(Hold::new(limits)));
    let failing = Hold::new(limits.cold(s(1), AtExpiry::Fail));
    let failing = Arc::new(Mutex::new(failing));
    let (read, read_failing) = (Arc::clone(&hold), Arc::clone(&failing));
    let collector = Collector::new()
        .with_holds("ads", move || read.lock().expect("whole").counters())
        .with_holds("strict", move || read_failing.lock().expect("whole").counters());
    assert_eq!(scrape.value("firstlight_holds ads"), 0.0);
    assert_eq!(scrape.value("firstlight_holds_begun_total ads"), 0.0);
    {
        let mut hold = hold.lock().expect("whole");
        for (item, warmth) in [
            ("whole", Warmth::Cold),
            ("gone", Warmth::Cold),
            ("half", Warmth::Cold),
            ("warm", Warmth::Warm),
            ("held", Warmth::Warm),
        ] {
            let _: firstlight_ready::hold::Decision<_> = hold.withhold(&item, warmth, s(0));
        }
        let _: firstlight_ready::hold::Decision<_> = hold.withhold(&"too many", Warmth::Cold, s(0));
        assert!(hold.published(&"whole") && hold.forget(&"gone"));
        for expired in hold.expire(s(10)) {
            if let Expired::PublishBestEffort(permit) = expired {
                assert_eq!(hold.redeem(permit), Some("half"));
            }
        }
        let mut failing = failing.lock().expect("whole");
        let _: firstlight_ready::hold::Decision<_> = failing.withhold(&"one", Warmth::Cold, s(0));
        assert_eq!(failing.expire(s(1)).len(), 1);
    }
    for _ in 0..2 {
        collector.collect();
        for (what, value) in [
            ("firstlight_holds ads", 2.0),
            ("firstlight_holds_begun_total ads", 5.0),
            ("firstlight_holds_ended_total ads whole", 1.0),
            ("firstlight_holds_ended_total ads best-effort", 1.0),
            ("firstlight_holds_ended_total ads forgotten", 1.0),
            ("firstlight_holds_expired_total ads keep-last-good", 2.0),
            ("firstlight_holds_expired_total ads fail", 0.0),
            ("firstlight_holds_refused_total ads", 1.0),
            ("firstlight_holds strict", 1.0),
            ("firstlight_holds_expired_total strict fail", 1.0),
        ] {
            assert_eq!(scrape.value(what), value, "{what}");
        }
    }
}
