use std::fmt;

use crate::name::{Name, NameError};
use crate::place::Place;

/// Why something was refused; what was before is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A name is not one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A gate of this name was declared before.
    #[error("gate {gate} is declared twice: at {first} and at {second}")]
    Duplicate {
        /// Its name.
        gate: Name,
        /// Where it was declared first.
        first: Place,
        /// Where again.
        second: Place,
    },
    /// The handle of this gate was taken before.
    #[error("gate {gate} is claimed twice: at {first} and at {second}")]
    Claimed {
        /// Its name.
        gate: Name,
        /// Where it was claimed first.
        first: Place,
        /// Where again.
        second: Place,
    },
    /// There is no gate, view or stage of this name.
    #[error("there is no {what} {name:?} in {set}")]
    Unknown {
        /// A gate, a view, a stage.
        what: &'static str,
        /// The name; cut when it is long.
        name: String,
        /// The set.
        set: Name,
    },
    /// A gate depends on one that nobody declared.
    #[error("gate {gate} (declared at {place}) depends on {missing}, which nobody declared")]
    MissingDependency {
        /// Which.
        gate: Name,
        /// Where it was declared.
        place: Place,
        /// What is not there.
        missing: Name,
    },
    /// Gates wait for each other, by dependencies or by their stages.
    #[error("gates wait for each other: {}", Chain(.0))]
    Cycle(Vec<Name>),
    /// The set was sealed and takes no more gates.
    #[error("gate {gate} comes too late: {set} was sealed at {sealed}")]
    Sealed {
        /// Which.
        gate: Name,
        /// The set.
        set: Name,
        /// Where it was sealed.
        sealed: Place,
    },
    /// The set was sealed before.
    #[error("{set} is sealed twice: at {first} and at {second}")]
    SealedTwice {
        /// The set.
        set: Name,
        /// Where first.
        first: Place,
        /// Where again.
        second: Place,
    },
    /// The end has begun, and nothing new does.
    #[error("gate {gate} comes too late: {set} is {phase}")]
    Ending {
        /// Which.
        gate: Name,
        /// The set.
        set: Name,
        /// The phase it is in.
        phase: crate::Phase,
    },
    /// There are as many as there can be.
    #[error("{set} has {limit} {what} already, which is the limit")]
    Full {
        /// The set.
        set: Name,
        /// Gates, views, roles, stages.
        what: &'static str,
        /// How many there can be.
        limit: usize,
    },
    /// `live` was named among a gate's views: it has another rule.
    #[error("gate {gate} cannot be put into the view live by its name: use in_live")]
    LiveView {
        /// Which.
        gate: Name,
    },
    /// A wait names no gate at all; nothing is not ready.
    #[error("a wait for gates of {set} names none")]
    NothingToWaitFor {
        /// The set.
        set: Name,
    },
    /// There is no tokio runtime that could watch the deadlines.
    #[error("{set} is made outside a tokio runtime with a timer, which has to watch its deadlines")]
    NoRuntime {
        /// The set.
        set: Name,
    },
}

/// `a -> b -> a`.
struct Chain<'a>(&'a [Name]);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        for (at, name) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{name}", if at == 0 { "" } else { " -> " })?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " -> ... {more} more"),
        }
    }
}
