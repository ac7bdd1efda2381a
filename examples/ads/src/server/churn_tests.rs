//! Clients that misbehave while everything changes: what is remembered of them is bounded, and others wait for nobody.

use std::sync::Arc;
use std::time::Duration;

use firstlight_ready::hold::{Limits, Warmth};

use crate::server::ask::Ask;
use crate::server::holds::{Holds, Lack, Missing, Verdict};
use crate::server::model::Who;
use crate::server::session::Session;
use crate::server::session_tests::ask;
use crate::server::spec::{HOLD, MOMENT, WHOLE, client, per_item, snapshot};
use crate::server::subscription::Heard;
use crate::snapshot::{Cluster, Kind, Listener, RouteTable, Snapshot};

/// A snapshot of clusters only, all new.
fn clusters(round: usize, count: usize) -> Arc<Snapshot> {
    let name = |n: usize| format!("c-{round}-{n}");
    let all = (0..count).map(|n| Cluster { name: name(n) });
    let builder = all.fold(Snapshot::builder(round), |builder, cluster| {
        builder
            .endpoints(crate::Endpoints { cluster: cluster.name.clone(), addresses: Vec::new() })
            .cluster(cluster)
    });
    Arc::new(builder.build())
}

#[test]
fn a_star_is_all_besides_what_is_named_with_it_and_no_names_after_it_are_none() {
    let api = Listener { name: "api".into(), at: None, routes: "t".into() };
    let at = Some(([127, 0, 0, 1], 80).into());
    let socket = Listener { name: "socket".into(), at, routes: "t".into() };
    let routes = RouteTable { name: "t".into(), hosts: Vec::new() };
    let whole = Snapshot::builder(1).listener(api).listener(socket).routes(routes).build();
    let mut session = Session::new(per_item());
    session.snapshot(Arc::new(whole.clone()));
    let mut nonce = String::new();
    for (names, told) in [
        (&[][..], Some(&["socket"][..])),
        (&["*"], None),
        (&["*", "api"], Some(&["api", "socket"])),
        (&["*", "api"], None),
        (&["api"], None),
        (&["api", "api", ""], Some(&["api"])),
        (&["*"], Some(&["socket"])),
        (&["*", "*"], None),
        // Not all of them again, although the same request was that at first: the last answer stands for nobody.
        (&[], None),
        (&["nobody"], Some(&[])),
    ] {
        session.request(ask(Kind::Listener, names, "1", &nonce));
        let answer = session.next(MOMENT);
        let all = answer.as_ref().map(|answer| {
            answer.resources.iter().map(|resource| &*resource.name).collect::<Vec<_>>()
        });
        assert_eq!(all.as_deref(), told, "{names:?}");
        if let Some(answer) = answer {
            nonce = answer.nonce.to_string();
            assert_eq!(session.request(ask(Kind::Listener, names, "1", &nonce)), Heard::Acked);
            assert!(session.next(MOMENT).is_none(), "{names:?}");
        }
    }
    for first in ["*", "socket"] {
        let mut session = Session::new(per_item());
        session.snapshot(Arc::new(whole.clone()));
        session.request(ask(Kind::Listener, &[first], "", ""));
        let nonce = session.next(MOMENT).unwrap().nonce.to_string();
        session.request(ask(Kind::Listener, &[], "1", &nonce));
        session.snapshot(Arc::new(Snapshot::builder(2).build()));
        assert!(
            session.next(MOMENT).is_none(),
            "after {first:?} no names are none, and nothing changes for it"
        );
    }
}

