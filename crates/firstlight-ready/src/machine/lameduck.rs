use std::time::Duration;

use crate::drain::{LameDuck, LameDuckEnd, Phase};
use crate::machine::Machine;
use crate::machine::event::nanos;
use crate::machine::slot::NEVER;
use crate::reason::Reason;
use crate::transition::Transition;

/// As many probers as are remembered; of more, the one silent for longest is forgotten.
const MAX_PROBERS: usize = 64;

/// Who has not asked for so long before the drain is not waited for.
const GONE_AFTER: Duration = Duration::from_secs(60);

/// The end of the process: it only goes on, never back.
#[derive(Debug, Clone, Default)]
pub(super) struct Ending {
    stage: Stage,
    reason: Option<Reason>,
    end: Option<LameDuckEnd>,
    rule: LameDuck,
    until: u64,
    since: u64,
    probers: Vec<Prober>,
    /// When one was forgotten, to make room, who would have been waited for.
    crowded: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Stage {
    #[default]
    Serving,
    Draining,
    Stopping,
    Stopped,
}

#[derive(Debug, Clone)]
struct Prober {
    name: Reason,
    last: u64,
    /// So many times it was told not-ready since the drain began.
    told: u32,
}

impl Ending {
    pub(super) fn phase(&self) -> Phase {
        match self.stage {
            Stage::Serving => Phase::Serving,
            Stage::Draining => Phase::Draining,
            Stage::Stopping => Phase::Stopping,
            Stage::Stopped => Phase::Stopped,
        }
    }

    pub(super) fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    pub(super) fn end(&self) -> Option<&LameDuckEnd> {
        self.end.as_ref()
    }

    /// When the lame duck is over at the latest.
    pub(super) fn due(&self) -> u64 {
        if matches!(self.stage, Stage::Draining) { self.until } else { NEVER }
    }

    fn told(&mut self, name: Reason, ready: bool, now: u64) {
        let counts = u32::from(!ready && matches!(self.stage, Stage::Draining));
        if let Some(prober) = self.probers.iter_mut().find(|prober| prober.name == name) {
            prober.last = now;
            prober.told = prober.told.saturating_add(counts);
            return;
        }
        if self.probers.len() == MAX_PROBERS {
            let silent =
                (0..MAX_PROBERS).min_by_key(|at| self.probers[*at].last).unwrap_or_default();
            let forgotten = self.probers.swap_remove(silent);
            if forgotten.last >= long_ago(now) {
                self.crowded = Some(now);
            }
        }
        self.probers.push(Prober { name, last: now, told: counts });
    }

    /// Whether the lame duck is over, and why.
    fn over(&self, now: u64) -> Option<LameDuckEnd> {
        if !matches!(self.stage, Stage::Draining) {
            return None;
        }
        let probers = u32::try_from(self.probers.len()).unwrap_or(u32::MAX);
        let informed =
            self.probers.iter().filter(|prober| prober.told >= self.rule.seen.max(1)).count();
        let informed = u32::try_from(informed).unwrap_or(u32::MAX);
        // Of a crowd nobody knows whether all have seen it: a flood of made-up names must not end it early.
        let known = self.crowded.is_none() && probers > 0;
        if self.rule.seen > 0 && known && informed == probers {
            return Some(LameDuckEnd::Seen { probers });
        }
        (now >= self.until).then_some(LameDuckEnd::Maximum { informed, probers })
    }
}

fn long_ago(now: u64) -> u64 {
    now.saturating_sub(nanos(GONE_AFTER))
}

impl Machine {
    pub(super) fn delivered(&mut self, prober: Reason, ready: bool) {
        self.ending.told(prober, ready, self.now);
    }

    pub(super) fn drain(&mut self, reason: Reason, rule: LameDuck) {
        if !matches!(self.ending.stage, Stage::Serving) {
            return;
        }
        let gone = long_ago(self.now);
        self.ending.probers.retain(|prober| prober.last >= gone);
        self.ending.crowded = self.ending.crowded.filter(|at| *at >= gone);
        self.ending.reason = Some(reason);
        self.ending.rule = rule;
        self.ending.until = self.now.saturating_add(nanos(rule.max));
        self.enter(Stage::Draining);
    }

    pub(super) fn cut(&mut self, reason: Reason) {
        self.drain(reason.clone(), LameDuck { seen: 0, max: Duration::MAX });
        if matches!(self.ending.stage, Stage::Draining) {
            self.ending.end = Some(LameDuckEnd::Cut(reason));
            self.enter(Stage::Stopping);
        }
    }

    pub(super) fn stopped(&mut self) {
        if !matches!(self.ending.stage, Stage::Stopped) {
            self.ending.reason.get_or_insert_with(|| Reason::new("stopped"));
            self.enter(Stage::Stopped);
        }
    }

    pub(super) fn end_lame_duck(&mut self) {
        if let Some(end) = self.ending.over(self.now) {
            self.ending.end = Some(end);
            self.enter(Stage::Stopping);
        }
    }

    fn enter(&mut self, stage: Stage) {
        let from = self.ending.phase();
        self.ending.stage = stage;
        let since = std::mem::replace(&mut self.ending.since, self.now);
        let since = if from == Phase::Serving { self.made } else { since };
        self.effects.transitions.push(Transition::Phase {
            from,
            to: self.ending.phase(),
            reason: self.ending.reason.clone().unwrap_or_else(|| Reason::new("")),
            lame_duck: self.ending.end.clone(),
            since: Duration::from_nanos(since),
            at: Duration::from_nanos(self.now),
        });
        self.move_all_views();
        if from == Phase::Serving {
            // Those who wait for a gate wait no longer.
            self.tell_closed_gates();
        }
        self.changed();
    }
}
