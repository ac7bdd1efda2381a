use std::time::Duration;

use crate::drain::LameDuck;
use crate::name::Name;
use crate::place::Place;
use crate::reason::Reason;
use crate::spec::Spec;
use crate::state::{Evidence, Progress};

/// A gate of one machine, by number: the first declared is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GateId(pub(crate) u32);

/// A view of one machine, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewId(pub(crate) u8);

impl ViewId {
    /// Whether the process has started: once ready it stays so.
    pub const STARTUP: Self = Self(0);
    /// Whether the process is alive: only a gate that failed or went stale takes it away.
    pub const LIVE: Self = Self(1);
    /// Whether the process may be sent work.
    pub const READY: Self = Self(2);

    /// Its number, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl GateId {
    /// Its number, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a part says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Report {
    /// Work goes on: what it is about.
    Syncing(Reason),
    /// Work goes on: how far it has come.
    Progress(Progress),
    /// The promise is kept.
    Ready,
    /// The promise is kept, with nothing to serve.
    ReadyEmpty(Evidence),
    /// It serves with less than it promised.
    Degraded(Reason),
    /// It is not ready now.
    NotReady(Reason),
    /// It cannot keep its promise.
    Failed(Reason),
    /// A sign of life: nothing has changed. If nothing was said before, it means ready.
    Beat,
}

/// What happens to a machine.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A gate is declared.
    Declare {
        /// Its rules.
        spec: Box<Spec>,
        /// Where.
        place: Place,
    },
    /// Somebody takes a gate's handle.
    Claim {
        /// Whose.
        gate: GateId,
        /// Where.
        place: Place,
    },
    /// No more gates are expected.
    Seal {
        /// Where.
        place: Place,
    },
    /// A part reports.
    Report {
        /// Which.
        gate: GateId,
        /// What.
        report: Report,
    },
    /// A gate's handle is dropped.
    Drop {
        /// Which.
        gate: GateId,
        /// Whether the thread was panicking.
        panicking: bool,
    },
    /// The process takes a role, or gives it up.
    Role {
        /// Which.
        role: Name,
        /// Whether it has it now.
        held: bool,
    },
    /// Time has passed, and nothing else.
    Tick,
    /// An answer was delivered to a prober.
    Delivered {
        /// Who asked.
        prober: Reason,
        /// Whether the answer was ready.
        ready: bool,
    },
    /// The end begins.
    Drain {
        /// Why.
        reason: Reason,
        /// How long the lame duck lasts.
        lame_duck: LameDuck,
    },
    /// The lame duck ends now.
    Cut {
        /// Why.
        reason: Reason,
    },
    /// The end is over.
    Stopped,
}

/// Nanoseconds since the process started, from a `Duration` that may be too long for it.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
