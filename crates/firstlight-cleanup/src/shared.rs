use crate::claim::Claim;
use crate::engine::Engine;
use crate::job::Job;
use crate::key::Key;
use crate::settings::Settings;
use crate::shards::Shards;
use crate::sync::{AtomicBool, Mutex, Ordering, lock};

/// What threads share: the engine behind one lock, the armed guards in shards of their own, and the flag that it closes.
///
/// No runtime in here: all of it runs under loom, see `loom_models.rs`.
pub(crate) struct Shared {
    pub(crate) shards: Shards,
    engine: Mutex<Engine>,
    closing: AtomicBool,
}

impl Shared {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            shards: Shards::new(),
            engine: Mutex::new(Engine::new(settings.concurrency, settings.queue)),
            closing: AtomicBool::new(false),
        }
    }

    /// A look at the engine; nobody's code may run in `look`.
    pub(crate) fn engine<T>(&self, look: impl FnOnce(&mut Engine) -> T) -> T {
        look(&mut lock(&self.engine))
    }

    /// A new claim, and what it supersedes: from here on none of that is begun.
    pub(crate) fn claim(&self, key: Key) -> (Claim, Vec<Box<Job>>) {
        self.engine(|engine| {
            let claim = engine.claims.next(key);
            let gone = engine.supersede(claim.key().as_str(), true);
            (claim, gone)
        })
    }

    pub(crate) fn is_closing(&self) -> bool {
        // Acquire pairs with the release in `begin_closing`: who sees it closing finds the shards closed.
        self.closing.load(Ordering::Acquire)
    }

    /// From here on the registry refuses, and guards end by shutdown.
    pub(crate) fn begin_closing(&self) {
        self.shards.close();
        self.closing.store(true, Ordering::Release);
    }

    /// Whether nothing of this phase is armed, waits or runs.
    ///
    /// The guards first: they hand over before they are struck out, so nothing is between the two looks.
    pub(crate) fn is_settled(&self, phase: usize) -> bool {
        self.shards.armed_in(phase) == 0 && self.engine(|engine| engine.outstanding_in(phase)) == 0
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.shards.armed() == 0 && self.engine(|engine| engine.outstanding()) == 0
    }

    /// Ends the janitor if it is closing and idle: whether that is so.
    pub(crate) fn close_if_idle(&self) -> bool {
        self.shards.armed() == 0 && self.engine(Engine::close_if_idle)
    }
}
