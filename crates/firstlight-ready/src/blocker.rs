use std::fmt;
use std::time::Duration;

use crate::human::Human;
use crate::name::Name;
use crate::place::Place;
use crate::reason::Reason;
use crate::state::{GateState, Progress};

/// A gate that is not open, and all that is known of why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocker {
    /// Which.
    pub name: Name,
    /// Its state.
    pub state: GateState,
    /// For how long it has been in this state.
    pub age: Duration,
    /// How long ago it last told something new, if it ever did.
    pub last_progress: Option<Duration>,
    /// How far it has come, if it said so.
    pub progress: Option<Progress>,
    /// Why, if there is more to say than the state.
    pub reason: Option<Reason>,
    /// Where it was claimed; where it was declared, if it was not.
    pub place: Place,
    /// Whether it waits for no other gate: it is a cause, and not a consequence.
    pub root: bool,
}

/// `db syncing 3/5 for 12.1 s, last news 5.0 s ago: connecting`.
impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.state)?;
        if let Some(progress) = self.progress {
            write!(f, " {progress}")?;
        }
        write!(f, " for {}", Human(self.age))?;
        // A gate of many steps: the one that hangs is as old as the last word.
        let hangs = |ago: &Duration| *ago < self.age && ago.as_secs() > 0;
        if let Some(ago) = self.last_progress.filter(hangs) {
            write!(f, ", last news {} ago", Human(ago))?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}
