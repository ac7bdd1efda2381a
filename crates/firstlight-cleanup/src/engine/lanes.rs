use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;

use crate::job::Job;
use crate::key::Key;

/// One lane for each key that has a clean-up: the clean-up that is next or runs, and those behind it.
#[derive(Default)]
pub(crate) struct Lanes(HashMap<Key, Lane>);

#[derive(Default)]
struct Lane {
    /// The id of the one that is in a queue of the engine or runs; the others wait in here.
    holder: Option<Holder>,
    behind: VecDeque<Box<Job>>,
    fences: Vec<oneshot::Sender<()>>,
}

struct Holder {
    id: u64,
    running: bool,
    claimed: bool,
}

impl Lane {
    fn hold(&mut self, job: &Job) {
        let claimed = job.meta.epoch().is_some();
        self.holder = Some(Holder { id: job.meta.id, running: false, claimed });
    }
}

impl Lanes {
    /// Lets a clean-up in: it comes back when nothing is before it, else it waits in here.
    pub(crate) fn enter(&mut self, job: Box<Job>) -> Option<Box<Job>> {
        let Some(key) = job.meta.key() else { return Some(job) };
        let lane = match self.0.get_mut(key) {
            Some(lane) => lane,
            None => self.0.entry(key.clone()).or_default(),
        };
        if lane.holder.is_some() {
            lane.behind.push_back(job);
            return None;
        }
        lane.hold(&job);
        Some(job)
    }

    /// Whether the lane is this clean-up's still; one without a key holds the whole world.
    pub(crate) fn holds(&self, job: &Job) -> bool {
        let Some(key) = job.meta.key() else { return true };
        self.0
            .get(key)
            .and_then(|lane| lane.holder.as_ref())
            .is_some_and(|holder| holder.id == job.meta.id)
    }

    pub(crate) fn begun(&mut self, job: &Job) {
        self.set_running(job, true);
    }

    /// Between two attempts it may be superseded again.
    pub(crate) fn paused(&mut self, job: &Job) {
        self.set_running(job, false);
    }

    fn set_running(&mut self, job: &Job, running: bool) {
        let holder = job
            .meta
            .key()
            .and_then(|key| self.0.get_mut(key))
            .and_then(|lane| lane.holder.as_mut());
        if let Some(holder) = holder.filter(|holder| holder.id == job.meta.id) {
            holder.running = running;
        }
    }

    /// Takes the one that ended out of its lane; gives the one behind it.
    pub(crate) fn leave(&mut self, job: &Job) -> Option<Box<Job>> {
        if !self.holds(job) {
            return None;
        }
        self.advance(job.meta.key()?)
    }

    fn advance(&mut self, key: &Key) -> Option<Box<Job>> {
        let lane = self.0.get_mut(key)?;
        lane.holder = None;
        if let Some(next) = lane.behind.pop_front() {
            lane.hold(&next);
            return Some(next);
        }
        if let Some(lane) = self.0.remove(key) {
            for fence in lane.fences {
                // A fence that is gone need not be told.
                let _ = fence.send(());
            }
        }
        None
    }

    /// Takes out what has not begun, or only what has a claim; gives those that waited in here, and the next one.
    ///
    /// A holder in a queue of the engine stays there, and finds that the lane is not its own any more.
    pub(crate) fn supersede(
        &mut self,
        key: &str,
        claimed: bool,
    ) -> (Vec<Box<Job>>, Option<Box<Job>>) {
        let Some((key, lane)) =
            self.0.get_key_value(key).map(|(key, _)| key.clone()).and_then(|key| {
                let lane = self.0.get_mut(&key)?;
                Some((key, lane))
            })
        else {
            return (Vec::new(), None);
        };
        let (gone, stay): (Vec<_>, VecDeque<_>) = std::mem::take(&mut lane.behind)
            .into_iter()
            .fold((Vec::new(), VecDeque::new()), |(mut gone, mut stay), job| {
                if !claimed || job.meta.is_stale() {
                    gone.push(job);
                } else {
                    stay.push_back(job);
                }
                (gone, stay)
            });
        lane.behind = stay;
        let frees = lane
            .holder
            .as_ref()
            .is_some_and(|holder| !holder.running && (!claimed || holder.claimed));
        let next = if frees { self.advance(&key) } else { None };
        (gone, next)
    }

    /// A place to be told when nothing of the key is left; none when nothing is.
    pub(crate) fn fence(&mut self, key: &str) -> Option<oneshot::Receiver<()>> {
        let lane = self.0.get_mut(key)?;
        let (tell, told) = oneshot::channel();
        lane.fences.retain(|fence| !fence.is_closed());
        lane.fences.push(tell);
        Some(told)
    }

    pub(crate) fn behind(&self) -> impl Iterator<Item = &Job> {
        self.0.values().flat_map(|lane| lane.behind.iter().map(Box::as_ref))
    }

    /// Takes out all that wait in here.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Box<Job>> {
        self.0.values_mut().flat_map(|lane| lane.behind.drain(..))
    }
}
