//! Two small clients, as gRPC and Envoy behave, on a wire that is delivered when the test says so.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::server::answer::Answer;
use crate::server::ask::Ask;
use crate::server::session::Session;
use crate::server::settings::Holding;
use crate::server::subscription::Heard;
use crate::snapshot::{Kind, Resource, Snapshot};

/// Which client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Asks for its listener by name, and follows the references.
    Grpc,
    /// Asks for all clusters, then their endpoints, then all listeners, then their routes.
    Envoy,
}

/// A client, a stream and the wire between them.
#[derive(Debug)]
pub(super) struct World {
    who: Who,
    holding: Holding,
    session: Session,
    pub(super) now: Duration,
    snapshot: Option<Arc<Snapshot>>,
    up: VecDeque<Ask>,
    down: VecDeque<Answer>,
    /// By kind: what the client has.
    pub(super) has: [BTreeMap<Arc<str>, Arc<Resource>>; 4],
    asked: [Option<BTreeSet<String>>; 4],
    version: [String; 4],
    nonce: [String; 4],
    /// Route table and clusters that gRPC's requests go to now: the last whole configuration.
    in_use: BTreeSet<Arc<str>>,
    /// Envoy has had all clusters with their endpoints once.
    warmed: bool,
    /// Refuse the next response.
    pub(super) refuse: bool,
    pub(super) responses: Vec<Kind>,
    pub(super) settled: usize,
    /// What was taken away that requests went to.
    pub(super) outages: Vec<String>,
}

impl World {
    pub(super) fn new(who: Who, holding: Holding) -> Self {
        let mut world = Self {
            who,
            holding,
            session: Session::new(holding),
            now: Duration::ZERO,
            snapshot: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            has: Default::default(),
            asked: Default::default(),
            version: Default::default(),
            nonce: Default::default(),
            in_use: BTreeSet::new(),
            warmed: false,
            refuse: false,
            responses: Vec::new(),
            settled: 0,
            outages: Vec::new(),
        };
        world.connect();
        world
    }

    /// The stream breaks, and the client comes to another server, with what it has.
    pub(super) fn reconnect(&mut self) {
        self.session = Session::new(self.holding);
        if let Some(snapshot) = &self.snapshot {
            self.session.snapshot(Arc::clone(snapshot));
        }
        self.up.clear();
        self.down.clear();
        self.nonce = Default::default();
        self.asked = Default::default();
        self.connect();
    }

    pub(super) fn publish(&mut self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        self.snapshot = Some(Arc::clone(&snapshot));
        self.session.snapshot(snapshot);
    }

    /// The server reads one request.
    pub(super) fn deliver_up(&mut self) {
        if let Some(ask) = self.up.pop_front() {
            match self.session.request(ask) {
                Heard::Acked | Heard::Nacked(_) => self.settled += 1,
                Heard::Stale | Heard::Subscribed | Heard::Renamed => {}
            }
        }
    }

    /// The server's transport takes one answer.
    pub(super) fn take(&mut self) {
        if let Some(answer) = self.session.next(self.now) {
            assert!(self.snapshot.is_some(), "answered before there was anything");
            self.responses.push(answer.kind);
            self.down.push_back(answer);
        }
    }

    /// The client reads one answer.
    pub(super) fn deliver_down(&mut self) {
        if let Some(answer) = self.down.pop_front() {
            self.read(&answer);
        }
    }

    pub(super) fn advance(&mut self, time: Duration) {
        self.now += time;
    }

    /// The next message of each step of the way is delivered.
    pub(super) fn step(&mut self) {
        self.deliver_down();
        self.deliver_up();
        self.take();
    }

    /// Everything is delivered, until there is nothing more.
    pub(super) fn run(&mut self) {
        for _ in 0..1000 {
            let before = self.responses.len();
            self.deliver_up();
            self.take();
            self.deliver_down();
            if before == self.responses.len() && self.up.is_empty() && self.down.is_empty() {
                return;
            }
        }
        panic!("it never ends: {:?}", &self.responses[self.responses.len() - 20..]);
    }

    pub(super) fn names(&self, kind: Kind) -> Vec<&str> {
        self.has[kind as usize].keys().map(|name| &**name).collect()
    }

