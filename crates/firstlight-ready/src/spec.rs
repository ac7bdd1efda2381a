use std::time::Duration;

use crate::name::{Name, NameError};

/// How long a gate may take to open when nothing else is said: two minutes.
pub const DEFAULT_WITHIN: Duration = Duration::from_secs(120);

/// What a gate promises and by which rules it is judged.
///
/// Made with [`Spec::new`]: required, local, latched, two minutes to open, counted in the views `startup` and `ready`.
/// A mistake in a name is told when the gate is declared.
#[derive(Debug, Clone)]
#[must_use = "a spec does nothing until a gate is declared with it"]
pub struct Spec {
    pub(crate) name: Result<Name, NameError>,
    pub(crate) kind: Kind,
    pub(crate) shared: bool,
    pub(crate) mode: Mode,
    pub(crate) silence: Option<Duration>,
    pub(crate) empty: Empty,
    pub(crate) within: Option<Duration>,
    pub(crate) stall: Option<Duration>,
    pub(crate) on_drop: Option<OnDrop>,
    pub(crate) stage: Option<Result<Name, NameError>>,
    pub(crate) after: Vec<Result<Name, NameError>>,
    pub(crate) role: Option<Result<Name, NameError>>,
    pub(crate) views: Option<Vec<Result<Name, NameError>>>,
    pub(crate) live: bool,
}

/// Whether a gate holds up the views that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// It does.
    Required,
    /// It does not: it is only reported.
    Optional,
    /// It does for so long, counted as [`Spec::within`] is; then the expiry decides.
    RequiredUntil(Duration, Expiry),
}

/// What happens to a gate whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiry {
    /// It opens as degraded: the service goes on without, until its part reports ready after all.
    ///
    /// A failure before that does not end a wait, since the gate opens in the end.
    Degrade,
    /// It fails.
    Fail,
}

/// What a gate that has been open does when its part reports trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// It stays open; trouble is shown as degraded. The default: an initial sync happens once.
    ///
    /// Only a handle that is dropped closes it, and only if [`OnDrop::Fail`] was chosen.
    Latched,
    /// It closes and opens again, after as many reports and not sooner than said.
    Live(Hysteresis),
}

/// How sluggish a live gate is; never for a failure or the drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hysteresis {
    /// So many good reports in a row open it, the first time too; 0 is taken as 1.
    pub rise: u32,
    /// So many bad reports in a row close it; 0 is taken as 1.
    pub fall: u32,
    /// It stays open, or closed, at least for so long. Its first opening does not wait.
    pub min_dwell: Duration,
}

impl Default for Hysteresis {
    /// Follows every report at once.
    fn default() -> Self {
        Self { rise: 1, fall: 1, min_dwell: Duration::ZERO }
    }
}

/// What counts as open when a part is ready and has nothing to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Empty {
    /// Empty is as good as full. The default.
    Accept,
    /// Empty counts once it has lasted for so long.
    AcceptAfter(Duration),
    /// Empty does not count.
    Reject,
}

/// What a gate becomes when its handle is dropped after it was open; before, it fails.
///
/// One that stays keeps the word of its part, too, if that reported ready and only the gates before it are missing.
/// One that was given up at its expiry stays degraded, whatever is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDrop {
    /// It stays as it is. The default of latched gates.
    Stay,
    /// It fails. The default of live gates and heartbeats.
    Fail,
    /// It serves on as degraded if it is open, and fails if not. The default of live gates that are shared.
    Degrade,
}

