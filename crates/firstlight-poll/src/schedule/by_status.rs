use std::time::Duration;

use super::{Heuristic, Moment, Rate, nanos};
use crate::error_class::ErrorClass;
use crate::pending::Progress;
use crate::status::StatusKind;

/// The heuristic of [`Envelope`](crate::Envelope), which goes by the status.
///
/// It reads the time left from the progress that the target reports:
///
/// | status | suggestion |
/// |---|---|
/// | `k` of `n` done | 15 % of the time that the rest takes at the rate seen so far, plus 10 % of the time since the last step, so that one check that hangs burns no polls |
/// | the first of such, or one that went back (a restart) | as short as is allowed |
/// | overloaded | as long as is allowed |
/// | no answer in time | as short as is allowed: the attempt was a wait already |
/// | anything else | 20 % of the time since the status changed: shorter for a while, since one change often brings another; then as long as is allowed |
#[derive(Debug, Clone)]
pub struct ByStatus {
    phase: Option<Phase>,
}

/// A stretch of progress that only goes forward.
#[derive(Debug, Clone, Copy)]
struct Phase {
    began: u64,
    at_first: Progress,
    now: Progress,
    last_step: u64,
}

/// How much of the estimated rest is waited.
const OF_THE_REST: Rate = Rate::percent(15);
/// How much of the time since the last step is waited on top.
const OF_THE_SILENCE: Rate = Rate::percent(10);
/// How much of the time since a status without progress changed is waited. Less costs polls where nothing
/// follows the change, more gains nothing where readiness does.
const OF_THE_UNCHANGED: Rate = Rate::percent(20);

impl ByStatus {
    /// Makes a heuristic that has seen nothing yet.
    pub const fn new() -> Self {
        Self { phase: None }
    }

    #[inline]
    fn by_progress(&mut self, elapsed: u64, now: Progress) -> u64 {
        let phase = match &mut self.phase {
            Some(phase) if phase.now.total == now.total && phase.now.done <= now.done => phase,
            slot => slot.insert(Phase { began: elapsed, at_first: now, now, last_step: elapsed }),
        };
        if phase.now.done < now.done {
            phase.now = now;
            phase.last_step = elapsed;
        }
        // The rate is (steps + ½) / time: before the first step it is not zero, and the estimate stays finite.
        let half_steps = (now.done - phase.at_first.done).saturating_mul(2).saturating_add(1);
        let time = elapsed.saturating_sub(phase.began);
        let rest = (time / half_steps).saturating_mul(now.left().saturating_mul(2));
        OF_THE_REST
            .of(rest)
            .saturating_add(OF_THE_SILENCE.of(elapsed.saturating_sub(phase.last_step)))
    }
}

impl Default for ByStatus {
    fn default() -> Self {
        Self::new()
    }
}

impl Heuristic for ByStatus {
    #[inline]
    fn suggest(&mut self, moment: &Moment<'_>) -> Duration {
        match (moment.status.kind(), moment.status.progress()) {
            (StatusKind::Overloaded, _) => Duration::MAX,
            (StatusKind::Error(ErrorClass::Timeout), _) => Duration::ZERO,
            (_, Some(progress)) if progress.total > 0 => {
                Duration::from_nanos(self.by_progress(nanos(moment.elapsed), progress))
            }
            _ => Duration::from_nanos(OF_THE_UNCHANGED.of(nanos(moment.unchanged))),
        }
    }
}
