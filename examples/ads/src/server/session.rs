use std::sync::Arc;
use std::time::Duration;

use firstlight_ready::hold::{Counters, Limits};

use crate::server::answer::Answer;
use crate::server::ask::Ask;
use crate::server::holds::{Fate, Holds, Lack, Missing};
use crate::server::settings::Holding;
use crate::server::subscription::{Heard, Subscription};
use crate::snapshot::{Kind, Resources, Snapshot};

/// One stream: what its client has, and what it is told next. Without a clock, a task or a socket.
///
/// Nothing is queued: the next answer is made of the latest snapshot when somebody takes it, and there is no
/// second answer of a type before the client has accepted or refused the first.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) holding: Holding,
    pub(super) subscriptions: [Subscription; 4],
    pub(super) snapshot: Option<Arc<Snapshot>>,
    pub(super) holds: Holds,
    last_nonce: u64,
    /// Something has happened since there was nothing to say.
    changed: bool,
}

impl Session {
    pub(crate) fn new(holding: Holding) -> Self {
        let limits = match holding {
            Holding::PerItem(limits) => limits,
            Holding::None | Holding::AllOrNothing => Limits::new(Duration::ZERO),
        };
        Self {
            holding,
            subscriptions: Default::default(),
            snapshot: None,
            holds: Holds::new(limits),
            last_nonce: 0,
            changed: false,
        }
    }

    /// Reads a request.
    pub(crate) fn request(&mut self, ask: Ask) -> Heard {
        self.changed = true;
        let heard = self.subscriptions[ask.kind as usize].request(ask);
        let [clusters, endpoints, ..] = &mut self.subscriptions;
        if heard == Heard::Subscribed && clusters.owes && endpoints.warm {
            clusters.has_perhaps(endpoints.names.as_ref());
        }
        heard
    }

    /// Takes a newer snapshot; what was not sent of the one before never is.
    pub(crate) fn snapshot(&mut self, snapshot: Arc<Snapshot>) {
        self.changed = true;
        self.snapshot = Some(snapshot);
    }

    /// Makes the next response, if there is one to be sent now. Ask again until there is none.
    pub(crate) fn next(&mut self, now: Duration) -> Option<Answer> {
        let over = self.next_expiry().is_some_and(|end| end <= now);
        self.changed |= over;
        if !self.changed {
            return None;
        }
        let snapshot = self.snapshot.clone()?;
        if matches!(self.holding, Holding::AllOrNothing) && !snapshot.unresolved().is_empty() {
            return None;
        }
        self.holds.expire(now);
        self.settle(&snapshot);
        for kind in Kind::ALL {
            if self.of(kind).is_listening()
                && let Some(resources) = self.wanted(kind, &snapshot, now)
            {
                return Some(self.answer(kind, &snapshot, resources));
            }
        }
        self.changed = false;
        None
    }

    /// When to ask for the next answer although nothing has happened.
    pub(crate) fn next_expiry(&self) -> Option<Duration> {
        self.holds.next_expiry()
    }

    /// What was missing for too long, when the limits say that this is a failure.
    pub(crate) fn failed(&self) -> Option<&Missing> {
        self.holds.failed()
    }

    pub(crate) fn hold_counters(&self) -> Counters {
        self.holds.counters()
    }

    pub(crate) const fn has_snapshot(&self) -> bool {
        self.snapshot.is_some()
    }

    /// The version that the last response of this type told.
    pub(crate) fn last_version(&self, kind: Kind) -> &str {
        self.of(kind).version()
    }

    pub(super) fn of(&self, kind: Kind) -> &Subscription {
        &self.subscriptions[kind as usize]
    }

    fn answer(&mut self, kind: Kind, snapshot: &Snapshot, resources: Resources) -> Answer {
        self.last_nonce += 1;
        if kind == Kind::Cluster {
            // With a cluster its endpoints went, too; when it comes again they are told again.
            let [clusters, endpoints, ..] = &mut self.subscriptions;
            endpoints
                .has
                .retain(|name, _| clusters.has.contains_key(name) || !resources.contains_key(name));
        }
        let answer = Answer {
            kind,
            version: snapshot.shared_version(),
            nonce: self.last_nonce,
            resources: resources.values().cloned().collect(),
        };
        let version = snapshot.shared_version();
        self.subscriptions[kind as usize].sent(self.last_nonce, version, resources);
        answer
    }

    fn settle(&mut self, snapshot: &Snapshot) {
        let subscriptions = &self.subscriptions;
        self.holds.settle(|missing| {
            let there = snapshot.get(missing.kind, &missing.name).is_some();
            let of = &subscriptions[missing.kind as usize];
            let (came, gone) = match missing.lack {
                Lack::Absent => (there, !snapshot.lacks(missing.kind, &missing.name)),
                Lack::Untaken => (of.keeps(missing.kind, &missing.name), !there),
                Lack::Unsaid => (of.names.is_some(), false),
                Lack::Part => (false, !there),
            };
            match (came, gone) {
                (true, _) => Fate::Came,
                (false, true) => Fate::Forgotten,
                (false, false) => Fate::Missing,
            }
        });
    }
}
