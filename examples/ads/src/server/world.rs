//! What a client is to be told of one type, now.

use std::sync::Arc;
use std::time::Duration;

use firstlight_ready::hold::Warmth;

use crate::server::gaps::takes_away;
use crate::server::holds::{Lack, Missing, Verdict};
use crate::server::session::Session;
use crate::server::settings::Holding;
use crate::snapshot::{Endpoints, Kind, Resource, Resources, Snapshot};

impl Session {
    /// What the next response of this type says; `None`: nothing is to be said.
    pub(super) fn wanted(
        &mut self,
        kind: Kind,
        snapshot: &Snapshot,
        now: Duration,
    ) -> Option<Resources> {
        let (wanted, withheld) = match kind {
            Kind::Cluster => self.clusters(snapshot, now)?,
            Kind::Listener => self.listeners(snapshot, now)?,
            Kind::Routes => return self.tables(snapshot, now),
            Kind::Endpoints => return self.endpoints(snapshot, now),
        };
        let of = self.of(kind);
        // Nothing, since all of it is kept back, is no answer: a new Envoy would call itself ready.
        if wanted.is_empty() && withheld && of.has.is_empty() {
            return None;
        }
        let nothing_new = of.has_all_of(&wanted) || of.has_refused_all_of(&wanted);
        (of.owes || !nothing_new).then_some(wanted)
    }

    /// All of them, since what is left out is deleted by that; and whether something is kept back.
    ///
    /// `None`: a client that came back is told of no listener while one is incomplete that it has perhaps.
    fn listeners(&mut self, snapshot: &Snapshot, now: Duration) -> Option<(Resources, bool)> {
        let mut wanted = Resources::new();
        let mut withheld = false;
        for listener in self.asked_for(Kind::Listener, snapshot) {
            let gaps = self
                .unless_nothing_is_held(|session| session.gaps_of_listener(&listener, snapshot));
            let has = self.of(Kind::Listener).has.get(&listener.name).cloned();
            let verdict = self.judge(Kind::Listener, &listener, &gaps, now);
            let keeps = match verdict {
                Verdict::Go => false,
                Verdict::KeepLastGood => has
                    .as_ref()
                    .is_some_and(|has| self.is_better_off(has, &listener, &gaps, snapshot)),
                Verdict::Wait => true,
            };
            match (keeps, has) {
                (false, _) => wanted.insert(Arc::clone(&listener.name), listener),
                (true, Some(has)) => wanted.insert(Arc::clone(&has.name), has),
                (true, None) if self.of(Kind::Listener).has_more() => return None,
                (true, None) => {
                    withheld = true;
                    None
                }
            };
        }
        Some((wanted, withheld))
    }

    /// All of them, those that are gone included as long as the client's routes lead to them.
    ///
    /// `None`: a client that came back has not yet said which ones it has.
    fn clusters(&mut self, snapshot: &Snapshot, now: Duration) -> Option<(Resources, bool)> {
        if self.is_to_say_more(now) {
            return None;
        }
        let mut wanted = Resources::new();
        let mut withheld = false;
        for cluster in self.asked_for(Kind::Cluster, snapshot) {
            let without = snapshot.get(Kind::Endpoints, &cluster.name).is_none();
            let of = self.of(Kind::Cluster);
            // Who may have it has endpoints, too; to others it is of no use without.
            let gap = without && !of.has_more() && !of.has_this(&cluster);
            let gaps = self.unless_nothing_is_held(|_| {
                let missing = |name| Missing { kind: Kind::Endpoints, name, lack: Lack::Absent };
                gap.then(|| missing(Arc::clone(&cluster.name))).into_iter().collect()
            });
            if self.judge(Kind::Cluster, &cluster, &gaps, now) == Verdict::Wait {
                withheld = true;
            } else {
                wanted.insert(Arc::clone(&cluster.name), cluster);
            }
        }
        if self.holds_items() {
            for cluster in self.removed(snapshot) {
                if self.stays(&cluster.name, snapshot, now) {
                    wanted.insert(Arc::clone(&cluster.name), cluster);
                }
            }
        }
        Some((wanted, withheld))
    }

    /// Whether a client has come back that asks for all clusters: which ones it has, the endpoints tell that it
    /// asks for next.
    fn is_to_say_more(&mut self, now: Duration) -> bool {
        let clusters = self.of(Kind::Cluster);
        let comes_back = clusters.warm && clusters.asks_for_all() && clusters.owes;
        comes_back && self.holds_items() && self.has_yet_to_ask_for(Kind::Endpoints, now)
    }

    /// Whether it may still ask for this type: for a short time only.
    fn has_yet_to_ask_for(&mut self, kind: Kind, now: Duration) -> bool {
        let any = Missing { kind, name: Arc::from("*"), lack: Lack::Unsaid };
        let asks = self.of(kind).names.is_some();
        !asks && self.holds.judge(&[any], Warmth::Warm, now) == Verdict::Wait
    }

