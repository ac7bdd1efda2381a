//! An engine, its workers and the model, side by side.

use std::time::Duration;

use proptest::sample::Index;
use tokio_util::sync::CancellationToken;

use super::Op;
use super::crews::{At, Worker, act, are_counted, somebody_looks};
use super::model::{Fate, KEYS, Model, Stage, State};
use crate::claim::Claim;
use crate::engine::{Claims, Crew, Engine, Next, Submitted};
use crate::job::Job;
use crate::key::Key;
use crate::outcome::Outcome;
use crate::plain_job::plain_job;

/// Out of a worker's hands: which worker's, its row, and how it ends if it is not to be run.
type Taken = (usize, Box<Job>, Option<usize>, Option<Outcome>);

pub(super) struct Sim {
    engine: Engine,
    model: Model,
    most: usize,
    queue: usize,
    workers: Vec<Worker>,
    /// What somebody is about to end.
    buried: Vec<(Box<Job>, Option<usize>, Outcome)>,
    /// The claims of each key, newest last, of this janitor and of another one.
    claims: [[Vec<Claim>; KEYS]; 2],
    foreign: Claims,
    fences: Vec<(usize, CancellationToken)>,
}

fn key(at: usize) -> Key {
    Key::from(["a", "b", "c"][at])
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn id(job: &Job) -> usize {
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

    fn submit(
        &mut self,
        delay: Duration,
        time: Duration,
        at: Option<usize>,
        claim: Option<(usize, usize)>,
        phase: u8,
    ) {
        let now = self.model.now;
        let (begin, due) = (now + delay, now + delay + time);
        let registry = claim.map(|(registry, _)| registry);
        let claim = at.zip(claim).and_then(|(key, (registry, age))| {
            self.claims[registry][key].iter().rev().nth(age).cloned()
        });
        let epoch = claim.as_ref().map(Claim::epoch);
        let mut job = plain_job(at.map(key), claim);
        (job.meta.begin, job.meta.due, job.meta.phase) = (begin, due, phase);
        let waiting = self.model.count(|fate| fate.state == State::Waiting);
        let full = waiting.max(self.engine.ready.places()) >= self.queue;
        let fate = Fate::new(at, registry.zip(epoch), usize::from(phase), begin, due);
        let refused = self.model.submit(fate, full);
        match self.engine.submit(job, begin, now) {
            Submitted::Taken(after) => {
                assert_eq!(refused, None);
                act(&mut self.workers, after);
            }
            Submitted::Refused { job, outcome, .. } => {
                assert_eq!(refused, Some(outcome));
                self.buried.push((job, None, outcome));
            }
        }
    }

    fn step(&mut self, at: usize) {
        let (crew, now) = (self.workers[at].crew, self.model.now);
        match self.workers[at].at {
            At::Coming => self.engine.staff(crew).arrived(),
            At::Parked { .. } => self.engine.staff(crew).awake(),
            At::Asking | At::Busy { .. } => {
                let must = (0..self.model.fates.len()).any(|id| self.model.must_begin(id));
                self.workers[at].at = match self.engine.next(crew, now) {
                    Next::Run { mut job, row, after } => {
                        self.begins(&job);
                        job.meta.attempts += 1;
                        self.model.fates[id(&job)].due = job.meta.due;
                        self.model.fates[id(&job)].attempts += 1;
                        self.model.fates[id(&job)].state = State::Running;
                        act(&mut self.workers, after);
                        At::Busy { job, row: Some(row), outcome: None }
                    }
                    Next::End { job, outcome, after } => {
                        assert!(self.model.may_begin(id(&job)));
                        let stale = self.model.is_stale(id(&job));
                        let expected = if stale { Outcome::Superseded } else { Outcome::TimedOut };
                        assert_eq!(outcome, expected);
                        assert!(stale || now >= self.model.fates[id(&job)].due);
                        self.model.fates[id(&job)].state = State::Ending;
                        act(&mut self.workers, after);
                        At::Busy { job, row: None, outcome: Some(outcome) }
                    }
                    Next::Park { until } => {
                        assert!(!must, "it sleeps, and there is something to begin");
                        At::Parked { until, called: false }
                    }
                    Next::Leave => {
                        assert!(!must, "it leaves, and there is something to begin");
                        self.workers.remove(at);
                        return;
                    }
                };
                return;
            }
        }
        self.workers[at].at = At::Asking;
    }

    fn begins(&self, job: &Job) {
        let id = id(job);
        assert!(self.model.may_begin(id), "{id} begins out of turn");
        assert!(!self.model.is_stale(id), "{id} begins with a stale claim");
        assert!(!self.model.fates[id].cancelled, "{id} begins though it is cancelled");
        // While it is closing, the time in which its phase had not begun does not count.
        let fate = &self.model.fates[id];
        let waited = self.model.stage != Stage::Open && fate.attempts == 0;
        assert!(waited || self.model.now < fate.due, "{id} begins too late");
    }

    /// Takes a clean-up out of its worker's hands.
    fn busy(&mut self, which: Index) -> Option<Taken> {
        let at = pick(&self.workers, which, |worker| matches!(worker.at, At::Busy { .. }))?;
        match std::mem::replace(&mut self.workers[at].at, At::Asking) {
            At::Busy { job, row, outcome } => Some((at, job, row, outcome)),
            _ => None,
        }
    }

    fn again(
        &mut self,
        job: Box<Job>,
        row: Option<usize>,
        outcome: Option<Outcome>,
        pause: Duration,
    ) {
        // What ends without being run is not begun again.
        let (Some(row), None) = (row, outcome) else {
            return self.end(job, row, outcome.unwrap_or(Outcome::Lost));
        };
        let (begin, now) = (self.model.now + pause, self.model.now);
        let refused = self.model.put_back(id(&job), begin);
        match self.engine.put_back(job, row, begin, Outcome::Failed, now) {
            Ok(after) => {
                assert_eq!(refused, None);
                act(&mut self.workers, after);
            }
            Err((job, outcome)) => {
                assert_eq!(refused, Some(outcome));
                self.end(job, Some(row), outcome);
            }
        }
    }

    fn lose(&mut self, at: usize, again: bool) {
        let standing = self.workers[at].standing();
        let worker = self.workers.remove(at);
        match worker.at {
            At::Busy { job, row, outcome } if again => {
                self.again(job, row, outcome, Duration::ZERO)
            }
            At::Busy { job, row, outcome } => {
                self.end(job, row, outcome.unwrap_or(Outcome::Interrupted));
            }
            _ => {}
        }
        let after = self.engine.lost(worker.crew, standing);
        act(&mut self.workers, after);
    }

    fn end(&mut self, job: Box<Job>, row: Option<usize>, outcome: Outcome) {
        self.model.end(id(&job));
        let after = self.engine.end(&job, row, outcome, self.model.now);
        act(&mut self.workers, after);
    }

    fn claim(&mut self, registry: usize, which: usize) {
        let mut gone = Vec::new();
        let claim = if registry == 0 {
            let claim = self.engine.claims.next(key(which));
            gone = self.engine.supersede(key(which).as_str(), true);
            claim
        } else {
            self.foreign.next(key(which))
        };
        self.model.newest[registry][which] = claim.epoch();
        self.claims[registry][which].push(claim);
        if registry == 0 {
            let stale =
                |model: &Model, id: usize| model.fates[id].key == Some(which) && model.is_stale(id);
            let expected = self.model.take_out(stale);
            self.bury(gone, &expected, Outcome::Superseded);
        }
    }

    fn bury(&mut self, gone: Vec<Box<Job>>, expected: &[usize], outcome: Outcome) {
        let mut ids: Vec<_> = gone.iter().map(|job| id(job)).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected);
        self.buried.extend(gone.into_iter().map(|job| (job, None, outcome)));
    }
}

fn pick<T>(among: &[T], which: Index, fits: impl Fn(&T) -> bool) -> Option<usize> {
    let fitting: Vec<_> = (0..among.len()).filter(|at| fits(&among[*at])).collect();
    (!fitting.is_empty()).then(|| *which.get(&fitting))
}

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
