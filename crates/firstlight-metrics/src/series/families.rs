//! Every family of series that there is; the same as the table in `families.md`, which a test compares.

use super::Family;
use super::family::Kind::{Counter, Gauge};

pub(crate) static OF_SETS: [&Family; 14] = [
    &VIEW_READY,
    &VIEW_FLIPS_TOTAL,
    &TIME_TO_READY_SECONDS,
    &GATES_PENDING,
    &GATES_LEFT_OUT,
    &GATE_OPEN,
    &GATE_PENDING_SECONDS,
    &GATE_TIME_TO_OPEN_SECONDS,
    &GATE_FLIPS_TOTAL,
    &GATE_TRANSITIONS_TOTAL,
    &TRANSITIONS_LOST_TOTAL,
    &PHASE,
    &PHASE_SECONDS,
    &LAME_DUCK_ENDS_TOTAL,
];
pub(crate) static OF_OUTPUTS: [&Family; 2] =
    [&OUTPUT_PUBLICATIONS_TOTAL, &TIME_TO_FIRST_OUTPUT_SECONDS];
pub(crate) static OF_HOLDS: [&Family; 5] =
    [&HOLDS, &HOLDS_BEGUN_TOTAL, &HOLDS_ENDED_TOTAL, &HOLDS_EXPIRED_TOTAL, &HOLDS_REFUSED_TOTAL];
pub(crate) static OF_JANITORS: [&Family; 7] = [
    &CLEANUPS,
    &CLEANUPS_DETACHED_TOTAL,
    &CLEANUPS_ENDED_TOTAL,
    &CLEANUP_RETRIES_TOTAL,
    &CLEANUP_SYNC_PANICS_TOTAL,
    &CLEANUP_OVERRUNS_TOTAL,
    &CLEANUPS_ARMED_LONG_TOTAL,
];

pub(crate) static VIEW_READY: Family = Family {
    name: "firstlight_view_ready",
    kind: Gauge,
    labels: &["set", "view"],
    help: "Whether the view is ready now: 1 or 0.",
};

pub(crate) static VIEW_FLIPS_TOTAL: Family = Family {
    name: "firstlight_view_flips_total",
    kind: Counter,
    labels: &["set", "view"],
    help: "How often the view became ready or not ready.",
};

pub(crate) static TIME_TO_READY_SECONDS: Family = Family {
    name: "firstlight_time_to_ready_seconds",
    kind: Gauge,
    labels: &["set", "view"],
    help: "Since the start, when the view became ready first; absent until then, and for live.",
};

pub(crate) static GATES_PENDING: Family = Family {
    name: "firstlight_gates_pending",
    kind: Gauge,
    labels: &["set"],
    help: "Gates that hold up the view ready now.",
};

pub(crate) static GATES_LEFT_OUT: Family = Family {
    name: "firstlight_gates_left_out",
    kind: Gauge,
    labels: &["set"],
    help: "Gates that have no series of their own, since there are too many.",
};

pub(crate) static GATE_OPEN: Family = Family {
    name: "firstlight_gate_open",
    kind: Gauge,
    labels: &["set", "gate"],
    help: "Whether the gate is open now: 1 or 0.",
};

pub(crate) static GATE_PENDING_SECONDS: Family = Family {
    name: "firstlight_gate_pending_seconds",
    kind: Gauge,
    labels: &["set", "gate"],
    help: "For how long a gate that was never open is at work, as of the last collect; 0 once it was open.",
};

pub(crate) static GATE_TIME_TO_OPEN_SECONDS: Family = Family {
    name: "firstlight_gate_time_to_open_seconds",
    kind: Gauge,
    labels: &["set", "gate"],
    help: "How long the gate took to open first, from when its own time began; absent until then.",
};

pub(crate) static GATE_FLIPS_TOTAL: Family = Family {
    name: "firstlight_gate_flips_total",
    kind: Counter,
    labels: &["set", "gate"],
    help: "How often the gate opened or closed.",
};

pub(crate) static GATE_TRANSITIONS_TOTAL: Family = Family {
    name: "firstlight_gate_transitions_total",
    kind: Counter,
    labels: &["set", "to"],
    help: "How often a gate went into this state.",
};

