//! An engine, its workers and the model, side by side: what can happen is in `moves.rs`, what must hold in `checks.rs`.

use std::time::Duration;

use proptest::sample::Index;
use tokio_util::sync::CancellationToken;

use super::Op;
use super::crews::{At, Worker, act};
use super::model::{Fate, KEYS, Model, Stage, State};
use crate::claim::Claim;
use crate::engine::{Claims, Engine};
use crate::job::Job;
use crate::key::Key;
use crate::outcome::Outcome;
use crate::plain_job::plain_job;

/// Out of a worker's hands: which worker's, its row, and how it ends if it is not to be run.
pub(super) type Taken = (usize, Box<Job>, Option<usize>, Option<Outcome>);

pub(super) struct Sim {
    pub(super) engine: Engine,
    pub(super) model: Model,
    pub(super) most: usize,
    pub(super) queue: usize,
    pub(super) workers: Vec<Worker>,
    /// What somebody is about to end.
    pub(super) buried: Vec<(Box<Job>, Option<usize>, Outcome)>,
    /// The claims of each key, newest last, of this janitor and of another one.
    pub(super) claims: [[Vec<Claim>; KEYS]; 2],
    pub(super) foreign: Claims,
    pub(super) fences: Vec<(usize, CancellationToken)>,
}

pub(super) fn key(at: usize) -> Key {
    Key::from(["a", "b", "c"][at])
}

pub(super) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(super) fn id(job: &Job) -> usize {
    usize::try_from(job.meta.id).expect("small")
}

impl Sim {
    pub(super) fn new(workers: usize, queue: usize) -> Self {
        Self {
            engine: Engine::new(workers, queue),
            model: Model::new(),
            most: workers.max(1),
            queue,
            workers: Vec::new(),
            buried: Vec::new(),
            claims: Default::default(),
            foreign: Claims::default(),
            fences: Vec::new(),
        }
    }

    pub(super) fn apply(&mut self, op: Op) {
        match op {
            Op::Submit { delay, time, key, claim, phase } => {
                self.submit(seconds(delay), seconds(time), key, claim, phase);
            }
            Op::Step(which) => {
                if let Some(at) = pick(&self.workers, which, |worker| match worker.at {
                    At::Parked { until, called } => {
                        called || until.is_some_and(|until| until <= self.model.now)
                    }
                    At::Busy { .. } => false,
                    At::Coming | At::Asking => true,
                }) {
                    self.step(at);
                }
            }
            Op::End(which) => {
                if let Some((at, job, row, outcome)) = self.busy(which) {
                    self.end(job, row, outcome.unwrap_or(Outcome::Completed));
                    self.workers[at].at = At::Asking;
                }
            }
            Op::Again(which, pause) => {
                if let Some((at, job, row, outcome)) = self.busy(which) {
                    self.again(job, row, outcome, seconds(pause));
                    self.workers[at].at = At::Asking;
                }
            }
            Op::Bury(which) => {
                if let Some(at) = pick(&self.buried, which, |_| true) {
                    let (job, row, outcome) = self.buried.swap_remove(at);
                    self.end(job, row, outcome);
                }
            }
            Op::Lose(which, again) => {
                if let Some(at) = pick(&self.workers, which, |_| true) {
                    self.lose(at, again);
                }
            }
            Op::Retire(which) => {
                let asleep = |worker: &Worker| matches!(worker.at, At::Parked { until: None, .. });
                if let Some(at) = pick(&self.workers, which, asleep) {
                    let crew = self.workers[at].crew;
                    let called = matches!(self.workers[at].at, At::Parked { called: true, .. });
                    assert_eq!(self.engine.staff(crew).retire(), !called);
                    if !called {
                        self.workers.remove(at);
                    }
                }
            }
            Op::Claim { registry, key } => self.claim(registry, key),
            Op::Cancel(which) => {
                let gone = self.engine.supersede(key(which).as_str(), false);
                let expected = self.model.take_out(|model, id| model.fates[id].key == Some(which));
                let of_key = |fate: &&mut Fate| fate.key == Some(which);
                let running = |fate: &&mut Fate| fate.state == State::Running;
                let fates = self.model.fates.iter_mut().filter(of_key).filter(running);
                fates.for_each(|fate| fate.cancelled = true);
                self.bury(gone, &expected, Outcome::Superseded);
            }
            Op::Fence(which) => {
                let over = self.engine.lanes.over(key(which).as_str());
                assert_eq!(over.is_none(), self.model.lanes[which].is_empty());
                self.fences.extend(over.map(|over| (which, over)));
            }
            Op::CountIn => {
                let mut job = plain_job(None, None);
                let now = self.model.now;
                let _ = self.model.submit(Fate::new(None, None, 0, now, now), true);
                self.engine.count_in(&mut job);
                self.buried.push((job, None, Outcome::Completed));
            }
            Op::Hasten(which, time) => {
                let now = self.model.now;
                let after = self.engine.hasten(key(which).as_str(), seconds(time), now);
                act(&mut self.workers, after);
                self.model.hasten(which);
                // Their deadlines are the engine's affair.
                for job in self.engine.queued().chain(self.engine.later.iter()) {
                    self.model.fates[id(job)].due = job.meta.due;
                }
            }
            Op::Phase(phase) => {
                let after = self.engine.enter_phase(phase, self.model.now);
                self.model.enter_phase(phase);
                act(&mut self.workers, after);
            }
            Op::Close => {
                let gone = self.engine.close();
                self.model.stage = Stage::Closed;
                let expected = self.model.take_out(|_, _| true);
                self.bury(gone, &expected, Outcome::Lost);
            }
            Op::CloseIfIdle => {
                let idle = self.model.count(|fate| fate.state != State::Ended) == 0;
                assert_eq!(self.engine.close_if_idle(), idle);
                if idle {
                    self.model.stage = Stage::Closed;
                }
            }
            Op::Help => {
                let after = self.engine.help();
                act(&mut self.workers, after);
            }
            Op::Dismiss => {
                let after = self.engine.dismiss();
                act(&mut self.workers, after);
            }
            Op::Pass(time) => self.model.now += seconds(time),
        }
        self.model.note();
    }
}

pub(super) fn pick<T>(among: &[T], which: Index, fits: impl Fn(&T) -> bool) -> Option<usize> {
    let fitting: Vec<_> = (0..among.len()).filter(|at| fits(&among[*at])).collect();
    (!fitting.is_empty()).then(|| *which.get(&fitting))
}
