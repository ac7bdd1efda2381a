//! What is kept back, for whom and until when. Times are made up, and nothing is waited for.

use std::time::Duration;

use firstlight_ready::hold::{AtExpiry, Limits};

use crate::server::model::Who;
use crate::server::settings::Holding;
use crate::server::spec::{HOLD, MOMENT, WHOLE, client, per_item, snapshot};
use crate::snapshot::Kind;

/// One service of type ExternalName, which will never have endpoints.
const ONE_NEVER_RESOLVES: &str = "L echo t; T t a; L other u; T u never; C a never; E a:1";

#[test]
fn a_cold_client_waits_for_what_is_missing_until_it_comes_or_its_time_is_over() {
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, per_item(), "L echo t; T t a; C a");
        assert_eq!(world.told(), "", "{who:?}");
        assert_eq!(world.after(HOLD - MOMENT), "");
        assert_eq!(world.names(Kind::Listener), [""; 0]);

        let mut early = client(who, per_item(), "L echo t; T t a; C a");
        early.after(HOLD / 2);
        assert_eq!(early.then(WHOLE).split(' ').count(), 4, "{who:?}");
        assert_eq!(early.after(HOLD), "", "the timer overwrites nothing");
        assert!(early.session().hold_counters().recoveries > 0);
        assert_eq!(early.session().hold_counters().bounded_publishes, 0);

        // One deadline for all that waits for it: not one for the listener, then one for its routes.
        assert_eq!(world.after(MOMENT).split(' ').count(), 4, "{who:?}");
        assert_eq!(world.addresses("a"), Some(0), "what there is of it: nothing");
        assert!(world.session().hold_counters().bounded_publishes > 0);
        assert_eq!(world.then(WHOLE), "EDS");
        assert_ne!(world.addresses("a"), Some(0));
    }
}

#[test]
fn one_hold_has_one_deadline_however_often_it_is_published_again() {
    let mut world = client(Who::Grpc, per_item(), "L echo t; T t a; C a");
    for _ in 0..4 {
        assert_eq!(world.after(HOLD / 5), "");
        assert_eq!(world.then("L echo t; T t a; C a"), "");
    }
    assert_eq!(world.after(HOLD / 5), "LDS RDS CDS EDS");
    assert_eq!(world.session().hold_counters().defers, 1);
}

#[test]
fn kgateway_13868_all_or_nothing_starves_a_cold_client_and_freezes_a_warm_one() {
    let hour = Duration::from_secs(3600);
    for who in [Who::Grpc, Who::Envoy] {
        let mut cold = client(who, Holding::AllOrNothing, ONE_NEVER_RESOLVES);
        assert_eq!(cold.after(hour), "", "{who:?}: it never gets a listener");

        let mut warm = client(who, Holding::AllOrNothing, WHOLE);
        warm.told();
        let stale = warm.addresses("a");
        assert_eq!(warm.then("L echo t; T t a; L other u; T u never; C a never; E a:3"), "");
        assert_eq!(warm.after(hour), "");
        assert_eq!(warm.addresses("a"), stale, "{who:?}: for ever");
    }
}

#[test]
fn kgateway_14380_a_backend_that_never_resolves_at_the_start_does_not_starve_the_rest() {
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, per_item(), ONE_NEVER_RESOLVES);
        assert_eq!(world.names(Kind::Listener), ["echo"], "{who:?}");
        assert_ne!(world.addresses("a"), None);
        assert_eq!(world.session().holds.is_waiting(), who == Who::Envoy);
        world.after(HOLD);
        let all = if who == Who::Envoy { &["echo", "other"][..] } else { &["echo"] };
        assert_eq!(world.names(Kind::Listener), all);
    }
}

#[test]
fn kgateway_14380_a_backend_that_never_resolves_at_run_time_does_not_freeze_the_rest() {
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, per_item(), WHOLE);
        let stale = world.addresses("a");
        // In the client's own table, even.
        world.then("L echo t; T t a never; C a never; E a:3");
        assert_ne!(world.addresses("a"), stale, "{who:?}: at once");
        assert_eq!(world.has[Kind::Routes as usize]["t"].refs.len(), 1);
        world.after(HOLD);
        assert_eq!(world.has[Kind::Routes as usize]["t"].refs.len(), 2, "it takes nothing away");
        // From now on its routes change at once again, although the same is missing still.
        world.then("L echo t; T t a b never; C a b never; E a:3 b:1");
        assert_eq!(world.has[Kind::Routes as usize]["t"].refs.len(), 3);
        assert!(world.outages.is_empty() || who == Who::Envoy);
    }
}

#[test]
fn kgateway_14380_an_errored_cluster_fails_closed_and_blocks_no_other() {
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, per_item(), "L echo t; T t a errored; C a; E a:1");
        world.after(HOLD);
        assert_eq!(world.names(Kind::Listener), ["echo"], "{who:?}");
        assert_eq!(world.names(Kind::Cluster), ["a"], "the other is not there, and is not made up");
        assert_ne!(world.addresses("a"), None);
    }
}

#[test]
fn contour_420_a_service_scaled_to_zero_is_answered_with_no_endpoints_at_once() {
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, per_item(), "L echo t; T t a; C a; E a:0");
        assert_eq!(world.told().split(' ').count(), 4);
        assert_eq!(world.addresses("a"), Some(0));
        assert_eq!(world.then(WHOLE), "EDS");
        assert_eq!(world.then("L echo t; T t a; C a; E a:0"), "EDS", "and scaled down again");
        assert_eq!(world.session().hold_counters().defers, 0);
    }
}

