//! Row by row what was measured with gRPC's C core: what a client loses when its server answers badly, and when.

use std::time::Duration;

use ads::client::{Client, State};
use tokio::time::{Instant, timeout, timeout_at};

use crate::client_fake::{Fake, World, any, cluster, endpoints, routes};

/// What comes of it.
#[derive(Debug, Clone, Copy)]
enum Then {
    Ready(&'static [u16]),
    AtOnce(&'static str),
    After15(&'static str),
    /// Not measured.
    Unknown,
}

use Then::{After15, AtOnce, Ready, Unknown};

struct Row {
    says: &'static str,
    change: fn(&mut World),
    flip: Then,
    restart: Then,
    cold: Then,
}

const BOTH: Then = Ready(&[1, 2]);
const NO_LISTENER: &str = "LDS resource echo.local: does not exist";
const NO_ROUTES: &str = "RDS resource routes: does not exist";
const NO_CLUSTER: &str = "CDS resource echo: does not exist";
const NO_EDS: &str = "EDS resource echo: does not exist";
const NO_ROUTE: &str = "No matching route found in xDS route config";
const NO_HOST: &str = "could not find VirtualHost for echo.local in RouteConfiguration";
const EMPTY: &str = "EDS resource echo: contains no localities";
const EMPTY_LOCALITY: &str = "EDS resource echo: contains empty localities";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { says: "full", change: |_| {}, flip: BOTH, restart: BOTH, cold: BOTH },
    Row { says: "process down", change: |w| w.down = true, flip: Unknown, restart: BOTH, cold: AtOnce("connection refused") },
    Row { says: "silent", change: silent, flip: BOTH, restart: BOTH, cold: After15(NO_LISTENER) },
    Row { says: "stream rejected", change: |w| w.rejects = Some("not yet"), flip: Unknown, restart: BOTH, cold: AtOnce("not yet") },
    Row { says: "all types empty", change: empty, flip: AtOnce(NO_LISTENER), restart: AtOnce(NO_LISTENER), cold: After15(NO_LISTENER) },
    Row { says: "LDS without the listener", change: |w| w.lds = Some(vec![]), flip: AtOnce(NO_LISTENER), restart: AtOnce(NO_LISTENER), cold: After15(NO_LISTENER) },
    Row { says: "RDS response without the route config", change: |w| w.rds = Some(vec![]), flip: BOTH, restart: BOTH, cold: After15(NO_ROUTES) },
    Row { says: "RDS, no virtual host", change: no_host, flip: AtOnce(NO_HOST), restart: AtOnce(NO_HOST), cold: AtOnce(NO_HOST) },
    Row { says: "RDS, no routes", change: no_routes, flip: AtOnce(NO_ROUTE), restart: AtOnce(NO_ROUTE), cold: AtOnce(NO_ROUTE) },
    Row { says: "RDS to a cluster that CDS does not have", change: unknown_cluster, flip: After15("CDS resource other: does not exist"), restart: After15("CDS resource other: does not exist"), cold: After15("CDS resource other: does not exist") },
    Row { says: "CDS without the cluster", change: |w| w.cds = Some(vec![]), flip: AtOnce(NO_CLUSTER), restart: AtOnce(NO_CLUSTER), cold: After15(NO_CLUSTER) },
    Row { says: "CDS invalid", change: invalid_cluster, flip: BOTH, restart: BOTH, cold: AtOnce("CDS resource echo: invalid resource: its type is not EDS") },
    Row { says: "EDS response without the resource", change: |w| w.eds = Some(vec![]), flip: BOTH, restart: BOTH, cold: After15(NO_EDS) },
    Row { says: "EDS, zero localities", change: |w| w.eds = eds(&[]), flip: AtOnce(EMPTY), restart: AtOnce(EMPTY), cold: AtOnce(EMPTY) },
    Row { says: "EDS, empty locality", change: |w| w.eds = eds(&[&[]]), flip: AtOnce(EMPTY_LOCALITY), restart: AtOnce(EMPTY_LOCALITY), cold: AtOnce(EMPTY_LOCALITY) },
    Row { says: "EDS, one of two endpoints", change: |w| w.eds = eds(&[&[2]]), flip: Ready(&[2]), restart: Ready(&[2]), cold: Ready(&[2]) },
    Row { says: "LDS silent", change: |w| w.lds = None, flip: BOTH, restart: BOTH, cold: After15(NO_LISTENER) },
    Row { says: "RDS silent", change: |w| w.rds = None, flip: BOTH, restart: BOTH, cold: After15(NO_ROUTES) },
    Row { says: "CDS silent", change: |w| w.cds = None, flip: BOTH, restart: BOTH, cold: After15(NO_CLUSTER) },
    Row { says: "EDS silent", change: |w| w.eds = None, flip: BOTH, restart: BOTH, cold: After15(NO_EDS) },
];

/// As long as the longest measurement.
const LOOK: Duration = Duration::from_secs(25);
/// One try after 0.3 s of being down, with its back-off.
const RECONNECT: Duration = Duration::from_millis(1300);

#[tokio::test(start_paused = true)]
async fn a_ready_client_whose_live_server_starts_to_answer_so() {
    for row in ROWS {
        let (fake, client) = warm().await;
        fake.says(row.change);
        let seen = transitions(&client, LOOK).await;
        assert_then(row.says, row.flip, BOTH, &seen, Duration::ZERO);
        recovers(row, &fake, &client).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_ready_client_whose_server_is_killed_and_comes_back_answering_so() {
    for row in ROWS {
        let (fake, client) = warm().await;
        fake.says(|world| world.down = true);
        fake.cut();
        let meanwhile = transitions(&client, Duration::from_millis(300)).await;
        assert_eq!(meanwhile, [], "{}: being down costs nothing", row.says);
        fake.says(row.change);
        let seen = transitions(&client, LOOK).await;
        assert_then(row.says, row.restart, BOTH, &seen, RECONNECT);
        recovers(row, &fake, &client).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_client_that_starts_while_the_server_answers_so() {
    for row in ROWS {
        let fake = Fake::new();
        fake.says(row.change);
        let client = fake.client();
        assert_eq!(*client.config().borrow(), State::Waiting);
        let seen = transitions(&client, LOOK).await;
        assert_then(row.says, row.cold, Unknown, &seen, Duration::ZERO);
        assert_eq!(client.stats().flickers, 0, "{}: nothing was there to lose", row.says);
        recovers(row, &fake, &client).await;
    }
}

/// Whatever it was told in whatever order, the full answer heals it; and what costs nothing alone costs nothing in any order.
#[test]
fn any_order_of_bad_answers_is_healed_by_the_full_one() {
    use proptest::prelude::*;
    let orders = proptest::collection::vec((0..ROWS.len(), 0..20_u64, any::<bool>()), 0..8);
    proptest!(ProptestConfig::with_cases(48), |(order in orders)| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let (fake, client) = warm().await;
            for (row, seconds, cut) in &order {
                fake.says(ROWS[*row].change);
                if *cut {
                    fake.cut();
                }
                transitions(&client, Duration::from_secs(*seconds)).await;
            }
            let harmless = |(row, ..): &(usize, u64, bool)| {
                matches!(ROWS[*row].restart, Ready(_))
            };
            if order.iter().all(harmless) {
                assert_eq!(client.stats().flickers, 0, "{order:?}");
            }
            fake.says(|_| {});
            healed(&client).await;
        });
    });
}

async fn warm() -> (Fake, Client) {
    let fake = Fake::new();
    let client = fake.client();
    healed(&client).await;
    (fake, client)
}

/// Until both endpoints are there: a client that was refused for long takes a while to try again.
async fn healed(client: &Client) {
    let mut config = client.config();
    let both = ready(&[1, 2]);
    let there = timeout(Duration::from_secs(150), config.wait_for(|state| *state == both)).await;
    there.expect("it heals").expect("the client is held");
}

/// The full answer is taken at once; a client that was refused is not there to be told before its next try.
async fn recovers(row: &Row, fake: &Fake, client: &Client) {
    fake.says(|_| {});
    let told = Instant::now();
    healed(client).await;
    let mut world = World::full();
    (row.change)(&mut world);
    if !world.down && world.rejects.is_none() {
        let took = told.elapsed();
        assert!(took < Duration::from_millis(50), "{}: {took:?}", row.says);
    }
}

fn ready(ports: &[u16]) -> State {
    State::Ready(ports.iter().map(|port| ([127, 0, 0, 1], *port).into()).collect())
}

/// What the client comes to, and when, for so long.
async fn transitions(client: &Client, long: Duration) -> Vec<(Duration, State)> {
    let mut config = client.config();
    let began = Instant::now();
    let mut seen = Vec::new();
    let mut last = config.borrow_and_update().clone();
    while let Ok(changed) = timeout_at(began + long, config.changed()).await {
        changed.expect("the client is held");
        let state = config.borrow_and_update().clone();
        if state != last {
            seen.push((began.elapsed(), state.clone()));
            last = state;
        }
    }
    seen
}

#[track_caller]
fn assert_then(says: &str, then: Then, before: Then, seen: &[(Duration, State)], late: Duration) {
    let slack = Duration::from_millis(100);
    let at = |index: usize| seen.get(index).unwrap_or_else(|| panic!("{says}: {seen:?}"));
    let (expected, text) = match then {
        Unknown => return,
        Ready(ports) => {
            let same = matches!(before, Ready(old) if old == ports);
            if same {
                assert_eq!(seen, [], "{says}: it keeps what it has");
            } else {
                assert_eq!(at(0).1, ready(ports), "{says}");
                assert_eq!(seen.len(), 1, "{says}: {seen:?}");
            }
            return;
        }
        AtOnce(text) => (Duration::ZERO, text),
        After15(text) => (Duration::from_secs(15), text),
    };
    let (when, state) = at(0);
    assert!(*when >= expected && *when <= expected + late + slack, "{says}: {seen:?}");
    let State::Failed(why) = state else { panic!("{says}: {seen:?}") };
    assert!(why.contains(text), "{says}: {why}");
    assert!(seen.iter().all(|(_, state)| matches!(state, State::Failed(_))), "{says}: {seen:?}");
}

fn silent(world: &mut World) {
    (world.lds, world.rds, world.cds, world.eds) = (None, None, None, None);
}

fn empty(world: &mut World) {
    let nothing = || Some(Vec::new());
    (world.lds, world.rds, world.cds, world.eds) = (nothing(), nothing(), nothing(), nothing());
}

fn no_host(world: &mut World) {
    let mut table = routes("routes", &[]);
    table.virtual_hosts.clear();
    world.rds = Some(vec![any(&table)]);
}

fn no_routes(world: &mut World) {
    world.rds = Some(vec![any(&routes("routes", &[]))]);
}

fn unknown_cluster(world: &mut World) {
    world.rds = Some(vec![any(&routes("routes", &[("", "other")]))]);
}

fn invalid_cluster(world: &mut World) {
    let mut invalid = cluster("echo");
    invalid.cluster_discovery_type = None;
    world.cds = Some(vec![any(&invalid)]);
}

fn eds(localities: &[&[u32]]) -> Option<Vec<envoy_types::pb::google::protobuf::Any>> {
    Some(vec![any(&endpoints("echo", localities))])
}