    /// Those that are new to the client, and whole.
    fn tables(&mut self, snapshot: &Snapshot, now: Duration) -> Option<Resources> {
        let mut wanted = Resources::new();
        for table in self.asked_for(Kind::Routes, snapshot) {
            let of = self.of(Kind::Routes);
            if of.has_this(&table) || of.has_refused_this(&table) {
                continue;
            }
            let gaps =
                self.unless_nothing_is_held(|session| session.gaps_of_table(&table, snapshot));
            if self.judge(Kind::Routes, &table, &gaps, now) == Verdict::Wait {
                continue;
            }
            // Only the paths that would be lost stay as they are: no other one waits for them.
            let lost =
                self.unless_nothing_is_held(|session| session.lost_with_table(&table, snapshot));
            let table = match self.holds.judge(&lost, Warmth::Warm, now) {
                Verdict::Go => table,
                Verdict::KeepLastGood | Verdict::Wait => self.mended(&table, &lost),
            };
            let of = self.of(Kind::Routes);
            if !of.has_this(&table) && !of.has_refused_this(&table) {
                wanted.insert(Arc::clone(&table.name), table);
            }
        }
        (!wanted.is_empty()).then_some(wanted)
    }

    /// Those that are new to the client; none at all for a cluster that is known, and whose endpoints did not
    /// come in time to a client that never had any.
    fn endpoints(&mut self, snapshot: &Snapshot, now: Duration) -> Option<Resources> {
        let mut wanted = Resources::new();
        let mut all = self.asked_for(Kind::Endpoints, snapshot);
        if self.holds_items() && !self.of(Kind::Endpoints).warm {
            for name in snapshot.missing(Kind::Endpoints) {
                let of = self.of(Kind::Endpoints);
                if !of.asks_for(name) || of.has.contains_key(name) {
                    continue;
                }
                let none = Endpoints { cluster: name.as_ref().to_owned(), addresses: Vec::new() };
                let none = Arc::new(Resource::endpoints(none));
                let gap =
                    Missing { kind: Kind::Endpoints, name: Arc::clone(name), lack: Lack::Absent };
                if self.judge(Kind::Endpoints, &none, &[gap], now) != Verdict::Wait {
                    all.push(none);
                }
            }
        }
        for endpoints in all {
            let of = self.of(Kind::Endpoints);
            if !of.has_this(&endpoints) && !of.has_refused_this(&endpoints) {
                wanted.insert(Arc::clone(&endpoints.name), endpoints);
            }
        }
        (!wanted.is_empty()).then_some(wanted)
    }

    fn asked_for(&self, kind: Kind, snapshot: &Snapshot) -> Vec<Arc<Resource>> {
        match &self.of(kind).names {
            None => Vec::new(),
            Some(names) => names.among(snapshot.of(kind)),
        }
    }

    /// Clusters that the client has or may have, and that are not in the snapshot.
    fn removed(&self, snapshot: &Snapshot) -> Vec<Arc<Resource>> {
        let of = self.of(Kind::Cluster);
        let gone = |cluster: &&Arc<Resource>| snapshot.get(Kind::Cluster, &cluster.name).is_none();
        let mut removed: Vec<_> = of.may_have().filter(gone).cloned().collect();
        if of.warm && of.asks_for_all() {
            // It does not say which ones it has: those that routes lead to, it has to be feared.
            removed.extend(
                snapshot.missing(Kind::Cluster).map(|name| Resource::known_cluster(name).1),
            );
        }
        removed
    }

    /// Whether a cluster that is gone is still told, since something still leads to it.
    fn stays(&mut self, name: &Arc<str>, snapshot: &Snapshot, now: Duration) -> bool {
        if snapshot.lacks(Kind::Cluster, name) {
            let gap = Missing { kind: Kind::Cluster, name: Arc::clone(name), lack: Lack::Absent };
            return self.holds.judge(&[gap], Warmth::Warm, now) != Verdict::Go;
        }
        // Who comes back leads somewhere, and says by its listeners where.
        let comes_back = self.of(Kind::Cluster).warm;
        self.routes_to(name)
            || (comes_back && self.has_yet_to_ask_for(Kind::Listener, now))
            || !self.is_settled(snapshot)
    }

    fn judge(&mut self, kind: Kind, item: &Resource, gaps: &[Missing], now: Duration) -> Verdict {
        let of = self.of(kind);
        let is_warm = of.warm || of.has.contains_key(&item.name);
        let warmth = if is_warm { Warmth::Warm } else { Warmth::Cold };
        match kind {
            Kind::Listener | Kind::Routes => {
                self.holds.judge_item((kind, &item.name), gaps, warmth, now)
            }
            Kind::Cluster | Kind::Endpoints => self.holds.judge(gaps, warmth, now),
        }
    }

    /// Whether the listener that the client has serves something that the new one would not.
    fn is_better_off(
        &self,
        has: &Resource,
        new: &Resource,
        gaps: &[Missing],
        snapshot: &Snapshot,
    ) -> bool {
        let table = |listener: &Resource| listener.refs.first().map(|(_, name)| Arc::clone(name));
        let old = table(has).and_then(|name| self.of(Kind::Routes).has.get(&name).cloned());
        let new = table(new).and_then(|name| snapshot.get(Kind::Routes, &name).cloned());
        match (old, new) {
            (Some(old), Some(new)) => would_take_away(&old, &new, gaps),
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    fn unless_nothing_is_held(&self, gaps: impl FnOnce(&Self) -> Vec<Missing>) -> Vec<Missing> {
        if self.holds_items() { gaps(self) } else { Vec::new() }
    }

    fn holds_items(&self) -> bool {
        !matches!(self.holding, Holding::None)
    }
}

fn would_take_away(has: &Resource, new: &Resource, gaps: &[Missing]) -> bool {
    match (has.table(), new.table()) {
        (Some(has), Some(new)) => takes_away(has, new, gaps),
        _ => false,
    }
}