#[test]
fn a_running_client_keeps_what_flickers_and_is_told_nothing() {
    for who in [Who::Grpc, Who::Envoy] {
        for flicker in [
            "L echo t; T t a; E a:1",
            "L echo t; T t a; C a",
            "L echo t; C a; E a:1",
            "L echo t; T t a",
            "L echo t",
        ] {
            let mut world = client(who, per_item(), WHOLE);
            world.told();
            assert_eq!(world.then(flicker), "", "{who:?} {flicker}");
            assert_eq!(world.after(10 * HOLD), "", "{who:?} {flicker}");
            assert_eq!(world.then(WHOLE), "", "{who:?} {flicker}");
            assert!(world.outages.is_empty());
        }
    }
}

#[test]
fn a_client_that_comes_back_to_half_a_snapshot_loses_nothing_by_it() {
    for who in [Who::Grpc, Who::Envoy] {
        for half in [
            "L echo t; T t a; E a:1",
            "L echo t; T t a; C a",
            "L echo t; C a; E a:1",
            "L echo t; T t a",
            "L echo t",
        ] {
            let mut world = client(who, per_item(), WHOLE);
            world.publish(snapshot(half));
            world.reconnect();
            world.run();
            world.after(20 * HOLD);
            assert!(world.outages.is_empty(), "{who:?} {half}");
            assert_eq!(world.names(Kind::Listener), ["echo"], "{who:?} {half}");
            assert_eq!(world.names(Kind::Routes), ["t"], "{who:?} {half}");
            assert_eq!(world.names(Kind::Cluster), ["a"], "{who:?} {half}");
            assert!(world.addresses("a").is_some_and(|addresses| addresses > 0), "{who:?} {half}");
        }
    }
}

#[test]
fn a_client_that_comes_back_is_told_of_no_listener_while_one_of_them_is_incomplete() {
    let mut world = client(Who::Envoy, per_item(), "L echo t; L other t; T t a; C a; E a:1");
    world.told();
    world.publish(snapshot("L echo t; L other gone; T t a; C a; E a:1"));
    world.reconnect();
    world.run();
    assert!(!world.told().contains("LDS"), "left out it would be deleted");
    assert_eq!(world.after(HOLD - 2 * MOMENT), "");
    assert!(world.after(2 * MOMENT).contains("LDS"), "bounded");
    assert_eq!(world.names(Kind::Listener), ["echo", "other"]);
}

#[test]
fn a_table_that_would_lead_what_works_into_nothing_is_kept_and_one_that_adds_is_not() {
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, per_item(), "L echo t; T t x=a; C a; E a:1");
        world.then("L echo t; T t x=b; C a; E a:1");
        world.after(100 * HOLD);
        assert_eq!(&*world.has[Kind::Routes as usize]["t"].refs[0].1, "a", "{who:?}");
        world.then("L echo t; T t x=a y=b; C a; E a:1");
        world.after(HOLD);
        assert_eq!(world.has[Kind::Routes as usize]["t"].refs.len(), 2, "{who:?}");
    }
}

#[test]
fn limits_decide_what_becomes_of_a_warm_client() {
    let give_up = Limits::new(HOLD).warm(HOLD, AtExpiry::PublishBestEffort);
    let mut world = client(Who::Envoy, Holding::PerItem(give_up), WHOLE);
    world.told();
    assert_eq!(world.then("L echo t; T t a; E a:1"), "");
    assert_eq!(world.after(HOLD), "CDS");
    assert_eq!(world.names(Kind::Cluster), [""; 0]);

    let fail = Limits::new(HOLD).cold(HOLD, AtExpiry::Fail);
    let mut world = client(Who::Grpc, Holding::PerItem(fail), "L echo t; T t a; C a");
    assert!(world.session().failed().is_none());
    assert_eq!(world.after(HOLD), "");
    assert_eq!(world.session().failed().map(|missing| &*missing.name), Some("a"));

    let none = Holding::PerItem(Limits::new(Duration::ZERO));
    let mut world = client(Who::Grpc, none, "L echo t; T t a; C a");
    assert_eq!(world.told(), "LDS RDS CDS EDS", "at 0 nothing is held");
}

#[test]
fn without_holds_what_is_missing_is_taken_away_at_once() {
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, Holding::None, WHOLE);
        world.told();
        assert_eq!(world.then("L echo t; T t a; E a:1"), "CDS", "{who:?}");
        assert_eq!(world.names(Kind::Cluster), [""; 0]);
        let mut cold = client(Who::Envoy, Holding::None, "L echo t");
        assert!(cold.told().starts_with("CDS"), "empty, and Envoy calls itself ready");
    }
}

#[test]
fn a_listener_that_is_gone_is_told_at_once_since_nothing_refers_to_one() {
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, per_item(), WHOLE);
        world.told();
        assert!(world.then("T t a; C a; E a:1").starts_with("LDS"), "{who:?}");
        assert_eq!(world.names(Kind::Listener), [""; 0]);
        // Also to one that comes back: before the first snapshot there is no answer, and this one is true.
        let mut world = client(who, per_item(), WHOLE);
        world.publish(snapshot("T t a; C a; E a:1"));
        world.reconnect();
        world.run();
        assert_eq!(world.names(Kind::Listener), [""; 0], "{who:?}");
    }
}

#[test]
fn when_all_is_removed_at_once_the_listener_goes_first_and_the_cluster_last() {
    let mut world = client(Who::Envoy, per_item(), WHOLE);
    world.told();
    assert_eq!(world.then("E of-nobody:1"), "LDS CDS");
    assert_eq!(world.names(Kind::Cluster), [""; 0]);
}
