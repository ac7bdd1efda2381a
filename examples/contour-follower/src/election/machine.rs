use std::time::Duration;

use super::Times;

/// One candidate's part in an election: what it saw of the lease, and so what it may do. Without a clock, a task or an API server.
///
/// * A lease is expired when this candidate has seen no change of it for as long as it lasts. Its own time of renewal, by
///   another machine's clock, is not looked at.
/// * Whoever holds it leads until so long after it *began* the last renewal that succeeded, not after the answer.
/// * A write that the API server refused as stale proves that another one was faster: it is a reason to look again, no loss.
#[derive(Debug)]
pub struct Machine {
    id: String,
    times: Times,
    seen: Option<Seen>,
    /// Until when this candidate leads, if nothing else happens.
    leads_until: Option<Duration>,
}

/// The lease as it was seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Who holds it; empty when it was given back.
    pub holder: String,
    /// For how long, by its own word.
    pub lasts: Duration,
    /// What the API server calls this version of it.
    pub version: String,
    /// How often it went from one to another.
    pub transitions: i32,
}

#[derive(Debug)]
struct Seen {
    record: Record,
    /// When this version was seen first.
    at: Duration,
}

/// What to do about the lease now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// There is none: create it.
    Create,
    /// Replace this version of it, as the new holder or as the old one.
    Replace {
        /// The version that it must still have.
        version: String,
        /// Its count of transitions afterwards.
        transitions: i32,
        /// Whether it is held by this candidate already.
        renewal: bool,
    },
    /// Somebody else holds it: look again later.
    Wait,
}

impl Machine {
    /// A candidate that has seen nothing yet. `id` is its own: two with one name would both lead.
    pub fn new(id: impl Into<String>, times: Times) -> Self {
        Self { id: id.into(), times, seen: None, leads_until: None }
    }

    /// The lease was looked at: what there is, or that there is none.
    pub fn saw(&mut self, record: Option<Record>, now: Duration) {
        let Some(record) = record else {
            self.seen = None;
            self.leads_until = None;
            return;
        };
        if record.holder != self.id {
            self.leads_until = None;
        }
        // Only a change starts the time anew; a look that finds the same proves nothing about its holder.
        if self.seen.as_ref().is_none_or(|seen| seen.record != record) {
            self.seen = Some(Seen { record, at: now });
        }
    }

    /// What to do about what was seen.
    pub fn plan(&self, now: Duration) -> Plan {
        let Some(Seen { record, at }) = &self.seen else { return Plan::Create };
        let renewal = record.holder == self.id;
        let free = record.holder.is_empty() || now >= at.saturating_add(record.lasts);
        if !renewal && !free {
            return Plan::Wait;
        }
        let transitions = record.transitions.saturating_add(i32::from(!renewal));
        Plan::Replace { version: record.version.clone(), transitions, renewal }
    }

    /// The write of a plan that was begun at `began` has succeeded.
    pub fn wrote(&mut self, record: Record, began: Duration, now: Duration) {
        self.leads_until = Some(began.saturating_add(self.times.renew_within));
        self.seen = Some(Seen { record, at: now });
    }

    /// Whether this candidate leads now.
    pub fn leads(&self, now: Duration) -> bool {
        self.leads_until.is_some_and(|until| now < until)
    }

    /// Until when it leads if it cannot renew; `None` when it does not lead.
    pub const fn leads_until(&self) -> Option<Duration> {
        self.leads_until
    }

    /// Who holds the lease, as far as was seen; `None` when nobody does, or nothing was seen.
    pub fn holder(&self) -> Option<&str> {
        self.seen
            .as_ref()
            .map(|seen| seen.record.holder.as_str())
            .filter(|holder| !holder.is_empty())
    }

    /// It will not renew any more.
    pub fn resign(&mut self) {
        self.leads_until = None;
    }

    /// Its own name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its times.
    pub const fn times(&self) -> Times {
        self.times
    }
}