#[test]
fn what_a_client_may_have_is_bounded_though_it_refuses_everything_while_all_changes() {
    let mut refusing = Session::new(per_item());
    let mut again = Session::new(per_item());
    let mut nonce = String::new();
    for round in 0..20 {
        refusing.snapshot(clusters(round, 1000));
        let error = (round > 0).then(|| "no".to_owned());
        refusing.request(Ask { error, ..ask(Kind::Cluster, &[], "", &nonce) });
        nonce = refusing.next(MOMENT).unwrap().nonce.to_string();

        again.snapshot(clusters(round, 1000));
        again.request(ask(Kind::Cluster, &[], "", ""));
        again.next(MOMENT).unwrap();
    }
    for session in [refusing, again] {
        assert!(session.of(Kind::Cluster).may_have().count() <= 17_384);
    }

    // It asks for other endpoints each time, before there is anything to say.
    let mut session = Session::new(per_item());
    session.request(ask(Kind::Cluster, &[], "7", ""));
    for round in 0..40 {
        let names: Vec<_> = (0..1000).map(|n| format!("{round}-{n}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        session.request(ask(Kind::Endpoints, &names, "7", ""));
    }
    assert!(session.of(Kind::Cluster).may_have().count() <= 16_384);
}

#[test]
fn clusters_that_are_gone_go_although_a_table_or_a_listener_is_refused_for_ever() {
    for refused in ["L echo t; T t a new", "L echo u; T u a new; T t a"] {
        let mut world = client(Who::Envoy, per_item(), WHOLE);
        world.publish(snapshot(&format!("{refused}; C a new; E a:1 new:1")));
        // Clusters and their endpoints are taken, the third answer is the one that leads to them.
        while world.responses.len() < 99
            && world.session().of(Kind::Listener).on_its_way.is_none()
            && world.session().of(Kind::Routes).on_its_way.is_none()
        {
            world.step();
        }
        world.refuse = true;
        world.run();
        for round in 0..50 {
            let other = format!("x{round}");
            world.then(&format!("{refused}; C a new {other}; E a:1 new:1 {other}:1"));
        }
        assert!(world.names(Kind::Cluster).len() < 5, "{:?}", world.names(Kind::Cluster));
        assert!(world.outages.is_empty(), "{:?}", world.outages);
        assert!(world.names(Kind::Cluster).contains(&"a"));
    }
}

#[test]
fn a_client_that_came_back_does_not_wait_for_new_listeners_once_it_has_accepted_all() {
    let mut world = client(Who::Envoy, per_item(), WHOLE);
    world.reconnect();
    world.run();
    world.told();
    world.publish(snapshot("L echo t; L other t; L new-0 missing-0; T t a; C a; E a:1"));
    world.run();
    assert_eq!(
        world.names(Kind::Listener),
        ["echo", "other"],
        "the incomplete one is left out, no other waits"
    );
    for round in 1..10 {
        world.advance(HOLD / 2);
        world.then(&format!(
            "L echo t; L l{round} t; L new-{round} missing-{round}; T t a; C a; E a:1"
        ));
        assert_eq!(world.names(Kind::Listener), ["echo".to_owned(), format!("l{round}")]);
    }
}

#[test]
fn an_item_is_held_for_a_bounded_time_although_something_else_is_missing_each_time() {
    let mut world = client(Who::Grpc, per_item(), "L echo t; T t a b; C a b; E a:1");
    let mut time = Duration::ZERO;
    while time < 4 * HOLD && world.names(Kind::Listener).is_empty() {
        time += HOLD / 4;
        world.advance(HOLD / 4);
        let odd = (time.as_millis() / (HOLD / 4).as_millis()) % 2 == 1;
        world.then(if odd {
            "L echo t; T t a b; C a b; E b:1"
        } else {
            "L echo t; T t a b; C a b; E a:1"
        });
    }
    assert!(time <= 2 * HOLD, "it starves");
}

#[test]
fn one_path_that_would_lead_nowhere_holds_up_no_other_change_of_its_table() {
    // Envoy has one table for all hosts: one wrong name must not freeze those of everybody else.
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, per_item(), "L echo t; T t x=a y=b; C a b; E a:1 b:1");
        world.then("L echo t; T t x=wrong y=b; C a b; E a:1 b:1");
        world.after(HOLD);
        let ways = |world: &crate::server::model::World| {
            let table = world.has[Kind::Routes as usize]["t"].table().cloned().unwrap();
            table
                .routes()
                .map(|(_, way)| format!("{}={}", way.prefix, way.cluster))
                .collect::<Vec<_>>()
        };
        assert_eq!(ways(&world), ["/x=a", "/y=b"], "{who:?}");
        world.then("L echo t; T t x=wrong y=c; C b c; E b:1 c:1");
        assert_eq!(ways(&world), ["/x=a", "/y=c"], "{who:?}: at once");
        // Also when the client's table has that name already: a path that only added it.
        world.then("L echo t; T t x=wrong y=c z=wrong; C c; E c:1");
        world.after(HOLD);
        assert_eq!(ways(&world), ["/x=a", "/y=c", "/z=wrong"], "{who:?}");
        world.then("L echo t; T t x=wrong y=wrong z=wrong; C c; E c:1");
        world.after(HOLD);
        assert_eq!(ways(&world), ["/x=a", "/y=c", "/z=wrong"], "{who:?}");
        for round in 0..20 {
            world.then(&format!(
                "L echo t; T t x=wrong y=wrong z=wrong; C c d{round}; E c:1 d{round}:1"
            ));
        }
        let mut clusters = world.names(Kind::Cluster);
        clusters.retain(|name| name.starts_with('d'));
        assert!(clusters.len() <= 1, "{who:?} {clusters:?}: what is gone is gone");
        assert!(world.outages.is_empty() || who == Who::Envoy, "{:?}", world.outages);
        world.then("L echo t; T t x=wrong y=wrong z=wrong; C c wrong; E c:1 wrong:1");
        assert_eq!(ways(&world), ["/x=wrong", "/y=wrong", "/z=wrong"], "{who:?}");
    }
}

