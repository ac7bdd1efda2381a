use std::time::Duration;

use crate::figure::Unit;
use crate::graph::Graph;

/// Where a moment is drawn, and which moments are named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    left: f64,
    width: f64,
    pub(super) until: Duration,
    pub(super) unit: Unit,
}

/// At most so many stretches between ticks.
const STRETCHES: f64 = 8.0;

impl Axis {
    pub(super) fn new(graph: &Graph<'_>, left: f64, right: f64) -> Self {
        let until = horizon(graph).max(Duration::from_micros(1));
        Self { left, width: right - left, until, unit: Unit::of(until) }
    }

    /// A moment beyond the horizon is drawn on it.
    pub(super) fn x(&self, moment: Duration) -> f64 {
        let share = moment.as_secs_f64() / self.until.as_secs_f64();
        round(self.left + self.width * share.min(1.0))
    }

    /// The ticks: where they are, and what they say. The steps are 1, 2 or 5 of a power of ten.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let until = self.until.as_nanos() as f64;
        let power = 10_f64.powf((until / STRETCHES).log10().floor());
        let fits = |step: &f64| until / step <= STRETCHES;
        let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(fits);
        let step = step.unwrap_or(until);
        let decimals = (self.unit.nanos() / step).log10().ceil().clamp(0.0, 9.0) as usize;
        let tick = |n: usize| {
            let at = step * n as f64;
            let figure = at / self.unit.nanos();
            let x = round(self.left + self.width * at / until);
            (x, format!("{figure:.decimals$} {}", self.unit.symbol()))
        };
        (0..=(until / step + 1e-9).floor() as usize).map(tick).collect()
    }
}

/// The end of what ended; where something is still running a quarter more, so that it can be seen to go on.
fn horizon(graph: &Graph<'_>) -> Duration {
    let spans = || graph.timeline.spans.iter();
    let known = spans().map(|span| span.end.unwrap_or(span.start)).max().unwrap_or_default();
    if spans().all(|span| span.end.is_some()) {
        return known;
    }
    let now = graph.timeline.seen_until;
    if known.is_zero() { now } else { now.min(known + known / 4) }
}

pub(super) fn round(pixels: f64) -> f64 {
    (pixels * 100.0).round() / 100.0
}
