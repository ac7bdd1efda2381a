//! What the log is told: one event for a change, rare ones while nothing changes. None of it under a lock.

use std::time::Duration;

use tracing::level_filters::LevelFilter;

use crate::drain::Phase;
use crate::human::Human;
use crate::machine::{ViewId, nanos};
use crate::reason::Reason;
use crate::set::Set;
use crate::state::GateState;
use crate::sync::Notice;
use crate::transition::{GateTransition, Transition};

/// WARN for trouble, INFO otherwise: `tracing` wants to know an event's level when it is compiled.
macro_rules! event {
    ($trouble:expr, $($event:tt)*) => {
        if $trouble {
            tracing::warn!(target: "firstlight_ready", $($event)*);
        } else {
            tracing::info!(target: "firstlight_ready", $($event)*);
        }
    };
}

/// The span of the whole start, whatever the set is called: its gates are its parts, and a budget is kept for it by this name.
const WHOLE: &str = "ready";

pub(crate) fn emit(set: &Set, notice: &Notice) {
    // Nobody listens at all: nothing of it needs to be put together.
    if LevelFilter::current() == LevelFilter::OFF {
        return;
    }
    // What an event says is put together only for somebody who listens.
    if !tracing::enabled!(target: "firstlight_ready", tracing::Level::WARN) {
        return;
    }
    match notice {
        Notice::Transition(Transition::Gate(change)) => gate(set, change),
        Notice::Transition(Transition::View { view, ready, since, at }) => {
            view_changed(set, view.as_str(), *ready, *since, *at);
        }
        Notice::Transition(Transition::Phase { to, reason, lame_duck, since, at, .. }) => {
            let how = match lame_duck {
                Some(end) => end.to_string(),
                None => reason.to_string(),
            };
            event!(
                false,
                set = set.name.as_str(),
                phase = to.as_str(),
                reason = reason.as_str(),
                start_ns = nanos(*since),
                end_ns = nanos(*at),
                "{} is {to}: {how}",
                set.name
            );
        }
        Notice::FirstReady(change) => {
            if let Transition::View { at, .. } = change {
                first_ready(set, *at);
            }
        }
        Notice::StillWaiting(at) => waiting(set, *at),
    }
}

/// So many transitions were lost.
pub(crate) fn lagged(set: &Set, missed: u64) {
    let now = nanos(set.shared.clock().now());
    event!(
        true,
        set = set.name.as_str(),
        missed,
        start_ns = now,
        end_ns = now,
        "{}: {missed} transitions are lost: they came faster than they were told",
        set.name
    );
}

pub(crate) fn observer_panicked(set: &Set) {
    let now = nanos(set.shared.clock().now());
    event!(
        true,
        set = set.name.as_str(),
        start_ns = now,
        end_ns = now,
        "{}: an observer has panicked",
        set.name
    );
}

fn gate(set: &Set, change: &GateTransition) {
    let gate = change.gate.as_str();
    let closes = change.from.is_good() && !change.open;
    let trouble = closes || matches!(change.to, GateState::Failed | GateState::Stale);
    // The gate's part of the start ends when it opens, or fails before it has.
    let ends = change.first_open || (change.to == GateState::Failed && never_opened(set, gate));
    let after =
        ends.then(|| change.after.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(","));
    let why = change.reason.as_ref().map(Reason::as_str);
    event!(
        trouble,
        set = set.name.as_str(),
        gate,
        from = change.from.as_str(),
        to = change.to.as_str(),
        open = change.open,
        reason = why,
        span = ends.then_some(gate),
        parent = ends.then_some(WHOLE),
        after = after.as_deref().filter(|after| !after.is_empty()),
        outcome = ends.then_some(change.to.as_str()),
        start_ns = nanos(if ends { change.began } else { change.since }),
        end_ns = nanos(change.at),
        "gate {gate}: {} -> {}{}{}",
        change.from,
        change.to,
        if why.is_some() { ": " } else { "" },
        why.unwrap_or_default()
    );
}

fn never_opened(set: &Set, gate: &str) -> bool {
    set.shared
        .look(|machine, _| machine.find(gate).is_none_or(|gate| machine.opened_at(gate).is_none()))
}

fn view_changed(set: &Set, view: &str, ready: bool, since: Duration, at: Duration) {
    let what = ViewName { set: set.name.as_str(), view };
    let (start_ns, end_ns) = (nanos(since), nanos(at));
    let set_name = set.name.as_str();
    if ready {
        event!(false, set = set_name, view, ready, start_ns, end_ns, "{what} is ready");
        return;
    }
    // It may be ready again by now; then there is nothing to explain, and the next line says so.
    let (ending, why) = set.shared.look(|machine, now| {
        let why = machine.view(view).filter(|view| !machine.is_ready(*view));
        let why = why.map(|view| format!(": {}", machine.explain(view, now)));
        (machine.phase() != Phase::Serving, why.unwrap_or_default())
    });
    // That the end takes the views away is no trouble.
    event!(!ending, set = set_name, view, ready, start_ns, end_ns, "{what} is not ready{why}");
}

fn waiting(set: &Set, at: Duration) {
    let (pending, why) = set.shared.look(|machine, now| {
        let snapshot = machine.snapshot(now);
        let counts = |role: &Option<(_, bool)>| role.as_ref().is_none_or(|(_, held)| *held);
        let pending = snapshot
            .gates_of("ready")
            .filter(|gate| gate.required && !gate.open && counts(&gate.role))
            .count();
        (pending, machine.explain(ViewId::READY, now))
    });
    event!(
        false,
        set = set.name.as_str(),
        pending,
        start_ns = nanos(set.made),
        end_ns = nanos(at),
        "{} is still not ready after {}: {why}",
        set.name,
        Human(at.saturating_sub(set.made))
    );
}

fn first_ready(set: &Set, at: Duration) {
    let slowest = set.shared.look(|machine, _| machine.slowest());
    let slowest = match slowest {
        Some((gate, took)) => format!("; slowest: {gate} {}", Human(took)),
        None => String::new(),
    };
    event!(
        false,
        set = set.name.as_str(),
        view = "ready",
        ready = true,
        span = WHOLE,
        outcome = "ready",
        start_ns = nanos(set.made),
        end_ns = nanos(at),
        "{} is ready after {}{slowest}",
        set.name,
        Human(at.saturating_sub(set.made))
    );
}

/// `orders`, `orders: view startup`.
struct ViewName<'a> {
    set: &'a str,
    view: &'a str,
}

impl std::fmt::Display for ViewName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.view {
            "ready" => f.write_str(self.set),
            view => write!(f, "{}: view {view}", self.set),
        }
    }
}