#[test]
fn a_path_from_one_name_that_is_missing_to_another_is_not_kept() {
    let mut world = client(Who::Envoy, per_item(), WHOLE);
    for wrong in ["wrong", "worse"] {
        let spec = format!("L echo t; T t a x={wrong}; C a; E a:1");
        world.then(&spec);
        world.after(HOLD);
        let refs = &world.has[Kind::Routes as usize]["t"].refs;
        assert!(refs.iter().any(|(_, name)| **name == *wrong), "{wrong} {refs:?}");
    }
}

#[test]
fn a_cluster_that_is_new_to_a_client_that_came_back_waits_for_its_endpoints() {
    let mut world = client(Who::Envoy, per_item(), WHOLE);
    world.reconnect();
    world.run();
    world.told();
    assert_eq!(world.then("L echo t; T t a; C a b; E a:1"), "");
    assert!(world.after(HOLD).starts_with("CDS"));
}

#[test]
fn a_subscription_anew_makes_unknown_again_what_the_client_has() {
    let mut session = Session::new(per_item());
    session.snapshot(Arc::new(snapshot(WHOLE)));
    for _ in 0..2 {
        session.request(ask(Kind::Listener, &[], "7", ""));
        let nonce = session.next(MOMENT).unwrap().nonce.to_string();
        session.request(ask(Kind::Listener, &[], "7", &nonce));
    }
    session.snapshot(Arc::new(snapshot("L echo t; L other gone; T t a; C a; E a:1")));
    session.request(ask(Kind::Listener, &[], "7", ""));
    assert!(session.next(MOMENT).is_none(), "left out, the other would be deleted");
}

#[test]
fn an_item_that_was_whole_in_between_has_all_its_time_again() {
    let missing =
        |name: &str| [Missing { kind: Kind::Cluster, name: name.into(), lack: Lack::Absent }];
    let mut holds = Holds::new(Limits::new(HOLD));
    let mut at = |missing: &[Missing], now| {
        holds.judge_item((Kind::Routes, &Arc::from("t")), missing, Warmth::Cold, now)
    };
    assert_eq!(at(&missing("a"), Duration::ZERO), Verdict::Wait);
    assert_eq!(at(&[], HOLD - MOMENT), Verdict::Go);
    assert_eq!(at(&missing("b"), HOLD - MOMENT), Verdict::Wait);
    assert_eq!(at(&missing("b"), HOLD), Verdict::Wait);
    assert_eq!(at(&missing("c"), 2 * HOLD - MOMENT), Verdict::Go, "and no more than that");
}
