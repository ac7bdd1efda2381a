//! What happens in a simulation, to the engine and to the model.

use std::time::Duration;

use proptest::sample::Index;

use super::crews::{At, act};
use super::model::{Fate, Model, Stage, State};
use super::sim::{Sim, Taken, id, key, pick};
use crate::claim::Claim;
use crate::engine::{Next, Submitted};
use crate::job::Job;
use crate::outcome::Outcome;
use crate::plain_job::plain_job;

impl Sim {
    pub(super) fn submit(
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

    pub(super) fn step(&mut self, at: usize) {
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
    pub(super) fn busy(&mut self, which: Index) -> Option<Taken> {
        let at = pick(&self.workers, which, |worker| matches!(worker.at, At::Busy { .. }))?;
        match std::mem::replace(&mut self.workers[at].at, At::Asking) {
            At::Busy { job, row, outcome } => Some((at, job, row, outcome)),
            _ => None,
        }
    }

    pub(super) fn again(
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

    pub(super) fn lose(&mut self, at: usize, again: bool) {
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

    pub(super) fn end(&mut self, job: Box<Job>, row: Option<usize>, outcome: Outcome) {
        self.model.end(id(&job));
        let after = self.engine.end(&job, row, outcome, self.model.now);
        act(&mut self.workers, after);
    }

    pub(super) fn claim(&mut self, registry: usize, which: usize) {
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

    pub(super) fn bury(&mut self, gone: Vec<Box<Job>>, expected: &[usize], outcome: Outcome) {
        let mut ids: Vec<_> = gone.iter().map(|job| id(job)).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected);
        self.buried.extend(gone.into_iter().map(|job| (job, None, outcome)));
    }
}
