//! Snapshots from a line of text, and clients that have read them.

use std::time::Duration;

use firstlight_ready::hold::Limits;

use crate::server::model::{Who, World};
use crate::server::settings::Holding;
use crate::snapshot::{
    Cluster, Endpoints, Kind, Listener, Route, RouteTable, Snapshot, VirtualHost,
};

/// Nothing is missing in it.
pub(super) const WHOLE: &str = "L echo t; T t a; C a; E a:1";

pub(super) const HOLD: Duration = Duration::from_secs(5);
pub(super) const MOMENT: Duration = Duration::from_millis(1);

/// `L echo t`: a listener and its table; `T t a b`: a table with a route `/a` to a and `/b` to b, `x=a` one
/// `/x` to a; `C a b`: clusters; `E a:1 b:0`: endpoints, so many each.
pub(super) fn snapshot(spec: &str) -> Snapshot {
    let mut builder = Snapshot::builder(spec.len());
    for part in spec.split(';') {
        let words: Vec<_> = part.split_whitespace().collect();
        let name = words[1].to_owned();
        builder = match words[0] {
            "L" => {
                let at = Some(([127, 0, 0, 1], 80).into());
                builder.listener(Listener { name, at, routes: words[2].into() })
            }
            "T" => {
                let route = |word: &&str| {
                    let (prefix, cluster) = word.split_once('=').unwrap_or((word, word));
                    Route { prefix: format!("/{prefix}"), cluster: cluster.into() }
                };
                let routes = words[2..].iter().map(route).collect();
                let hosts = vec![VirtualHost { domains: vec!["*".into()], routes }];
                builder.routes(RouteTable { name, hosts })
            }
            "C" => words[1..]
                .iter()
                .fold(builder, |builder, name| builder.cluster(Cluster { name: (*name).into() })),
            _ => words[1..].iter().fold(builder, |builder, word| {
                let (name, count) = word.split_once(':').unwrap();
                let port = 80..80 + count.parse::<u16>().unwrap();
                let addresses = port.map(|port| ([10, 0, 0, 1], port).into()).collect();
                builder.endpoints(Endpoints { cluster: name.into(), addresses })
            }),
        };
    }
    builder.build()
}

pub(super) fn per_item() -> Holding {
    Holding::PerItem(Limits::new(HOLD))
}

/// A client that has read all there is to read of a first snapshot.
#[track_caller]
pub(super) fn client(who: Who, holding: Holding, spec: &str) -> World {
    let mut world = World::new(who, holding);
    world.publish(snapshot(spec));
    world.run();
    world
}

impl World {
    pub(super) fn then(&mut self, spec: &str) -> String {
        self.publish(snapshot(spec));
        self.run();
        self.told()
    }

    pub(super) fn after(&mut self, time: Duration) -> String {
        self.advance(time);
        self.run();
        self.told()
    }

    pub(super) fn addresses(&self, cluster: &str) -> Option<usize> {
        let one = Snapshot::builder("")
            .endpoints(Endpoints { cluster: cluster.into(), addresses: Vec::new() });
        let none = one.build();
        let none = none.get(Kind::Endpoints, cluster).unwrap();
        let has = self.has[Kind::Endpoints as usize].get(cluster)?;
        Some(if has.says_the_same(none) { 0 } else { has.encoded.len() })
    }
}