pub(crate) static TRANSITIONS_LOST_TOTAL: Family = Family {
    name: "firstlight_transitions_lost_total",
    kind: Counter,
    labels: &["set"],
    help: "Transitions that came faster than they were observed, and were not counted.",
};

pub(crate) static PHASE: Family = Family {
    name: "firstlight_phase",
    kind: Gauge,
    labels: &["set", "phase"],
    help: "Whether this is the phase of its life now: 1 or 0.",
};

pub(crate) static PHASE_SECONDS: Family = Family {
    name: "firstlight_phase_seconds",
    kind: Gauge,
    labels: &["set", "phase"],
    help: "How long the phase took; absent until it is over.",
};

pub(crate) static LAME_DUCK_ENDS_TOTAL: Family = Family {
    name: "firstlight_lame_duck_ends_total",
    kind: Counter,
    labels: &["set", "end"],
    help: "How the lame duck ended: seen by all probers, at its maximum, or cut.",
};

pub(crate) static OUTPUT_PUBLICATIONS_TOTAL: Family = Family {
    name: "firstlight_output_publications_total",
    kind: Counter,
    labels: &["output"],
    help: "How often the output was published.",
};

pub(crate) static TIME_TO_FIRST_OUTPUT_SECONDS: Family = Family {
    name: "firstlight_time_to_first_output_seconds",
    kind: Gauge,
    labels: &["output"],
    help: "Since the start, when the output was published first; absent until then.",
};

pub(crate) static HOLDS: Family = Family {
    name: "firstlight_holds",
    kind: Gauge,
    labels: &["holds"],
    help: "Items that are kept back now.",
};

pub(crate) static HOLDS_BEGUN_TOTAL: Family = Family {
    name: "firstlight_holds_begun_total",
    kind: Counter,
    labels: &["holds"],
    help: "Items that were kept back.",
};

pub(crate) static HOLDS_ENDED_TOTAL: Family = Family {
    name: "firstlight_holds_ended_total",
    kind: Counter,
    labels: &["holds", "end"],
    help: "Holds that ended: with a whole item, with half of one, or since the item had gone.",
};

pub(crate) static HOLDS_EXPIRED_TOTAL: Family = Family {
    name: "firstlight_holds_expired_total",
    kind: Counter,
    labels: &["holds", "then"],
    help: "Holds whose time was over while nothing could be given out: the last one stays, or the part fails.",
};

pub(crate) static HOLDS_REFUSED_TOTAL: Family = Family {
    name: "firstlight_holds_refused_total",
    kind: Counter,
    labels: &["holds"],
    help: "Items that could not be kept back, since too many were.",
};

pub(crate) static CLEANUPS: Family = Family {
    name: "firstlight_cleanups",
    kind: Gauge,
    labels: &["janitor", "state"],
    help: "Clean-ups that are armed, wait or run, as of the last collect.",
};

pub(crate) static CLEANUPS_DETACHED_TOTAL: Family = Family {
    name: "firstlight_cleanups_detached_total",
    kind: Counter,
    labels: &["janitor"],
    help: "Clean-ups that were handed over.",
};

pub(crate) static CLEANUPS_ENDED_TOTAL: Family = Family {
    name: "firstlight_cleanups_ended_total",
    kind: Counter,
    labels: &["janitor", "outcome"],
    help: "Clean-ups that ended so.",
};

pub(crate) static CLEANUP_RETRIES_TOTAL: Family = Family {
    name: "firstlight_cleanup_retries_total",
    kind: Counter,
    labels: &["janitor"],
    help: "Attempts after the first.",
};

pub(crate) static CLEANUP_SYNC_PANICS_TOTAL: Family = Family {
    name: "firstlight_cleanup_sync_panics_total",
    kind: Counter,
    labels: &["janitor"],
    help: "Sync parts that panicked.",
};

pub(crate) static CLEANUP_OVERRUNS_TOTAL: Family = Family {
    name: "firstlight_cleanup_overruns_total",
    kind: Counter,
    labels: &["janitor"],
    help: "Attempts that took too long and could not be ended.",
};

pub(crate) static CLEANUPS_ARMED_LONG_TOTAL: Family = Family {
    name: "firstlight_cleanups_armed_long_total",
    kind: Counter,
    labels: &["janitor"],
    help: "Guards that were armed for longer than they should be.",
};
