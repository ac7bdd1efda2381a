use std::time::Duration;

use firstlight_ready::{GateState, LameDuckEnd, Phase};

use super::book::Book;
use crate::series::{Counter, Each, Gauge, families};

const PHASES: [Phase; 4] = [Phase::Serving, Phase::Draining, Phase::Stopping, Phase::Stopped];

/// All but the last one end.
const PHASES_THAT_END: [Phase; 3] = [Phase::Serving, Phase::Draining, Phase::Stopping];

/// The series of the set as a whole.
#[derive(Debug)]
pub(super) struct SetSeries {
    pending: Gauge,
    left_out: Gauge,
    transitions: Each<GateState, Counter>,
    lost: Counter,
    phases: Each<Phase, Gauge>,
    phase_times: Each<Phase, Gauge>,
    lame_duck_ends: Each<&'static str, Counter>,
}

impl SetSeries {
    pub(super) fn new(set: &str) -> Self {
        let ends = ["seen", "maximum", "cut"];
        let series = Self {
            pending: Gauge::new(&families::GATES_PENDING, &[set], 0.0),
            left_out: Gauge::new(&families::GATES_LEFT_OUT, &[set], 0.0),
            transitions: Each::counters(
                &families::GATE_TRANSITIONS_TOTAL,
                set,
                &GateState::ALL,
                GateState::as_str,
            ),
            lost: Counter::new(&families::TRANSITIONS_LOST_TOTAL, &[set]),
            phases: Each::gauges(&families::PHASE, set, &PHASES, Phase::as_str),
            phase_times: Each::gauges(
                &families::PHASE_SECONDS,
                set,
                &PHASES_THAT_END,
                Phase::as_str,
            ),
            lame_duck_ends: Each::counters(&families::LAME_DUCK_ENDS_TOTAL, set, &ends, |end| end),
        };
        series.entered(Phase::Serving);
        series
    }

    pub(super) fn count_gates(&self, book: &Book) {
        self.pending.set_count(book.pending());
        self.left_out.set_count(book.left_out());
    }

    pub(super) fn went_into(&self, state: GateState) {
        if let Some(counter) = self.transitions.of(state) {
            counter.tell(1);
        }
    }

    pub(super) fn lost(&self, missed: u64) {
        self.lost.tell(missed);
        self.lost.export();
    }

    pub(super) fn ended(&self, phase: Phase, took: Duration) {
        if let Some(gauge) = self.phase_times.of(phase) {
            gauge.set_time(took);
        }
    }

    pub(super) fn entered(&self, phase: Phase) {
        self.phases.iter().for_each(|(known, gauge)| gauge.set_if(known == phase));
    }

    /// There is one end: told again, and read besides, it counts once.
    pub(super) fn lame_duck_ended(&self, end: &LameDuckEnd) {
        let end = match end {
            LameDuckEnd::Seen { .. } => "seen",
            LameDuckEnd::Maximum { .. } => "maximum",
            LameDuckEnd::Cut(_) => "cut",
            _ => return,
        };
        if let Some(counter) = self.lame_duck_ends.of(end) {
            counter.raise(1);
        }
    }

    /// What a gate that went into this state has changed.
    pub(super) fn export_gates(&self, state: GateState) {
        self.pending.export();
        self.left_out.export();
        if let Some(counter) = self.transitions.of(state) {
            counter.export();
        }
    }

    /// What a phase has changed.
    pub(super) fn export_end(&self) {
        self.phases.export();
        self.phase_times.export();
        self.lame_duck_ends.export();
    }

    pub(super) fn export(&self) {
        self.pending.export();
        self.left_out.export();
        self.transitions.export();
        self.lost.export();
        self.export_end();
    }
}
