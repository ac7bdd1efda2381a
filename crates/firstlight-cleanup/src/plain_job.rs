//! Clean-ups for tests of what never runs them.

use std::panic::Location;
use std::time::Duration;

use crate::attempt::Attempt;
use crate::claim::Claim;
use crate::ending::Ending;
use crate::job::{Job, Meta, More};
use crate::key::Key;
use crate::parts::{AsyncPart, Boxed, sealed::Sealed};
use crate::plan::Rare;
use crate::reason::{Certainty, Reason};

/// It is never called: whatever it is asked for, there is none.
struct Plain;

impl Sealed for Plain {}

impl AsyncPart for Plain {
    fn call(&mut self, _: Attempt) -> Option<Boxed> {
        None
    }

    fn discard(&mut self) {}

    fn is_idempotent(&self) -> bool {
        true
    }
}

/// A clean-up that is detached at zero.
pub(crate) fn plain_job(key: Option<Key>, claim: Option<Claim>) -> Box<Job> {
    let rare = Rare { key, claim, ..Rare::default() };
    let meta = Meta {
        id: 0,
        name: "law",
        place: Location::caller(),
        ending: Ending { reason: Reason::Dropped, certainty: Certainty::Yes },
        detached: Duration::ZERO,
        begin: Duration::ZERO,
        due: Duration::MAX,
        attempts: 0,
        phase: 0,
        more: Some(Box::new(More { rare, ..More::default() })),
    };
    Box::new(Job { meta, work: Plain })
}