    /// What was answered since it was asked last.
    pub(super) fn told(&mut self) -> String {
        let told: Vec<_> = self.responses.drain(..).map(Kind::short).collect();
        told.join(" ")
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    fn connect(&mut self) {
        match self.who {
            Who::Grpc => self.ask(Kind::Listener, BTreeSet::from(["echo".to_owned()])),
            Who::Envoy => self.ask(Kind::Cluster, BTreeSet::new()),
        }
        self.follow();
    }

    fn read(&mut self, answer: &Answer) {
        let kind = answer.kind;
        self.nonce[kind as usize] = answer.nonce.to_string();
        if std::mem::take(&mut self.refuse) {
            self.send(kind, Some("no".to_owned()));
            return;
        }
        self.version[kind as usize] = answer.version.to_string();
        let has = &mut self.has[kind as usize];
        let told: BTreeMap<_, _> = answer
            .resources
            .iter()
            .map(|told| (Arc::clone(&told.name), Arc::clone(told)))
            .collect();
        if kind.is_whole_world() {
            let gone: Vec<_> =
                has.keys().filter(|name| !told.contains_key(*name)).cloned().collect();
            *has = told;
            if kind == Kind::Cluster {
                for name in gone {
                    if self.in_use.contains(&name) {
                        self.outages.push(format!("cluster {name} was removed in use"));
                    }
                }
            }
        } else {
            has.extend(told);
        }
        // What it did not ask for, or not any more, it does not keep.
        if let Some(asked) = self.asked[kind as usize].as_ref().filter(|asked| !asked.is_empty()) {
            has.retain(|name, _| asked.contains(&**name));
        }
        self.send(kind, None);
        self.follow();
        self.look();
    }

    /// Asks for what is referred to.
    fn follow(&mut self) {
        let tables = self.refs(Kind::Listener);
        match self.who {
            Who::Grpc => {
                if !tables.is_empty() {
                    self.ask(Kind::Routes, tables);
                }
                let mut clusters = self.refs(Kind::Routes);
                // It lets go of the old ones when the new ones are whole.
                clusters.extend(self.in_use.iter().map(|name| name.to_string()));
                if !clusters.is_empty() {
                    self.ask(Kind::Cluster, clusters);
                }
                let endpoints = self.refs(Kind::Cluster);
                if !endpoints.is_empty() {
                    self.ask(Kind::Endpoints, endpoints);
                }
            }
            Who::Envoy => {
                let endpoints = self.refs(Kind::Cluster);
                if !endpoints.is_empty() || self.asked[Kind::Endpoints as usize].is_some() {
                    self.ask(Kind::Endpoints, endpoints);
                }
                let has = &self.has[Kind::Endpoints as usize];
                let warmed =
                    self.refs(Kind::Cluster).iter().all(|name| has.contains_key(name.as_str()));
                self.warmed |= warmed && !self.version[Kind::Cluster as usize].is_empty();
                if self.warmed {
                    self.ask(Kind::Listener, BTreeSet::new());
                }
                if !tables.is_empty() || self.asked[Kind::Routes as usize].is_some() {
                    self.ask(Kind::Routes, tables);
                }
            }
        }
    }

    fn refs(&self, kind: Kind) -> BTreeSet<String> {
        let all = self.has[kind as usize].values().flat_map(|resource| &resource.refs);
        all.map(|(_, name)| name.to_string()).collect()
    }

    fn ask(&mut self, kind: Kind, names: BTreeSet<String>) {
        if self.asked[kind as usize].as_ref() == Some(&names) {
            return;
        }
        let asks_for_all = self.who == Who::Envoy && kind == Kind::Cluster;
        if kind != Kind::Listener && !asks_for_all {
            self.has[kind as usize].retain(|name, _| names.contains(&**name));
        }
        self.asked[kind as usize] = Some(names);
        self.send(kind, None);
    }

    fn send(&mut self, kind: Kind, error: Option<String>) {
        self.up.push_back(Ask {
            kind,
            names: self.asked[kind as usize].iter().flatten().cloned().collect(),
            version: self.version[kind as usize].clone(),
            nonce: self.nonce[kind as usize].clone(),
            error,
        });
    }

    /// What requests would come to now.
    fn look(&mut self) {
        let tables = self.refs(Kind::Listener);
        let routes = &self.has[Kind::Routes as usize];
        if !tables.iter().all(|name| routes.contains_key(name.as_str())) || tables.is_empty() {
            return;
        }
        let clusters: BTreeSet<Arc<str>> = routes
            .values()
            .flat_map(|table| &table.refs)
            .map(|(_, name)| Arc::clone(name))
            .collect();
        let whole = clusters.iter().all(|name| {
            self.has[Kind::Cluster as usize].contains_key(name)
                && self.has[Kind::Endpoints as usize].contains_key(name)
        });
        if whole {
            self.in_use = clusters;
            self.follow();
        } else if self.who == Who::Envoy {
            self.outages.push(format!("routes to {clusters:?}, of which not all are there"));
        }
    }
}
