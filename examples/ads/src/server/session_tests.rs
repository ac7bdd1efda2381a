//! Who is answered what, request by request.

use std::sync::Arc;

use crate::server::ask::Ask;
use crate::server::model::Who;
use crate::server::session::Session;
use crate::server::spec::{HOLD, MOMENT, WHOLE, client, per_item, snapshot};
use crate::server::subscription::Heard;
use crate::snapshot::{Kind, Listener, RouteTable, Snapshot};

#[test]
fn a_whole_snapshot_is_answered_at_once_in_the_order_that_the_client_asks_in() {
    for (who, order) in [(Who::Grpc, "LDS RDS CDS EDS"), (Who::Envoy, "CDS EDS LDS RDS")] {
        let mut world = client(who, per_item(), WHOLE);
        assert_eq!(world.told(), order);
        assert_eq!(world.then(WHOLE), "", "nothing has changed");
        assert_eq!(world.session().hold_counters().defers, 0);
    }
}

#[test]
fn a_change_of_endpoints_sends_endpoints_and_nothing_else() {
    for who in [Who::Grpc, Who::Envoy] {
        let mut world = client(who, per_item(), WHOLE);
        world.told();
        assert_eq!(world.then("L echo t; T t a; C a; E a:2"), "EDS");
    }
}

#[test]
fn what_is_added_goes_clusters_first_and_what_is_removed_clusters_last() {
    let mut world = client(Who::Envoy, per_item(), WHOLE);
    world.told();
    assert_eq!(world.then("L echo t; T t a b; C a b; E a:1 b:1"), "CDS EDS RDS");
    assert_eq!(world.then(WHOLE), "RDS CDS");
    assert_eq!(world.names(Kind::Cluster), ["a"]);
    assert!(world.outages.is_empty());
}

#[test]
fn a_refused_response_is_not_sent_again_until_it_says_something_else() {
    for kind in Kind::ALL {
        let mut session = Session::new(per_item());
        session.snapshot(Arc::new(snapshot(WHOLE)));
        let name = ["a", "a", "echo", "t"][kind as usize];
        assert_eq!(session.request(ask(kind, &[name], "", "")), Heard::Subscribed);
        let nonce = session.next(MOMENT).unwrap().nonce.to_string();
        let nack = Ask { error: Some("no".into()), ..ask(kind, &[name], "", &nonce) };
        assert_eq!(session.request(nack.clone()), Heard::Nacked("no".into()));
        assert!(session.next(MOMENT).is_none());
        for _ in 0..100 {
            assert_eq!(session.request(nack.clone()), Heard::Renamed, "once is enough");
            session.snapshot(Arc::new(snapshot(WHOLE)));
            assert!(session.next(MOMENT).is_none(), "{kind}: the same is refused already");
        }
        if kind == Kind::Cluster {
            continue; // There is no more to one than its name.
        }
        session.snapshot(Arc::new(snapshot("L echo u; T u a; T t b; C a b; E a:2 b:1")));
        let nonce = session.next(MOMENT).unwrap().nonce.to_string();
        assert_eq!(session.request(ask(kind, &[name], "1", &nonce)), Heard::Acked);
        session.snapshot(Arc::new(snapshot(WHOLE)));
        assert!(session.next(MOMENT).is_some(), "{kind}: another time, another try");
    }
}

pub(super) fn ask(kind: Kind, names: &[&str], version: &str, nonce: &str) -> Ask {
    Ask {
        kind,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        version: version.into(),
        nonce: nonce.into(),
        error: None,
    }
}

