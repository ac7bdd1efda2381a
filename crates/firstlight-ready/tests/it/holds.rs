//! Holds: every one ends, none is renewed, and nothing older replaces anything newer.

use std::time::Duration;

use firstlight_ready::hold::{
    AtExpiry, Counters, DEFAULT_MAX_ITEMS, Decision, Expired, Hold, Limits, MAX_HOLD, Permit,
    Warmth,
};

use super::support::s;

/// Fifteen seconds, the rules of kgateway #14698: the cold get what there is, the warm keep what they have.
fn hold() -> Hold<&'static str> {
    Hold::new(Limits::new(s(15)))
}

#[track_caller]
fn permit<K: std::fmt::Debug>(expired: Expired<K>) -> Permit<K> {
    match expired {
        Expired::PublishBestEffort(permit) => permit,
        other => panic!("no permit: {other:?}"),
    }
}

#[track_caller]
fn only<T: std::fmt::Debug>(mut all: Vec<T>) -> T {
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn counters(set: impl FnOnce(&mut Counters)) -> Counters {
    let mut counters = Counters::default();
    set(&mut counters);
    counters
}

#[test]
fn kgateway_13868_an_item_that_never_becomes_whole_is_given_out_in_the_end() {
    let mut hold = hold();
    for at in 0..15 {
        let decision = hold.withhold(&"node", Warmth::Cold, s(at));
        assert_eq!(decision, Decision::Hold { until: s(15) }, "at {at}");
        assert_eq!(hold.expire(s(at)), []);
    }
    let permit = permit(only(hold.expire(s(15))));
    assert_eq!(*permit.key(), "node");
    assert_eq!(hold.redeem(permit), Some("node"));
    assert!(hold.is_empty());
    assert_eq!((hold.len(), hold.next_expiry()), (0, None));
    let expected = counters(|c| (c.defers, c.bounded_publishes) = (1, 1));
    assert_eq!(hold.counters(), expected);
}

#[test]
fn kgateway_14184_one_item_that_is_stuck_holds_up_no_other() {
    let mut hold = hold();
    assert_eq!(hold.withhold(&"stuck", Warmth::Cold, s(0)), Decision::Hold { until: s(15) });
    for at in 1..100 {
        let decision = hold.withhold(&"other", Warmth::Cold, s(at));
        assert_eq!(decision, Decision::Hold { until: s(at + 15) });
        assert!(hold.published(&"other"));
    }
    assert_eq!(*only(hold.expire(s(100))).key(), "stuck");
}

#[test]
fn kgateway_14184_a_warm_client_keeps_what_it_has_and_a_cold_one_gets_what_there_is() {
    let mut hold = hold();
    assert_eq!(hold.withhold(&"warm", Warmth::Warm, s(0)), Decision::Hold { until: s(15) });
    assert_eq!(hold.withhold(&"cold", Warmth::Cold, s(1)), Decision::Hold { until: s(16) });
    let mut expired = hold.expire(s(20)).into_iter();
    assert_eq!(expired.next(), Some(Expired::KeepLastGood("warm")));
    assert_eq!(*permit(expired.next().expect("the cold one")).key(), "cold");
    assert_eq!(hold.counters().withheld, 1);
    // Its time stays over, and it is counted once, until the whole item comes.
    for at in 20..30 {
        let again = hold.withhold(&"warm", Warmth::Warm, s(at));
        assert_eq!(again, Decision::Expired(Expired::KeepLastGood("warm")));
    }
    assert_eq!(hold.counters().withheld, 1);
    assert!(hold.published(&"warm"));
    assert_eq!(hold.counters().recoveries, 1);
}

#[test]
fn kgateway_14698_one_hold_has_one_deadline_and_one_rule_however_often_it_is_asked_for() {
    let mut hold = Hold::new(Limits::new(s(15)).warm(s(60), AtExpiry::KeepLastGood));
    assert_eq!(hold.withhold(&1, Warmth::Cold, s(0)), Decision::Hold { until: s(15) });
    // Asked again with another warmth and later: same end, same rule.
    assert_eq!(hold.withhold(&1, Warmth::Warm, s(14)), Decision::Hold { until: s(15) });
    assert_eq!(hold.next_expiry(), Some(s(15)));
    let Decision::Expired(expired) = hold.withhold(&1, Warmth::Warm, s(15)) else {
        panic!("its time is over")
    };
    assert_eq!(hold.redeem(permit(expired)), Some(1));
    // What is kept back afterwards is another hold.
    assert_eq!(hold.withhold(&1, Warmth::Warm, s(20)), Decision::Hold { until: s(80) });
    assert_eq!(hold.counters().defers, 2);
}

#[test]
fn kgateway_14698_an_expiry_never_replaces_a_newer_publication() {
    let mut hold = hold();
    let _ = hold.withhold(&"node", Warmth::Cold, s(0));
    let first = permit(only(hold.expire(s(15))));
    let Decision::Expired(second) = hold.withhold(&"node", Warmth::Cold, s(15)) else {
        panic!("its time is over")
    };
    assert!(hold.published(&"node"), "the whole one comes between the expiry and its publication");
    assert_eq!(hold.redeem(first), None);
    // Nor when the next hold of the same item runs by then.
    let _ = hold.withhold(&"node", Warmth::Cold, s(16));
    assert_eq!(hold.redeem(permit(second)), None);
    assert!(hold.is_held(&"node"));
    let expected = counters(|c| (c.defers, c.recoveries) = (2, 1));
    assert_eq!(hold.counters(), expected);
}

#[test]
fn two_permits_of_one_hold_give_out_one_item() {
    let mut hold = hold();
    let _ = hold.withhold(&"node", Warmth::Cold, s(0));
    let first = permit(only(hold.expire(s(15))));
    let Decision::Expired(second) = hold.withhold(&"node", Warmth::Cold, s(15)) else {
        panic!("its time is over")
    };
    assert_eq!(hold.redeem(first), Some("node"));
    assert_eq!(hold.redeem(permit(second)), None);
    assert_eq!(hold.counters().bounded_publishes, 1);
}

#[test]
fn a_hold_that_lets_its_part_fail_says_so_once_and_is_not_given_out() {
    let mut hold = Hold::new(Limits::new(s(5)).cold(s(5), AtExpiry::Fail));
    let _ = hold.withhold(&7, Warmth::Cold, s(0));
    assert_eq!(hold.expire(s(5)), [Expired::Fail(7)]);
    assert_eq!(hold.expire(s(6)), []);
    assert_eq!((hold.counters().failed, hold.len()), (1, 1));
}

#[test]
fn kgateway_14307_an_item_that_has_gone_leaves_nothing_behind() {
    let mut hold = hold();
    let _ = hold.withhold(&"gone", Warmth::Cold, s(0));
    let permit = permit(only(hold.expire(s(15))));
    assert!(hold.forget(&"gone"));
    assert!(!hold.forget(&"gone"));
    assert_eq!(hold.redeem(permit), None);
    assert_eq!((hold.len(), hold.next_expiry()), (0, None));
    let expected = counters(|c| (c.defers, c.forgotten) = (1, 1));
    assert_eq!(hold.counters(), expected);
}

#[test]
fn a_full_table_answers_by_the_rule_of_an_expired_hold_instead_of_growing() {
    let mut hold = Hold::new(Limits::new(s(15)).max_items(2));
    let _ = hold.withhold(&1, Warmth::Cold, s(0));
    let _ = hold.withhold(&2, Warmth::Cold, s(0));
    let full = hold.withhold(&3, Warmth::Cold, s(0));
    assert_eq!(full, Decision::Full(AtExpiry::PublishBestEffort));
    let full = hold.withhold(&3, Warmth::Warm, s(0));
    assert_eq!(full, Decision::Full(AtExpiry::KeepLastGood));
    assert_eq!(hold.withhold(&2, Warmth::Cold, s(1)), Decision::Hold { until: s(15) });
    assert_eq!((hold.len(), hold.counters().refused), (2, 2));
    assert!(hold.published(&1));
    assert_eq!(hold.withhold(&3, Warmth::Cold, s(2)), Decision::Hold { until: s(17) });
}

#[test]
fn limits_of_nothing_and_of_everything_stay_bounded() {
    let mut none = Hold::new(Limits::new(Duration::ZERO));
    let Decision::Expired(expired) = none.withhold(&1, Warmth::Cold, s(3)) else {
        panic!("at zero nothing is held")
    };
    assert_eq!(none.redeem(permit(expired)), Some(1));

    let mut longest = Hold::new(Limits::new(Duration::MAX));
    assert_eq!(longest.withhold(&1, Warmth::Cold, s(3)), Decision::Hold { until: s(3) + MAX_HOLD });
    let late = longest.withhold(&2, Warmth::Cold, Duration::MAX);
    assert!(matches!(late, Decision::Expired(_)), "{late:?}");

    let mut nobody = Hold::new(Limits::new(s(15)).max_items(0));
    let full = nobody.withhold(&1, Warmth::Cold, s(0));
    assert_eq!(full, Decision::Full(AtExpiry::PublishBestEffort));

    let mut many = Hold::new(Limits::new(s(15)));
    let held = (0..100_000)
        .filter(|item| matches!(many.withhold(item, Warmth::Cold, s(0)), Decision::Hold { .. }));
    assert_eq!(held.count(), DEFAULT_MAX_ITEMS);
    assert_eq!(many.expire(s(15)).len(), DEFAULT_MAX_ITEMS);
    assert_eq!(many.next_expiry(), None);
}

#[test]
fn a_clock_that_goes_back_does_not_renew_a_hold() {
    let mut hold = hold();
    assert_eq!(hold.withhold(&"node", Warmth::Cold, s(10)), Decision::Hold { until: s(25) });
    assert_eq!(hold.withhold(&"node", Warmth::Cold, s(0)), Decision::Hold { until: s(25) });
    assert_eq!(*only(hold.expire(s(25))).key(), "node");
}
