use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::job::Job;
use crate::key::Key;

/// One lane for each key that has a clean-up: the one that holds it, and those behind it. Only an end moves a lane on.
#[derive(Default)]
pub(crate) struct Lanes(HashMap<Key, Lane>);

struct Lane {
    holder: Holder,
    behind: VecDeque<Box<Job>>,
    /// Cancelled when nothing of the key is left; there when somebody waits for that.
    over: Option<CancellationToken>,
}

/// The one that waits in a queue of the engine, or runs.
#[derive(Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) id: u64,
    /// Where it was put last. It need not be there any more: then it runs, or is being ended.
    pub(crate) spot: Option<Spot>,
    /// A fence cancelled it: there will be no further attempt.
    cancelled: bool,
}

/// A place in the engine.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spot {
    Ready(u64),
    Held { phase: usize, at: u64 },
    Later(Duration),
}

impl Holder {
    fn new(job: &Job) -> Self {
        Self { id: job.meta.id, spot: None, cancelled: false }
    }
}

impl Lanes {
    /// Lets a clean-up in: it comes back when nothing is before it, else it waits in here, and the holder comes back.
    ///
    /// # Errors
    /// Who is before it.
    pub(crate) fn enter(&mut self, job: Box<Job>) -> Result<Box<Job>, Holder> {
        let Some(key) = job.meta.key() else { return Ok(job) };
        if let Some(lane) = self.0.get_mut(key) {
            lane.behind.push_back(job);
            return Err(lane.holder);
        }
        let lane = Lane { holder: Holder::new(&job), behind: VecDeque::new(), over: None };
        self.0.insert(key.clone(), lane);
        Ok(job)
    }

    /// Whether it may be begun: nobody has superseded it.
    pub(crate) fn lets(&self, job: &Job) -> bool {
        let Some(key) = job.meta.key() else { return true };
        !job.meta.is_stale() && self.0.get(key).is_some_and(|lane| !lane.holder.cancelled)
    }

    /// Takes note of where a holder waits.
    pub(crate) fn put(&mut self, job: &Job, spot: Spot) {
        if let Some(lane) = job.meta.key().and_then(|key| self.0.get_mut(key)) {
            lane.holder.spot = Some(spot);
        }
    }

    /// The earliest phase of those that wait for this one, itself included.
    pub(crate) fn phase(&self, job: &Job) -> usize {
        let behind = job.meta.key().and_then(|key| self.0.get(key)).map(|lane| lane.behind.iter());
        let phases = behind.into_iter().flatten().map(|job| job.meta.phase);
        usize::from(phases.fold(job.meta.phase, u8::min))
    }

    /// Takes the one that ended out of its lane; gives the one behind it, or whom to tell that there is none.
    pub(crate) fn leave(&mut self, job: &Job) -> (Option<Box<Job>>, Option<CancellationToken>) {
        let Some((key, lane)) = job.meta.key().and_then(|key| Some((key, self.0.get_mut(key)?)))
        else {
            return (None, None);
        };
        if lane.holder.id != job.meta.id {
            return (None, None);
        }
        if let Some(next) = lane.behind.pop_front() {
            lane.holder = Holder::new(&next);
            return (Some(next), None);
        }
        let over = self.0.remove(key).and_then(|lane| lane.over);
        if self.0.len() < self.0.capacity() / 8 {
            // A storm of keys is over: its memory is given back.
            self.0.shrink_to(self.0.len() * 2 + 64);
        }
        (None, over)
    }

    pub(crate) fn holder(&self, key: &str) -> Option<Holder> {
        self.0.get(key).map(|lane| lane.holder)
    }

    /// The holder, if it runs, is not to be attempted again.
    pub(crate) fn cancel(&mut self, key: &str) {
        if let Some(lane) = self.0.get_mut(key) {
            lane.holder.cancelled = true;
        }
    }

    /// Takes out those behind the holder that `goes` says.
    pub(crate) fn take_behind(
        &mut self,
        key: &str,
        goes: impl Fn(&Job) -> bool,
    ) -> VecDeque<Box<Job>> {
        let Some(lane) = self.0.get_mut(key) else { return VecDeque::new() };
        let (gone, stay) = std::mem::take(&mut lane.behind).into_iter().partition(|job| goes(job));
        lane.behind = stay;
        gone
    }

    /// What is cancelled when nothing of the key is left; none when nothing is.
    pub(crate) fn over(&mut self, key: &str) -> Option<CancellationToken> {
        Some(self.0.get_mut(key)?.over.get_or_insert_default().clone())
    }

    /// Those behind the holder of this key, the last first.
    pub(crate) fn last_behind(&mut self, key: &str) -> impl Iterator<Item = &mut Job> {
        let lane = self.0.get_mut(key);
        lane.into_iter().flat_map(|lane| lane.behind.iter_mut().rev()).map(Box::as_mut)
    }

    pub(crate) fn behind(&self) -> impl Iterator<Item = &Job> {
        self.0.values().flat_map(|lane| lane.behind.iter().map(Box::as_ref))
    }

    /// Takes out all that wait in here.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Box<Job>> {
        self.0.values_mut().flat_map(|lane| lane.behind.drain(..))
    }
}
