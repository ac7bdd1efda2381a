//! What must hold after everything that happens, and in the end.

use std::time::Duration;

use super::Op;
use super::crews::{At, Worker, are_counted, somebody_looks};
use super::model::{Stage, State};
use super::sim::{Sim, seconds};
use crate::engine::Crew;
use crate::outcome::Outcome;

impl Sim {
    pub(super) fn check(&mut self) {
        are_counted(&self.workers, &mut self.engine, self.most);
        let model = &self.model;
        let waiting = model.count(|fate| fate.state == State::Waiting);
        assert_eq!(self.engine.waiting(), waiting);
        assert_eq!(self.engine.queued().chain(self.engine.later.iter()).count(), waiting);
        for phase in 0..4 {
            let there = model.count(|fate| fate.state != State::Ended && fate.phase == phase);
            assert_eq!(self.engine.outstanding_in(phase), there);
        }
        let row = |worker: &&Worker| matches!(worker.at, At::Busy { row: Some(_), .. });
        assert_eq!(self.engine.rows.len(), self.workers.iter().filter(row).count());
        let all = 0..model.fates.len();
        let looked_for = if all.clone().any(|id| model.must_begin(id)) {
            Some(model.now)
        } else {
            let later =
                all.filter(|id| model.stage == Stage::Open || model.fates[*id].attempts > 0);
            let later = later.filter(|_| model.stage != Stage::Closed);
            later.filter_map(|id| model.comes_up(id)).filter(|begin| *begin > model.now).min()
        };
        if let Some(time) = looked_for {
            somebody_looks(&self.workers, &self.engine, self.most, time).expect("stranded");
        }
        self.fences.retain(|(key, over)| {
            assert_eq!(over.is_cancelled(), model.lanes[*key].is_empty(), "fence of {key}");
            !over.is_cancelled()
        });
    }

    /// Lets everybody work until nothing is left, the phases too; helpers need not come, nor the home crew if there are helpers.
    pub(super) fn run_to_the_end(&mut self) {
        self.apply(Op::Phase(3));
        let deserted = self.engine.helped.then_some(Crew::Home);
        for _ in 0..2_000 {
            if self.model.count(|fate| fate.state != State::Ended) == 0 {
                break;
            }
            let works = |worker: &Worker| {
                let stuck = Some(worker.crew) == deserted && matches!(worker.at, At::Coming);
                let due = |until: &Duration| *until <= self.model.now;
                match &worker.at {
                    At::Parked { until, called } => *called || until.as_ref().is_some_and(due),
                    _ => !stuck,
                }
            };
            if let Some((job, row, outcome)) = self.buried.pop() {
                self.end(job, row, outcome);
            } else if let Some(at) = self.workers.iter().position(works) {
                match std::mem::replace(&mut self.workers[at].at, At::Asking) {
                    At::Busy { job, row, outcome } => {
                        self.end(job, row, outcome.unwrap_or(Outcome::Completed));
                    }
                    there => {
                        self.workers[at].at = there;
                        self.step(at);
                    }
                }
            } else {
                self.model.now += seconds(1);
            }
            self.model.note();
            self.check();
        }
        assert_eq!(self.model.count(|fate| fate.state != State::Ended), 0, "stranded");
        assert_eq!(self.engine.outstanding(), 0);
        assert!(self.engine.close_if_idle());
    }
}
