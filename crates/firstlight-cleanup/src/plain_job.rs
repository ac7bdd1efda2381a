//! Clean-ups for tests of what never runs them.

use std::panic::Location;
use std::time::Duration;

use crate::attempt::{Attempt, Ending};
use crate::claim::Claim;
use crate::cleanup::Rare;
use crate::job::{Account, Job, Meta, More, Work};
use crate::key::Key;
use crate::outcome::Outcome;
use crate::parts::Boxed;
use crate::reason::{Certainty, Reason};

struct Nothing;

impl Work for Nothing {
    fn call(&mut self, _: Attempt) -> Option<Boxed> {
        None
    }

    fn account(&mut self, _: Outcome) -> Account {
        Account::default()
    }

    fn discard(&mut self) {}

    fn is_idempotent(&self) -> bool {
        true
    }

    fn is_nothing(&self) -> bool {
        false
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
    Box::new(Job { meta, work: Nothing })
}
