use std::net::SocketAddr;
use std::time::Duration;

use support::Mode;

/// What a control plane is told when it starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name in the table, another one for each process: a control plane that is started again is not the one that it was.
    pub id: String,
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How long a dataplane may stay away before its row is deleted.
    pub grace: Duration,
    /// How it cleans up.
    pub mode: Mode,
    /// How long one clean-up may take after its grace, all attempts together (`fixed`); what takes longer is given up, and swept.
    pub deadline: Duration,
    /// For how long a row is believed that nobody touches (`fixed`): what others could not delete is swept then.
    /// The same for all control planes of one table: the shortest one sweeps for all. Zero sweeps those that are there, too.
    pub lease: Duration,
    /// What becomes of clean-ups that are in their grace period when the control plane is told to end (`fixed`).
    pub at_shutdown: AtShutdown,
    /// How long all clean-ups together may take when the control plane ends (`fixed`).
    pub drain: Duration,
}

impl Settings {
    /// A control plane on a free port of this machine: grace 1 s, deadline 10 s, lease 5 s, drain 10 s, what is pending at its end is done then.
    pub fn new(id: impl Into<String>, mode: Mode) -> Self {
        Self {
            id: id.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            grace: Duration::from_secs(1),
            mode,
            deadline: Duration::from_secs(10),
            lease: Duration::from_secs(5),
            at_shutdown: AtShutdown::FlushNow,
            drain: Duration::from_secs(10),
        }
    }

    /// The grace period; default 1 s.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// How long one clean-up may take; default 10 s, and half of what is left for one attempt.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long an untouched row is believed; default 5 s.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// What becomes of pending clean-ups at the end; default they are done then.
    #[must_use]
    pub fn with_at_shutdown(mut self, at_shutdown: AtShutdown) -> Self {
        self.at_shutdown = at_shutdown;
        self
    }

    /// How long the clean-ups may take at the end; default 10 s.
    #[must_use]
    pub fn with_drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }
}

/// What becomes of a clean-up whose dataplane left by itself, and whose control plane is told to end before the grace is over.
///
/// It is looked at when the clean-up acts, after the grace. A session that was ended *by* the shutdown is another thing: its dataplane is
/// alive and will connect elsewhere, so its row stays, whatever is set here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtShutdown {
    /// The row is checked and deleted at once, without the rest of its grace.
    FlushNow,
    /// The row stays, offline; the lease of its owner runs out, and any control plane sweeps it.
    Skip,
    /// The same, and it is reported as not done.
    HandOver,
}
