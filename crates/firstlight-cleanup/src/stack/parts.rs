use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::any::{AnyAsync, AnySync};
use crate::attempt::Attempt;
use crate::cleanup::Cleanup;
use crate::contain::{contain, contain_drop};
use crate::ending::Ending;
use crate::faults::Faults;
use crate::job::Account;
use crate::outcome::Outcome;
use crate::parts::{AsyncPart, Boxed, SyncPart, sealed::Sealed};
use crate::plan::Plan;
use crate::stack::rest::Rest;
use crate::stack::turn::take_turns;
use crate::sync::{Mutex, lock};

/// The async parts of a [`Stack`](crate::Stack), as one.
pub struct Stacked {
    /// Oldest first; once it is begun, they are in the rest.
    parts: Vec<Part>,
    rest: Option<Arc<Mutex<Rest>>>,
}

/// The sync parts of a [`Stack`](crate::Stack), as one.
pub struct StackedSync(Vec<(&'static str, AnySync)>);

/// A clean-up on the stack, without its sync part.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) place: &'static Location<'static>,
    pub(crate) act: AnyAsync,
    pub(crate) plan: Plan,
}

impl Cleanup<Stacked, StackedSync> {
    /// An empty stack that has settings.
    ///
    /// [`Janitor::stack`](crate::Janitor::stack) makes it one.
    #[track_caller]
    pub fn stack(name: &'static str) -> Self {
        Self::new(name, Stacked { parts: Vec::new(), rest: None }, StackedSync(Vec::new()))
    }

    pub(crate) fn push(&mut self, part: Cleanup) {
        let Cleanup { name, place, act, sync, plan } = part;
        self.act.parts.push(Part { name, place, act, plan });
        self.sync.0.push((name, sync));
    }

    pub(crate) fn pop(&mut self) -> Option<Cleanup> {
        let Part { name, place, act, plan } = self.act.parts.pop()?;
        let (_, sync) = self.sync.0.pop()?;
        Some(Cleanup { name, place, act, sync, plan })
    }

    pub(crate) fn len(&self) -> usize {
        self.act.parts.len()
    }
}

impl From<&'static str> for Cleanup<Stacked, StackedSync> {
    #[track_caller]
    fn from(name: &'static str) -> Self {
        Self::stack(name)
    }
}

impl Stacked {
    fn rest(&mut self) -> &Arc<Mutex<Rest>> {
        let parts = &mut self.parts;
        self.rest.get_or_insert_with(|| Arc::new(Mutex::new(Rest::new(std::mem::take(parts)))))
    }
}

impl Sealed for Stacked {}
impl Sealed for StackedSync {}

impl AsyncPart for Stacked {
    fn is_nothing(&self) -> bool {
        self.parts.iter().all(|part| part.act.is_nothing())
    }

    fn is_idempotent(&self) -> bool {
        if let Some(rest) = &self.rest {
            return lock(rest).is_left();
        }
        let mut parts = self.parts.iter().filter(|part| !part.act.is_nothing());
        match (parts.next(), parts.next()) {
            // The only one has all the time there is if it is attempted once.
            (Some(only), None) => only.act.is_idempotent(),
            (first, _) => first.is_some(),
        }
    }

    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn call(&mut self, attempt: Attempt) -> Option<Boxed> {
        Some(Box::pin(take_turns(Arc::clone(self.rest()), attempt)))
    }

    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn account(&mut self, _: Outcome) -> Account {
        Account { error: lock(self.rest()).faults(), ..Account::default() }
    }

    fn discard(&mut self) {
        let rest = self.rest.as_ref().map(|rest| lock(rest).take());
        let parts = std::mem::take(&mut self.parts).into_iter().rev();
        // Each by itself: two that panic in one drop would end the process.
        rest.into_iter().flatten().chain(parts).for_each(contain_drop);
    }
}

impl SyncPart for StackedSync {
    fn is_nothing(&self) -> bool {
        self.0.iter().all(|(_, sync)| sync.is_nothing())
    }

    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn run(self, ending: Ending) -> Faults {
        let mut faults = Faults::default();
        for (name, sync) in self.0.into_iter().rev() {
            // Whoever contained a panic itself says so.
            let said = contain(|| sync.run(ending));
            let said = said.map_or_else(Some, Faults::into_text);
            if let Some(said) = said {
                faults.push(name, format_args!("panicked: {said}"));
            }
        }
        faults
    }
}

impl fmt::Debug for Stacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parts.iter().map(|part| part.name)).finish()
    }
}

impl fmt::Debug for StackedSync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let syncs = self.0.iter().filter(|(_, sync)| !sync.is_nothing());
        f.debug_list().entries(syncs.map(|(name, _)| name)).finish()
    }
}
