use std::time::Duration;

use crate::blocker::Blocker;
use crate::drain::Phase;
use crate::machine::{GateId, MAX_BLOCKERS, MAX_CAUSES, Machine, Verdict, ViewId};
use crate::not_ready::Cause;
use crate::state::GateState;
use crate::sync::wakers::{Key, Ticket};

/// What somebody waits for, and where its wakers are.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) rule: Rule,
    pub(crate) through_failures: bool,
    spots: Spots,
}

/// When a wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    View,
    AllGates,
    AnyGate,
    Phase(Phase),
}

/// One spot needs no allocation.
#[derive(Debug)]
enum Spots {
    One([(Key, Option<Ticket>); 1]),
    Many(Vec<(Key, Option<Ticket>)>),
}

/// A wait that ended with not ready.
#[derive(Debug)]
pub(crate) struct Stuck {
    pub(crate) cause: Cause,
    pub(crate) blockers: Vec<Blocker>,
    pub(crate) explanation: String,
}

impl Watch {
    pub(crate) fn view(view: ViewId) -> Self {
        Self::one(Rule::View, Key::View(view))
    }

    pub(crate) fn phase(phase: Phase) -> Self {
        Self::one(Rule::Phase(phase), Key::Phase)
    }

    pub(crate) fn gates(rule: Rule, gates: impl IntoIterator<Item = GateId>) -> Self {
        let spots = gates.into_iter().map(|gate| (Key::Gate(gate), None)).collect();
        Self { rule, through_failures: false, spots: Spots::Many(spots) }
    }

    fn one(rule: Rule, key: Key) -> Self {
        Self { rule, through_failures: false, spots: Spots::One([(key, None)]) }
    }

    /// The view, if it is one that is waited for.
    pub(crate) fn as_view(&self) -> Option<ViewId> {
        match self.spots {
            Spots::One([(Key::View(view), _)]) => Some(view),
            _ => None,
        }
    }

    pub(crate) fn spots(&self) -> &[(Key, Option<Ticket>)] {
        match &self.spots {
            Spots::One(spots) => spots,
            Spots::Many(spots) => spots,
        }
    }

    pub(crate) fn spots_mut(&mut self) -> &mut [(Key, Option<Ticket>)] {
        match &mut self.spots {
            Spots::One(spots) => spots,
            Spots::Many(spots) => spots,
        }
    }

    /// Whether the wait is over: `Ok` with the number of the first gate that is open, or why it is for nothing.
    pub(crate) fn look(&self, machine: &Machine) -> Option<Result<usize, Cause>> {
        let mut failed = 0;
        let mut waiting = 0;
        for (number, (key, _)) in self.spots().iter().enumerate() {
            match self.verdict(machine, *key) {
                Verdict::Ready if self.rule == Rule::AllGates => {}
                Verdict::Ready => return Some(Ok(number)),
                Verdict::Failed => failed += 1,
                _ => waiting += 1,
            }
        }
        let hopeless = match self.rule {
            Rule::Phase(_) => return None,
            Rule::AllGates if failed + waiting == 0 => return Some(Ok(0)),
            // Nothing becomes ready once the end has begun.
            _ if machine.phase() != Phase::Serving => return Some(Err(Cause::Draining)),
            Rule::AnyGate => waiting == 0,
            Rule::View | Rule::AllGates => failed > 0,
        };
        (hopeless && !self.through_failures).then_some(Err(Cause::Failed))
    }

    fn verdict(&self, machine: &Machine, key: Key) -> Verdict {
        match (key, self.rule) {
            (Key::View(view), _) => machine.verdict(view),
            (Key::Gate(gate), _) => machine.gate_verdict(gate),
            (_, Rule::Phase(phase)) if machine.phase() >= phase => Verdict::Ready,
            _ => Verdict::Waiting,
        }
    }

    /// All that is known of why it is not over.
    pub(crate) fn stuck(&self, machine: &Machine, now: Duration, cause: Cause) -> Stuck {
        if let Some(view) = self.as_view() {
            let blockers = machine.blockers(view, now);
            return Stuck { cause, blockers, explanation: machine.explain(view, now) };
        }
        let mut blockers: Vec<Blocker> = Vec::new();
        for (key, _) in self.spots() {
            let Key::Gate(gate) = key else { continue };
            if blockers.len() >= MAX_BLOCKERS {
                break;
            }
            for blocker in machine.gate_blockers(*gate, now) {
                if blockers.iter().all(|known| known.name != blocker.name) {
                    blockers.push(blocker);
                }
            }
        }
        blockers.sort_by_key(|blocker| blocker.state != GateState::Failed);
        blockers.truncate(MAX_BLOCKERS);
        Stuck { cause, explanation: causes(&blockers), blockers }
    }
}

/// The gates that wait for no other, in one line.
fn causes(blockers: &[Blocker]) -> String {
    let roots = || blockers.iter().filter(|blocker| blocker.root);
    let shown: Vec<_> = roots().take(MAX_CAUSES).map(ToString::to_string).collect();
    match roots().count().saturating_sub(MAX_CAUSES) {
        0 => shown.join("; "),
        more => format!("{}; {more} more", shown.join("; ")),
    }
}