impl Spec {
    /// Describes a required gate; see the type for the defaults.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self {
            name: Name::new(name.as_ref()),
            kind: Kind::Required,
            shared: false,
            mode: Mode::Latched,
            silence: None,
            empty: Empty::Accept,
            within: Some(DEFAULT_WITHIN),
            stall: None,
            on_drop: None,
            stage: None,
            after: Vec::new(),
            role: None,
            views: None,
            live: false,
        }
    }

    /// Sets whether it holds up its views. Default: required.
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Makes it optional: reported, holding nothing up.
    pub fn optional(self) -> Self {
        self.kind(Kind::Optional)
    }

    /// Says that others depend on the same thing: it must be there to start, and afterwards only degrades.
    ///
    /// So one bad database does not pull every replica out of service at once. Latched gates only ever degrade, so that it
    /// matters for live gates and heartbeats. Default: local.
    pub fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// Sets what it does after it was open. Default: latched.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Lets a live gate go stale when nothing was reported for so long: it closes until the next report. Default: off.
    ///
    /// A gate that is latched becomes live by it, whichever is said first. Watched from its opening on; at 0 it is stale
    /// at once, `Duration::MAX` never comes.
    pub fn heartbeat(mut self, silence: Duration) -> Self {
        self.silence = Some(silence);
        self
    }

    /// Sets what counts when there is nothing to serve. Default: accept.
    pub fn empty(mut self, empty: Empty) -> Self {
        self.empty = empty;
        self
    }

    /// Sets how long it may take to open, from its declaration or from the moment at which all it depends on is open.
    ///
    /// Default: two minutes. At 0 it fails unless it opens at that very moment; `Duration::MAX` never comes. Past it the gate
    /// fails, and a later report of ready still opens it. A kind that is [`Kind::RequiredUntil`] takes its own time instead.
    /// While the process does not have its role, no time counts; it counts anew when the role is taken.
    pub fn within(mut self, within: Duration) -> Self {
        self.within = Some(within);
        self
    }

    /// Lets it take as long as it likes: the one way to write a wait without an end.
    pub fn without_deadline(mut self) -> Self {
        self.within = None;
        self
    }

    /// Fails it when it has not moved for so long: no report, a beat, or the same progress again. Default: off; 0 is off.
    ///
    /// Counted from where [`Spec::within`] is, until it opens or reports a failure. Slow but moving goes on, hung fails
    /// early; the next report that is new lets it go on.
    pub fn stall(mut self, stall: Duration) -> Self {
        self.stall = (stall > Duration::ZERO).then_some(stall);
        self
    }

    /// Sets what it becomes when its handle is dropped after it was open.
    pub fn on_drop(mut self, on_drop: OnDrop) -> Self {
        self.on_drop = Some(on_drop);
        self
    }

    /// Puts it into a stage: it cannot open before all required gates of the stages before have opened.
    ///
    /// A gate that comes after the seal waits for the stages before its own, but no stage waits for it.
    pub fn stage(mut self, stage: impl AsRef<str>) -> Self {
        self.stage = Some(Name::new(stage.as_ref()));
        self
    }

    /// Says what it depends on: it cannot open before these gates have opened.
    ///
    /// Optional ones too; not those of a role that the process does not have. Having been open once is enough.
    pub fn after<N: AsRef<str>>(mut self, gates: impl IntoIterator<Item = N>) -> Self {
        self.after.extend(gates.into_iter().map(|gate| Name::new(gate.as_ref())));
        self
    }

    /// Counts it, and opens it first, only while the process has this role; see [`set_role`](crate::Readiness::set_role).
    pub fn when(mut self, role: impl AsRef<str>) -> Self {
        self.role = Some(Name::new(role.as_ref()));
        self
    }

    /// Sets the views that it is in. Default: `startup` and `ready`.
    ///
    /// Any view but `live`, for which there is [`Spec::in_live`]; a view that is not known yet is made.
    pub fn views<N: AsRef<str>>(mut self, views: impl IntoIterator<Item = N>) -> Self {
        self.views = Some(views.into_iter().map(|view| Name::new(view.as_ref())).collect());
        self
    }

    /// Lets the process count as dead when it fails or goes stale. Default: off.
    ///
    /// A gate that is merely not ready never makes the process count as dead.
    pub fn in_live(mut self) -> Self {
        self.live = true;
        self
    }
}
