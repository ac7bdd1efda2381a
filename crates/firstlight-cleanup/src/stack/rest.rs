use std::collections::VecDeque;

use crate::contain::contain_drop;
use crate::failure::Failure;
use crate::faults::Faults;
use crate::parts::AsyncPart;
use crate::stack::parts::Part;
use crate::text::Shown;

/// The async parts of a detached stack that have not completed, and what is known of them. No clock, no lock,
/// no runtime.
///
/// A part is in exactly one place: in here, or in the hands of the one who took it out. That is what makes it
/// run once.
pub(crate) struct Rest {
    /// Never begun, oldest first.
    fresh: Vec<Part>,
    /// Begun without success, and to be begun again, in the order of their failures.
    again: VecDeque<Tried>,
    /// What was begun without success and is not to be begun again.
    over: Faults,
}

/// A part that is tried, or was.
pub(crate) struct Tried {
    pub(crate) part: Part,
    pub(crate) tries: u32,
    /// The attempt of the stack in which that was last.
    attempt: u32,
    fault: String,
}

/// How a part's try ended without success.
pub(crate) enum Fault {
    Failed(Failure),
    Panicked(String),
    TimedOut,
    Interrupted,
}

impl Rest {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        let (nothing, fresh): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|part| part.act.is_nothing());
        nothing.into_iter().for_each(contain_drop);
        Self { fresh, again: VecDeque::new(), over: Faults::default() }
    }

    /// The part to be tried next in this attempt: each once, first those that were never begun, the newest of
    /// them first.
    ///
    /// So what hangs or fails holds up nobody: it comes again when the others have had their turn.
    pub(crate) fn next(&mut self, attempt: u32) -> Option<Tried> {
        if let Some(part) = self.fresh.pop() {
            return Some(Tried { part, tries: 1, attempt, fault: String::new() });
        }
        if self.again.front()?.attempt == attempt {
            return None;
        }
        let mut tried = self.again.pop_front()?;
        tried.tries = tried.tries.saturating_add(1);
        tried.attempt = attempt;
        Some(tried)
    }

    /// Takes back what did not succeed; gives what is not to be tried again, to be dropped outside of any lock.
    pub(crate) fn failed(&mut self, mut tried: Tried, fault: Fault) -> Option<Part> {
        let fatal = matches!(&fault, Fault::Failed(failure) if failure.is_fatal());
        let fault = fault.into_text();
        if fatal || !tried.part.act.is_idempotent() {
            self.over.push(tried.part.name, fault);
            return Some(tried.part);
        }
        tried.fault = fault;
        self.again.push_back(tried);
        None
    }

    /// What the parts say so far.
    pub(crate) fn answer(&mut self) -> Result<(), Failure> {
        self.faults().map_or(Ok(()), |text| Err(Failure::retry(text)))
    }

    /// All that did not succeed, by name; it can be asked for as often as one likes.
    pub(crate) fn faults(&mut self) -> Option<String> {
        let mut faults = self.over.clone();
        for tried in &self.again {
            faults.push(tried.part.name, &tried.fault);
        }
        for part in self.fresh.iter().rev() {
            faults.push(part.name, "was not begun");
        }
        faults.into_text()
    }

    /// Whether another attempt makes sense.
    pub(crate) fn is_left(&self) -> bool {
        !self.fresh.is_empty() || !self.again.is_empty()
    }

    /// Takes all parts out, to be dropped outside of any lock.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Part> + use<> {
        let again = std::mem::take(&mut self.again).into_iter().map(|tried| tried.part);
        std::mem::take(&mut self.fresh).into_iter().rev().chain(again)
    }
}

impl Fault {
    fn into_text(self) -> String {
        match self {
            Self::Failed(failure) => format!("failed: {}", Shown(&failure.into_text())),
            Self::Panicked(said) => format!("panicked: {}", Shown(&said)),
            Self::TimedOut => "timed out".to_owned(),
            Self::Interrupted => "was interrupted".to_owned(),
        }
    }
}