#[test]
fn nonces_that_are_empty_stale_wrong_or_of_another_stream() {
    let mut session = Session::new(per_item());
    session.snapshot(Arc::new(snapshot("L echo t; T t a b; C a b; E a:1 b:1")));
    let eds =
        |names: &[&str], version: &str, nonce: &str| ask(Kind::Endpoints, names, version, nonce);
    let told = |session: &mut Session| {
        let answer = session.next(MOMENT);
        answer.map(|answer| (answer.nonce, answer.resources.len()))
    };

    // Of another stream: nothing was sent here that it could answer.
    assert_eq!(session.request(eds(&["a"], "7", "41")), Heard::Subscribed);
    assert_eq!(told(&mut session), Some((1, 1)));
    for wrong in ["41", "0", "2", "-1", "one", "99999999999999999999999"] {
        assert_eq!(session.request(eds(&["a", "b"], "7", wrong)), Heard::Stale, "{wrong}");
        assert_eq!(told(&mut session), None);
    }
    assert_eq!(session.request(eds(&["a"], "7", "1")), Heard::Acked);
    assert_eq!(session.request(eds(&["a"], "7", "1")), Heard::Renamed);
    assert_eq!(told(&mut session), None);
    // A name more: that one, at once.
    assert_eq!(session.request(eds(&["a", "b"], "7", "1")), Heard::Renamed);
    assert_eq!(told(&mut session), Some((2, 1)));
    assert_eq!(session.request(eds(&["a", "b"], "7", "1")), Heard::Stale);
    assert_eq!(session.request(eds(&["a", "b"], "7", "2")), Heard::Acked);
    // Anew, on the same stream: all of it.
    assert_eq!(session.request(eds(&["a", "b"], "7", "")), Heard::Subscribed);
    assert_eq!(told(&mut session), Some((3, 2)));
    // And while that is on its way.
    assert_eq!(session.request(eds(&["a", "b"], "7", "")), Heard::Subscribed);
    assert_eq!(told(&mut session), Some((4, 2)));
    assert_eq!(session.request(eds(&["a", "b"], "7", "3")), Heard::Stale);
    assert_eq!(session.request(eds(&["a", "b"], "7", "4")), Heard::Acked);
    // Gone and come again: told again.
    assert_eq!(session.request(eds(&["a"], "7", "4")), Heard::Renamed);
    assert_eq!(told(&mut session), None);
    assert_eq!(session.request(eds(&["a", "b"], "7", "4")), Heard::Renamed);
    assert_eq!(told(&mut session), Some((5, 1)));
}

#[test]
fn all_listeners_are_those_with_an_address_and_no_names_are_all_only_at_first() {
    let api = Listener { name: "api".into(), at: None, routes: "t".into() };
    let at = Some(([127, 0, 0, 1], 80).into());
    let socket = Listener { name: "socket".into(), at, routes: "t".into() };
    let routes = RouteTable { name: "t".into(), hosts: Vec::new() };
    let snapshot = Snapshot::builder(1).listener(api).listener(socket).routes(routes).build();
    let snapshot = Arc::new(snapshot);
    for (names, told) in [
        (&[][..], &["socket"][..]),
        (&["*"], &["socket"]),
        (&["api"], &["api"]),
        (&["api", "socket", "nobody"], &["api", "socket"]),
        (&["nobody"], &[]),
    ] {
        let mut session = Session::new(per_item());
        session.snapshot(Arc::clone(&snapshot));
        session.request(ask(Kind::Listener, names, "", ""));
        let answer = session.next(MOMENT).unwrap();
        let all: Vec<_> = answer.resources.iter().map(|resource| &*resource.name).collect();
        assert_eq!(all, told, "{names:?}");
        // No name after there were some is nothing at all, and not everything.
        session.request(ask(Kind::Listener, &[], "1", &answer.nonce.to_string()));
        assert!(session.next(MOMENT).is_none(), "{names:?}");
    }
}

#[test]
fn nothing_is_said_before_the_first_snapshot_and_an_empty_one_is_an_answer() {
    let mut session = Session::new(per_item());
    for kind in Kind::ALL {
        session.request(ask(kind, &[], "", ""));
        assert!(session.next(HOLD * 100).is_none());
    }
    session.snapshot(Arc::new(Snapshot::builder(1).build()));
    let told: Vec<_> =
        std::iter::from_fn(|| session.next(HOLD)).map(|answer| answer.kind).collect();
    assert_eq!(told, [Kind::Cluster, Kind::Listener], "of routes and endpoints none was asked for");
}

#[test]
fn a_thousand_sessions_share_what_is_encoded() {
    let shared = Arc::new(snapshot(WHOLE));
    let resource = shared.get(Kind::Cluster, "a").unwrap();
    let mut sessions = Vec::new();
    for _ in 0..1000 {
        let mut session = Session::new(per_item());
        session.snapshot(Arc::clone(&shared));
        session.request(ask(Kind::Cluster, &["a"], "", ""));
        let answer = session.next(MOMENT).unwrap();
        assert!(Arc::ptr_eq(&answer.resources[0], resource));
        sessions.push(session);
    }
    assert_eq!(Arc::strong_count(resource), 1001);
}
