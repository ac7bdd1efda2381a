use firstlight_ready::machine::ViewId;
use firstlight_ready::{GateSnapshot, GateState, Name, Phase, Snapshot, ViewSnapshot};

use crate::audience::Audience;
use crate::query::{MAX_EXCLUSIONS, Query};

/// The check that fails once the drain has begun; as Kubernetes calls it.
pub(crate) const SHUTDOWN: &str = "shutdown";
/// The check that fails while not all expected gates are declared.
pub(crate) const SEALED: &str = "sealed";
/// The check that fails when a view is not ready and no gate is to blame: no gate counts in it.
pub(crate) const GATES: &str = "gates";

/// One view of one snapshot, judged for one request; writes itself as text and as JSON.
///
/// Pure: [`Renderer`](crate::Renderer) adds the cache and the status code. It passes exactly when the view is ready,
/// or when only what the query excludes is in the way.
///
/// A gate counts when it is required, and its role is held. One that does not count and is not good is shown as
/// excluded, so that whoever reads the text does not take it for a failure.
///
/// Three checks are not gates. `shutdown` is listed last in every view but `live`
/// (in `startup` only when it fails) and fails once the drain has begun; it can be excluded, as in Kubernetes. `sealed`
/// and `gates` are listed first and only when they fail: while gates may still be declared, and when no gate counts.
/// They cannot be excluded. A gate of one's own should have none of these names; it hides none of them.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) view: &'a ViewSnapshot,
    pub(crate) query: &'a Query,
    pub(crate) audience: Audience,
    pub(crate) endpoint: Option<&'a Name>,
    number: usize,
    /// The views that are excluded as groups, a bit each.
    excluded_views: u64,
    /// The exclusions that exclude nothing, a bit each.
    unmatched: u64,
    /// Whether a gate that counts, and is not excluded, is in the way.
    blocked: bool,
    /// Whether the view is not ready and neither a gate, nor the seal, nor the drain is the cause.
    pub(crate) lacks_gates: bool,
}

/// What a report makes of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is good.
    Pass,
    /// It is in the way.
    Fail,
    /// It is not good, and does not count: optional, late, or in a role that is not held.
    Uncounted,
    /// The request wants it left out.
    Excluded,
}

impl<'a> Report<'a> {
    /// Judges a view; `None` when there is none of this name.
    ///
    /// An exclusion is the name of a gate, or of a group: a stage, or another view, for all gates in it.
    pub fn new(
        snapshot: &'a Snapshot,
        view: &str,
        query: &'a Query,
        audience: Audience,
    ) -> Option<Self> {
        let number = snapshot.views.iter().position(|known| known.name == *view)?;
        let view = &snapshot.views[number];
        let mut report = Self {
            snapshot,
            view,
            query,
            audience,
            endpoint: None,
            number,
            excluded_views: 0,
            unmatched: 0,
            blocked: false,
            lacks_gates: false,
        };
        report.match_exclusions();
        if !view.ready {
            report.find_cause();
        }
        Some(report)
    }

