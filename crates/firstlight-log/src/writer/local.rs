use std::process;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use super::bell::Bell;
use super::config::Config;
use super::limits::Limits;
use super::shared::Shared;
use super::worker::Worker;
use crate::contain::contain;
use crate::own_thread;

/// A writer as it is in one process: a queue and its thread; in a child of that process there is another one.
#[derive(Debug)]
pub(super) struct Local {
    pid: u32,
    pub(super) shared: Arc<Shared<Arc<Config>>>,
    /// Apart from the queue, whose lock may be held at a fork.
    aim: Mutex<Aim>,
    bell: Arc<Bell>,
    thread: &'static str,
    /// Where there is no thread: who writes when somebody flushes.
    pub(super) spare: Mutex<Option<Box<Worker>>>,
    child: OnceLock<Box<Local>>,
}

/// Where lines go that are pushed now; nowhere after the end.
#[derive(Debug, Default)]
struct Aim {
    name: String,
    target: Option<(Arc<Config>, Limits)>,
}

/// Says that the thread has gone, however it went.
struct Ended(Arc<Shared<Arc<Config>>>);

impl Local {
    pub(super) fn start(
        config: Arc<Config>,
        limits: Limits,
        bell: Arc<Bell>,
        thread: &'static str,
    ) -> Self {
        Self::start_with(config, limits, bell, thread, |run| {
            thread::Builder::new().name(thread.to_owned()).spawn(run).is_ok()
        })
    }

    /// The same, with whatever gives a thread, or says that there is none.
    pub(super) fn start_with(
        config: Arc<Config>,
        limits: Limits,
        bell: Arc<Bell>,
        thread: &'static str,
        spawn: impl FnOnce(Box<dyn FnOnce() + Send>) -> bool,
    ) -> Self {
        let shared = Arc::new(Shared::new(limits));
        let worker = |bell| Worker::new(shared.clone(), config.clone(), bell);
        let ended = Ended(shared.clone());
        let run = worker(bell.clone());
        let is_spawned = spawn(Box::new(move || {
            own_thread::mark();
            let _ended = ended;
            run.run();
        }));
        // Not with the alarm: it would ring on the thread of who flushes, who may hold anything.
        let spare = (!is_spawned).then(|| Box::new(worker(Arc::default())));
        Self {
            pid: process::id(),
            aim: Mutex::new(Aim {
                name: config.open.name().to_owned(),
                target: Some((config, limits)),
            }),
            shared,
            bell,
            thread,
            spare: Mutex::new(spare),
            child: OnceLock::new(),
        }
    }

    /// The one that was used last.
    #[inline]
    pub(super) fn latest(&self) -> &Self {
        let mut local = self;
        while let Some(child) = local.child.get() {
            local = child;
        }
        local
    }

    /// The one of this process.
    pub(super) fn current(&self) -> &Self {
        let local = self.latest();
        if local.is_ours() { local } else { local.child() }
    }

    /// Whether this is the process it was made in; asks the system.
    pub(super) fn is_ours(&self) -> bool {
        process::id() == self.pid
    }

    /// The one of this process, which is a child of the other's; it has its own queue, empty, and its own
    /// thread.
    pub(super) fn child(&self) -> &Self {
        self.child.get_or_init(|| {
            let target = self.aim.try_lock().ok().and_then(|aim| aim.target.clone());
            let lost = target.is_none();
            let (config, limits) =
                target.unwrap_or_else(|| (Arc::new(Config::nowhere()), Limits::default()));
            let child = Self::start(config, limits, self.bell.clone(), self.thread);
            if lost {
                child.shared.died(0);
            }
            Box::new(child)
        })
    }

    /// Sends what follows elsewhere.
    pub(super) fn retarget(&self, config: Arc<Config>, limits: Limits) {
        let mut aim = self.aim.lock().unwrap_or_else(PoisonError::into_inner);
        if aim.target.is_none() {
            drop(aim);
            contain(|| drop(config));
            return;
        }
        // Under this lock, so that of two at once the same one is last in the queue.
        let unused = self.shared.retarget(limits, config.clone());
        aim.name = config.open.name().to_owned();
        let before = aim.target.replace((config, limits));
        drop(aim);
        contain(|| drop((unused, before)));
    }

    /// Nothing follows.
    pub(super) fn forget_target(&self) {
        let target = self.aim.try_lock().ok().and_then(|mut aim| aim.target.take());
        contain(|| drop(target));
    }

    /// The sink's name.
    pub(super) fn name(&self) -> String {
        self.aim.try_lock().map(|aim| aim.name.clone()).unwrap_or_default()
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // The parent's lock may be held for ever here, and its thread is not here.
        if self.is_ours() {
            self.shared.close();
        }
        self.forget_target();
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended();
    }
}
