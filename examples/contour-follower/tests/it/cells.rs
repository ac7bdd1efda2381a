//! Cells of the matrix over HTTP in real time: the lists of an API server, kube's watchers, and a list that is late.

use std::time::Duration;

use ::support::Mode;
use ads::translate;
use contour_follower::election::Leadership;
use contour_follower::{Finding, Plane, Settings, Watches, start};
use kube_standin::{Fault, Seen, Standin};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::instance::{LONG, manifest_of_ingress, manifest_of_secret, standin};

const KINDS: [&str; 4] = ["ingresses", "services", "endpointslices", "secrets"];

fn started(mode: Mode, api: &Standin, leads: bool) -> (Plane, watch::Sender<Leadership>) {
    let translation = translate::Options::new("contour");
    let settings = Settings { within: LONG, build: Duration::from_millis(50), translation };
    let (leadership, told) = watch::channel(Leadership::default());
    let plane = start(mode, settings, Watches::of(&api.client()), told).expect("it starts");
    let holder = Some(if leads { "self" } else { "other" }.to_owned());
    leadership.send_replace(Leadership { leads, holder, trouble: None });
    (plane, leadership)
}

/// projectcontour/contour#6291, #6613 (nothing but a secret that is none of our business) and #6614 (the list is done later than its items).
#[tokio::test(flavor = "multi_thread")]
async fn fixed_is_ready_with_nothing_with_what_is_irrelevant_and_with_a_route_whoever_leads() {
    type Put = fn(&Standin);
    let cells: [(&str, Put, Finding, usize); 3] = [
        ("nothing", |_| {}, Finding::Empty, 0),
        (
            "a secret",
            |api| drop(api.apply(manifest_of_secret("unrelated")).expect("taken")),
            Finding::OnlyIrrelevant(1),
            0,
        ),
        (
            "a route",
            |api| drop(api.apply(manifest_of_ingress("web", "web.example")).expect("taken")),
            Finding::Configured(1),
            1,
        ),
    ];
    for (what, put, finding, listeners) in cells {
        for leads in [true, false] {
            let api = standin().await;
            put(&api);
            api.faults().add("secrets", Fault::HoldLists);
            let (plane, _leadership) = started(Mode::Fixed, &api, leads);
            for kind in KINDS {
                timeout(LONG, api.served().reached(kind, Seen::List, 1)).await.expect("listed");
            }
            for kind in ["ingresses", "services", "endpoints"] {
                let gate = plane.readiness.wait_gate(kind).expect("a gate");
                gate.with_timeout(LONG).await.expect("read");
            }
            assert!(!plane.readiness.is_ready(), "{what}: the secrets are not read");
            assert!(plane.snapshots.get().is_err(), "{what}: nothing is published");
            api.faults().clear("secrets");
            let ready = plane.readiness.wait().with_timeout(LONG).await;
            ready.unwrap_or_else(|error| panic!("{what}, leads: {leads}: {error}"));
            let snapshot = plane.snapshots.get().expect("published before it is ready");
            assert_eq!(snapshot.listeners().count(), listeners, "{what}, leads: {leads}");
            let mut found = plane.finding.clone();
            let found = timeout(LONG, found.wait_for(Option::is_some)).await.expect("in time");
            assert_eq!(found.expect("it runs").as_ref(), Some(&finding), "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_is_not_ready_as_a_follower_and_is_when_it_leads() {
    for leads in [false, true] {
        let api = standin().await;
        api.apply(manifest_of_secret("unrelated")).expect("taken");
        let (plane, _leadership) = started(Mode::Broken, &api, leads);
        for kind in KINDS {
            timeout(LONG, api.served().until_watching(kind, 1)).await.expect("watched");
        }
        // All is read now. Its holdoff, its build and as much again are over in a second.
        let patience = if leads { LONG } else { Duration::from_secs(1) };
        let ready = plane.readiness.wait().with_timeout(patience).await;
        assert_eq!(ready.is_ok(), leads);
        if !leads {
            api.apply(manifest_of_ingress("web", "web.example")).expect("taken");
            plane.readiness.wait().with_timeout(LONG).await.expect("a reason to build");
        }
    }
}

/// Watches that end each second, and versions that are gone: read anew, and nothing is taken back.
#[tokio::test(flavor = "multi_thread")]
async fn watches_that_drop_each_second_and_a_410_take_nothing_back_and_miss_nothing() {
    let api = standin().await;
    let (plane, _leadership) = started(Mode::Fixed, &api, false);
    plane.readiness.wait().with_timeout(LONG).await.expect("ready");
    let mut changes = plane.readiness.view("ready").expect("a view").changes();
    assert_eq!(changes.next().await, Some(true), "as it is now");
    api.faults().add(kube_standin::ALL, Fault::DropWatches(Duration::from_secs(1)));
    for (n, kind) in [(3, "ingresses"), (3, "secrets")] {
        timeout(LONG, api.served().reached(kind, Seen::WatchEnded, n)).await.expect("dropped");
    }
    api.apply(manifest_of_ingress("one", "one.example")).expect("taken");
    listeners(&plane, 1).await;
    api.faults().clear(kube_standin::ALL);
    for kind in KINDS {
        timeout(LONG, api.served().until_watching(kind, 1)).await.expect("watched");
    }
    let lists = api.served().count("ingresses", Seen::List);
    api.faults().add_times("ingresses", 1, Fault::ExpireWatches);
    timeout(LONG, api.served().reached("ingresses", Seen::List, lists + 1)).await.expect("anew");
    api.apply(manifest_of_ingress("two", "two.example")).expect("taken");
    listeners(&plane, 2).await;
    let changed = timeout(Duration::from_millis(1), changes.next()).await;
    assert!(changed.is_err(), "its readiness has changed: {changed:?}");
    assert!(plane.readiness.is_ready());
}

async fn listeners(plane: &Plane, expected: usize) {
    let mut snapshots = plane.snapshots.subscribe();
    let arrive = async {
        while snapshots.changed().await.expect("it runs").listeners().count() != expected {}
    };
    timeout(LONG, arrive).await.expect("it flows");
}
