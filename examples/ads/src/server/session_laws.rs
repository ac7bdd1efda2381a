//! What holds for every order in which things happen.

use std::collections::BTreeSet;
use std::time::Duration;

use firstlight_ready::hold::{AtExpiry, Limits};
use proptest::prelude::*;

use crate::server::model::{Who, World};
use crate::server::settings::Holding;
use crate::snapshot::{
    Cluster, Endpoints, Kind, Listener, Route, RouteTable, Snapshot, VirtualHost,
};

/// Clusters that there may be.
const CLUSTERS: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Debug, Clone)]
enum Step {
    Publish(Shape),
    Up,
    Take,
    Down,
    Wait(u8),
    Refuse,
    Reconnect,
}

/// A snapshot: which table the listener has, which clusters that leads to, and what of all that is missing.
#[derive(Debug, Clone)]
struct Shape {
    table: u8,
    routes: BTreeSet<u8>,
    addresses: u16,
    without_table: bool,
    without_clusters: BTreeSet<u8>,
    without_endpoints: BTreeSet<u8>,
}

impl Shape {
    fn build(&self, version: usize) -> Snapshot {
        let table = format!("table-{}", self.table);
        let at = Some(([127, 0, 0, 1], 80).into());
        let mut builder = Snapshot::builder(version).listener(Listener {
            name: "echo".into(),
            at,
            routes: table.clone(),
        });
        let name = |cluster: &u8| CLUSTERS[usize::from(*cluster)].to_owned();
        let routes = self.routes.iter();
        let routes =
            routes.map(|cluster| Route { prefix: format!("/{cluster}"), cluster: name(cluster) });
        let hosts = vec![VirtualHost { domains: vec!["*".into()], routes: routes.collect() }];
        if !self.without_table {
            builder = builder.routes(RouteTable { name: table, hosts });
        }
        for cluster in &self.routes {
            if !self.without_clusters.contains(cluster) {
                builder = builder.cluster(Cluster { name: name(cluster) });
            }
            if !self.without_endpoints.contains(cluster) {
                let addresses = vec![([10, 0, 0, 1], self.addresses).into()];
                builder = builder.endpoints(Endpoints { cluster: name(cluster), addresses });
            }
        }
        builder.build()
    }
}

fn whole() -> impl Strategy<Value = Shape> {
    let routes = prop::collection::btree_set(0..4_u8, 1..4);
    (0..2_u8, routes, 1..4_u16).prop_map(|(table, routes, addresses)| Shape {
        table,
        routes,
        addresses,
        without_table: false,
        without_clusters: BTreeSet::new(),
        without_endpoints: BTreeSet::new(),
    })
}

fn half() -> impl Strategy<Value = Shape> {
    let some = || prop::collection::btree_set(0..4_u8, 0..3);
    (whole(), prop::bool::weighted(0.2), some(), some()).prop_map(
        |(whole, table, clusters, endpoints)| Shape {
            without_table: table,
            without_clusters: clusters,
            without_endpoints: endpoints,
            ..whole
        },
    )
}

fn wire() -> impl Strategy<Value = Step> {
    prop_oneof![Just(Step::Up), Just(Step::Take), Just(Step::Down)]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![Just(Who::Grpc), Just(Who::Envoy)]
}

fn limits() -> Limits {
    Limits::new(Duration::from_secs(10)).warm(Duration::from_secs(10), AtExpiry::KeepLastGood)
}

fn act(world: &mut World, step: &Step, version: usize) {
    match step {
        Step::Publish(shape) => world.publish(shape.build(version)),
        Step::Up => world.deliver_up(),
        Step::Take => world.take(),
        Step::Down => world.deliver_down(),
        Step::Wait(seconds) => world.advance(Duration::from_secs(u64::from(*seconds))),
        Step::Refuse => world.refuse = true,
        Step::Reconnect => world.reconnect(),
    }
}

/// It has what the last snapshot says, and nothing else.
fn converged(world: &World, last: &Snapshot) -> Result<(), TestCaseError> {
    prop_assert!(world.session().failed().is_none());
    for kind in Kind::ALL {
        let names: Vec<_> = last.of(kind).keys().map(|name| &**name).collect();
        prop_assert_eq!(world.names(kind), names, "{}", kind);
        for (name, resource) in last.of(kind) {
            prop_assert!(world.has[kind as usize][name].says_the_same(resource), "{kind} {name}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn given_whole_snapshots_nothing_is_taken_away_in_use_and_each_client_ends_with_the_last(
        who in who(),
        steps in prop::collection::vec(prop_oneof![
            1 => whole().prop_map(Step::Publish),
            12 => wire(),
        ], 0..200),
        last in whole(),
    ) {
        let mut world = World::new(who, Holding::PerItem(limits()));
        for (version, step) in steps.iter().enumerate() {
            act(&mut world, step, version);
            prop_assert!(world.outages.is_empty(), "{:?}", world.outages);
        }
        let last = last.build(1000);
        world.publish(last.clone());
        world.run();
        prop_assert!(world.outages.is_empty(), "{:?}", world.outages);
        converged(&world, &last)?;
        // Each was accepted once, or overtaken by a subscription anew.
        prop_assert!(world.settled <= world.responses.len());
        prop_assert!(Kind::ALL.iter().all(|kind| world.session().of(*kind).on_its_way.is_none()));
        prop_assert_eq!(world.session().hold_counters().defers, 0);
    }

    #[test]
    fn a_client_that_comes_back_while_everything_changes_loses_nothing_that_it_uses(
        who in who(),
        first in whole(),
        steps in prop::collection::vec(prop_oneof![
            1 => whole().prop_map(Step::Publish),
            1 => Just(Step::Reconnect),
            24 => wire(),
        ], 0..200),
        last in whole(),
    ) {
        let mut world = World::new(who, Holding::PerItem(limits()));
        world.publish(first.build(0));
        world.run();
        for (version, step) in steps.iter().enumerate() {
            act(&mut world, step, version);
            prop_assert!(world.outages.is_empty(), "{:?}", world.outages);
        }
        let last = last.build(1000);
        world.publish(last.clone());
        world.run();
        world.advance(Duration::from_secs(60));
        world.run();
        prop_assert!(world.outages.is_empty(), "{:?}", world.outages);
        converged(&world, &last)?;
    }

    #[test]
    fn whatever_is_missing_refused_late_or_broken_off_it_ends_and_a_whole_snapshot_arrives(
        who in who(),
        holding in prop_oneof![
            Just(Holding::PerItem(limits())),
            Just(Holding::None),
            Just(Holding::AllOrNothing),
        ],
        steps in prop::collection::vec(prop_oneof![
            2 => half().prop_map(Step::Publish),
            1 => Just(Step::Refuse),
            1 => Just(Step::Reconnect),
            1 => (0..12_u8).prop_map(Step::Wait),
            24 => wire(),
        ], 0..200),
        last in whole(),
    ) {
        let mut world = World::new(who, holding);
        for (version, step) in steps.iter().enumerate() {
            act(&mut world, step, version);
        }
        // What a client refused once it is not sent again on this stream: another one, another try.
        world.refuse = false;
        world.reconnect();
        let last = last.build(1000);
        world.publish(last.clone());
        for _ in 0..4 {
            world.run();
            world.advance(Duration::from_secs(60));
        }
        world.run();
        converged(&world, &last)?;
    }
}
