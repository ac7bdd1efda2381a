use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::attempt::Attempt;
use crate::ending::Ending;
use crate::faults::Faults;
use crate::job::Account;
use crate::outcome::Outcome;
use crate::parts::{AsyncPart, Boxed, SyncPart, sealed::Sealed};

/// Any async part, in a box: see [`Cleanup::boxed`](crate::Cleanup::boxed).
///
/// The mutex is never locked: it makes a guard in a struct `Sync`, whatever its parts are.
pub struct AnyAsync {
    work: Mutex<Box<dyn AsyncPart>>,
    nothing: bool,
    idempotent: bool,
}

/// Any sync part, in a box.
pub struct AnySync(Option<Mutex<SyncBox>>);

type SyncBox = Box<dyn FnOnce(Ending) -> Faults + Send>;

impl Sealed for AnyAsync {}
impl Sealed for AnySync {}

impl AnyAsync {
    pub(crate) fn new(work: impl AsyncPart) -> Self {
        let (nothing, idempotent) = (work.is_nothing(), work.is_idempotent());
        Self { work: Mutex::new(Box::new(work)), nothing, idempotent }
    }

    fn work(&mut self) -> &mut dyn AsyncPart {
        // Never locked, so never poisoned.
        self.work.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut()
    }
}

impl AsyncPart for AnyAsync {
    fn is_nothing(&self) -> bool {
        self.nothing
    }

    fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn call(&mut self, attempt: Attempt) -> Option<Boxed> {
        self.work().call(attempt)
    }

    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn account(&mut self, outcome: Outcome) -> Account {
        self.work().account(outcome)
    }

    fn discard(&mut self) {
        self.work().discard();
    }
}

impl AnySync {
    pub(crate) fn new<S: SyncPart + Send + 'static>(part: S) -> Self {
        let some = !part.is_nothing();
        Self(some.then(|| Mutex::new(Box::new(move |ending| part.run(ending)) as SyncBox)))
    }
}

impl SyncPart for AnySync {
    fn is_nothing(&self) -> bool {
        self.0.is_none()
    }

    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn run(self, ending: Ending) -> Faults {
        let part = self.0.map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
        part.map_or_else(Faults::default, |part| part(ending))
    }
}

impl fmt::Debug for AnyAsync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyAsync")
    }
}

impl fmt::Debug for AnySync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnySync")
    }
}
