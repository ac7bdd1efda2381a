use std::fmt;
use std::time::Duration;

use crate::reason::Reason;

/// Where the process is in its life; it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// It starts or serves.
    Serving,
    /// The lame duck: it says that it is not ready, and still serves whoever comes.
    Draining,
    /// It takes no more work and finishes what it has.
    Stopping,
    /// Nothing is left to do.
    Stopped,
}

impl Phase {
    /// The phase's name in reports and fields.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Draining => "draining",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// When the lame duck ends: when those who ask have seen not-ready, or after a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LameDuck {
    /// Every known prober must have been given so many not-ready answers; at 0 only the time counts.
    ///
    /// So it does when more than 64 have asked within a minute: nobody knows then whether all have seen it.
    pub seen: u32,
    /// It lasts no longer than this. At 0 it is over at once.
    pub max: Duration,
}

impl Default for LameDuck {
    /// Two answers to each prober, at most 15 seconds.
    fn default() -> Self {
        Self { seen: 2, max: Duration::from_secs(15) }
    }
}

/// Why the lame duck ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LameDuckEnd {
    /// Every known prober has seen not-ready, as often as asked.
    Seen {
        /// So many probers.
        probers: u32,
    },
    /// The time was over.
    Maximum {
        /// So many probers had seen it.
        informed: u32,
        /// Of so many known; 0 when nobody has asked at all.
        probers: u32,
    },
    /// Somebody ended it: a second signal, say.
    Cut(Reason),
}

impl fmt::Display for LameDuckEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seen { probers } => write!(f, "all {probers} probers have seen it"),
            Self::Maximum { probers: 0, .. } => f.write_str("time is over, and nobody has probed"),
            Self::Maximum { informed, probers } => {
                write!(f, "time is over, {informed} of {probers} probers have seen it")
            }
            Self::Cut(reason) => write!(f, "cut: {reason}"),
        }
    }
}
