//! One logger: what is kept early, the hand-over, and what it hands over to.

mod early;
mod fallback;
mod front;
mod frozen;
mod hand_over;
mod keep;
#[cfg(all(test, firstlight_loom))]
mod loom_models;
mod passage;
mod relay;
mod replay;
mod spans;
#[cfg(all(test, not(firstlight_loom)))]
mod spans_tests;
mod teardown;
mod thread;
mod written;

use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tracing::dispatcher::WeakDispatch;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};

use self::early::Early;
use self::frozen::Frozen;
use self::passage::Passage;
use self::thread::Entered;
use crate::live::Stack;

pub(crate) use self::fallback::{Fallback, Why};
pub(crate) use self::front::Front;
pub(crate) use self::thread::replayed_at;

/// What is set when a logger is booted.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What is more verbose is not kept.
    pub(crate) capture: Level,
    pub(crate) ring_bytes: usize,
    pub(crate) booted_at: &'static Location<'static>,
}

/// A logger's inside.
///
/// Until it is configured, events and spans go to `passage`. Configuring makes a [`Stack`]: from then on
/// `stack` answers what callsites ask, the passage is emptied into it, and when that is done `live` appears,
/// which is all that the hot path looks at.
#[derive(Debug)]
pub(crate) struct Core {
    number: usize,
    pub(crate) plan: Plan,
    passage: Passage<Early>,
    stack: OnceLock<Arc<Stack>>,
    live: OnceLock<Live>,
    /// Spans that are numbered by us.
    next_span: AtomicU64,
    fallback: OnceLock<Fallback>,
    /// Somebody has configured, or is about to.
    configured_at: Mutex<Option<&'static Location<'static>>>,
    dispatch: OnceLock<WeakDispatch>,
    /// Nothing early is left to be told: a look at it costs less than a lock.
    settled: AtomicBool,
    /// Events that a sink's own thread has logged.
    from_sinks: AtomicU64,
}

/// What there is when the hand-over is over.
#[derive(Debug)]
struct Live {
    stack: Arc<Stack>,
    frozen: Frozen,
}

impl Core {
    pub(crate) fn new(plan: Plan) -> Arc<Self> {
        static CORES: AtomicUsize = AtomicUsize::new(0);
        Arc::new(Self {
            number: CORES.fetch_add(1, Ordering::Relaxed),
            passage: Passage::new(Early::new(plan.ring_bytes)),
            plan,
            stack: OnceLock::new(),
            live: OnceLock::new(),
            next_span: AtomicU64::new(1),
            fallback: OnceLock::new(),
            configured_at: Mutex::new(None),
            dispatch: OnceLock::new(),
            settled: AtomicBool::new(false),
            from_sinks: AtomicU64::new(0),
        })
    }

    /// Where lines go when nobody configures in time, on panic and on exit.
    pub(crate) fn set_fallback(&self, fallback: Fallback) {
        // Said once, when it is booted.
        let _ = self.fallback.set(fallback);
    }

    /// Says who configures; the first one may.
    ///
    /// # Errors
    /// Where that was.
    pub(crate) fn claim(
        &self,
        at: &'static Location<'static>,
    ) -> Result<(), &'static Location<'static>> {
        let mut configured = self.configured_at.lock().unwrap_or_else(PoisonError::into_inner);
        match *configured {
            Some(at) => Err(at),
            None => {
                *configured = Some(at);
                Ok(())
            }
        }
    }

    /// Nobody configures after all.
    pub(crate) fn unclaim(&self) {
        *self.configured_at.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The most verbose level that anybody could want; `None` before it is configured.
    pub(crate) fn max_level(&self) -> Option<LevelFilter> {
        Some(self.stack.get()?.max_level_hint().unwrap_or(LevelFilter::TRACE))
    }

    pub(crate) fn logged_by_sinks(&self) -> u64 {
        self.from_sinks.load(Ordering::Relaxed)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live.get().is_some()
    }

    /// Whether an event of that level is kept before it is known what is wanted.
    fn captures(&self, metadata: &Metadata<'_>) -> bool {
        // Where the start went is told in any case.
        *metadata.level() <= self.plan.capture || metadata.target() == "firstlight_log"
    }

    /// The live side; the early spans that this thread is in are entered there first.
    #[inline]
    fn live(&self) -> Option<&Live> {
        let live = self.live.get()?;
        if Entered::any() {
            live.enter_all(Entered::take(self.number));
        }
        Some(live)
    }

    /// How many events wait, and what was lost of them.
    pub(crate) fn waiting(&self) -> Waiting {
        self.passage.inspect(|_, early| {
            early.leave_to_parent();
            Waiting::of(early)
        })
    }

    /// Has every callsite ask again who wants it.
    pub(crate) fn ask_callsites(&self) {
        match self.dispatch.get().and_then(WeakDispatch::upgrade) {
            // `tracing` asks the dispatcher of the thread, where it knows of one only; and that could be
            // none.
            Some(own) => tracing::dispatcher::with_default(
                &own,
                tracing_core::callsite::rebuild_interest_cache,
            ),
            None => tracing_core::callsite::rebuild_interest_cache(),
        }
    }
}

/// What waits to be told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) count: usize,
    /// The first one that somebody would miss, by its target and time.
    pub(crate) first: Option<(&'static str, Duration)>,
    pub(crate) lost: u64,
}

impl Waiting {
    fn of(early: &Early) -> Self {
        let first = early.first_word();
        Self { count: early.waiting(), first, lost: early.lost().total() }
    }
}