    /// Sets the name in the text's last line. Default: the view's with a `z`, as in `readyz check passed`.
    pub fn with_endpoint(mut self, endpoint: &'a Name) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Whether the answer is a success.
    pub fn passed(&self) -> bool {
        let shut = self.shutdown_failed() && !self.excludes_shutdown();
        self.view.ready || !(self.blocked || shut || self.unsealed() || self.lacks_gates)
    }

    /// The exclusions that exclude nothing, sorted.
    pub fn unmatched(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        let unmatched = self.unmatched;
        let all = self.query.exclusions().iter().enumerate();
        all.filter(move |(at, _)| unmatched & 1 << at != 0).map(|(_, name)| name.as_str())
    }

    pub(crate) fn gates(&self) -> impl Iterator<Item = &'a GateSnapshot> + use<'a> {
        let bit = 1 << self.number;
        self.snapshot.gates.iter().filter(move |gate| gate.views & bit != 0)
    }

    pub(crate) fn outcome(&self, gate: &GateSnapshot) -> Outcome {
        if self.excludes(gate) {
            Outcome::Excluded
        } else if self.is_good(gate) {
            Outcome::Pass
        } else if self.is_in_the_way(gate) {
            Outcome::Fail
        } else {
            Outcome::Uncounted
        }
    }

    /// Whether a gate keeps its promise, as this view understands it.
    pub(crate) fn is_good(&self, gate: &GateSnapshot) -> bool {
        if self.is_live() {
            !matches!(gate.state, GateState::Failed | GateState::Stale)
        } else {
            gate.open || (self.is_startup() && self.view.ready)
        }
    }

    pub(crate) fn unsealed(&self) -> bool {
        !self.view.ready && !self.snapshot.sealed && !self.is_live()
    }

    pub(crate) fn shutdown_failed(&self) -> bool {
        !self.view.ready && self.snapshot.phase != Phase::Serving && !self.is_live()
    }

    pub(crate) fn lists_shutdown(&self) -> bool {
        !(self.is_live() || self.is_startup()) || self.shutdown_failed()
    }

    pub(crate) fn excludes_shutdown(&self) -> bool {
        self.query.position(SHUTDOWN).is_some()
    }

    pub(crate) fn is_detailed(&self) -> bool {
        self.audience == Audience::Detailed
    }

    /// A view that is ready has nothing in its way, whatever its gates are: the machine has judged.
    fn is_in_the_way(&self, gate: &GateSnapshot) -> bool {
        let counts = gate.required || self.is_live();
        !self.view.ready && counts && holds_role(gate) && !self.is_good(gate)
    }

    fn excludes(&self, gate: &GateSnapshot) -> bool {
        !self.query.exclusions().is_empty()
            && (gate.views & self.excluded_views != 0 || self.named(gate).next().is_some())
    }

    /// The numbers of the exclusions that name a gate, or its stage.
    fn named(&self, gate: &'a GateSnapshot) -> impl Iterator<Item = usize> {
        let query = self.query;
        let names = [Some(&gate.name), gate.stage.as_ref()];
        names.into_iter().flatten().filter_map(|name| query.position(name.as_str()))
    }

    fn match_exclusions(&mut self) {
        if self.query.exclusions().is_empty() {
            return;
        }
        let mut matched = 0_u64;
        let mut views = 0_u64;
        for gate in self.gates() {
            views |= gate.views;
            self.named(gate).for_each(|at| matched |= 1 << at);
        }
        for (bit, view) in self.snapshot.views.iter().enumerate() {
            let Some(at) = self.query.position(view.name.as_str()) else { continue };
            if bit != self.number && views & 1 << bit != 0 {
                matched |= 1 << at;
                self.excluded_views |= 1 << bit;
            }
        }
        if let (true, Some(at)) = (self.lists_shutdown(), self.query.position(SHUTDOWN)) {
            matched |= 1 << at;
        }
        let all = u64::MAX >> (MAX_EXCLUSIONS - self.query.exclusions().len());
        self.unmatched = all & !matched;
    }

    fn find_cause(&mut self) {
        let mut has_cause = self.unsealed() || self.shutdown_failed();
        for gate in self.gates().filter(|gate| self.is_in_the_way(gate)) {
            has_cause = true;
            if !self.excludes(gate) {
                self.blocked = true;
                break;
            }
        }
        self.lacks_gates = !has_cause;
    }

    fn is_live(&self) -> bool {
        self.number == ViewId::LIVE.index()
    }

    fn is_startup(&self) -> bool {
        self.number == ViewId::STARTUP.index()
    }
}

/// Whether the process has the role that a gate counts in.
pub(crate) fn holds_role(gate: &GateSnapshot) -> bool {
    gate.role.as_ref().is_none_or(|(_, held)| *held)
}
