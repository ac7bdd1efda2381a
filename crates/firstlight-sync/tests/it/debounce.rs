//! The pause that is waited for, and the maximum that no stream of changes extends.

use std::time::Duration;

use firstlight_sync::Debounce;
use proptest::prelude::*;

use crate::support::ms;

#[test]
fn it_waits_for_a_pause_and_at_most_for_the_maximum() {
    for (quiet, max, changes, due) in [
        (100, 500, &[0][..], 100),
        (100, 500, &[0, 90], 190),
        (100, 500, &[0, 90, 180, 270, 360, 450], 500),
        (0, 500, &[7], 7),
        (100, 0, &[7, 50], 7),
        (900, 500, &[0], 500),
        (100, 500, &[90, 40], 190),
    ] {
        let mut debounce = Debounce::new(ms(quiet), ms(max));
        assert_eq!(debounce.due(), None);
        for change in changes {
            debounce.change(ms(*change));
        }
        assert_eq!(debounce.due(), Some(ms(due)), "{quiet} {max} {changes:?}");
        assert!(due == 0 || !debounce.act(ms(due - 1)));
        assert!(debounce.act(ms(due)));
        assert!(!debounce.act(Duration::MAX) && debounce.due().is_none(), "it begins anew");
    }
}

#[test]
fn extreme_settings_do_not_overflow() {
    let mut debounce = Debounce::new(Duration::MAX, Duration::MAX);
    debounce.change(Duration::MAX);
    assert_eq!(debounce.due(), Some(Duration::MAX));
    assert!(debounce.act(Duration::MAX));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A loop that acts whenever it is due, under any stream of changes: every change is acted on, within the maximum,
    /// and two acts of one stream are at least a pause or the maximum apart.
    #[test]
    fn every_change_is_acted_on_within_the_maximum(
        quiet in 0..1000_u64,
        max in 0..1000_u64,
        gaps in prop::collection::vec(0..700_u64, 1..100),
    ) {
        let mut debounce = Debounce::new(ms(quiet), ms(max));
        let (mut now, mut waiting, mut acts) = (0, Vec::new(), 0);
        let mut act = |debounce: &mut Debounce, waiting: &mut Vec<u64>, until: u64| {
            while let Some(due) = debounce.due().filter(|due| *due < ms(until)) {
                assert!(debounce.act(due));
                acts += 1;
                let due = due.as_millis() as u64;
                let (first, last) = (waiting[0], waiting[waiting.len() - 1]);
                assert!(due <= first + max, "too late");
                assert!(due == first + max || due == last + quiet, "for no reason");
                waiting.clear();
            }
        };
        for gap in &gaps {
            now += gap;
            act(&mut debounce, &mut waiting, now);
            debounce.change(ms(now));
            waiting.push(now);
        }
        act(&mut debounce, &mut waiting, u64::MAX);
        prop_assert!(waiting.is_empty() && acts >= 1);
    }
}
