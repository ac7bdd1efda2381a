//! The shape of controller-runtime v0.20's `pkg/log`: a logger that everybody may have before anybody has set
//! one.
//!
//! What is true of it: it never waits. Whenever it is used it looks whether the package is older than the
//! deadline and still has no logger; then it says so once, and logs nowhere for ever. A logger that is set
//! afterwards is taken in silence, and unused.
//!
//! What is told of it, in the article on kumahq/kuma#13299: whoever uses it waits until a logger is set. That
//! is [`Behaviour::waits`], and no version of controller-runtime does it.

use std::io::{self, Write};
use std::panic::Location;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use firstlight_clock::Clock;

/// Where the lines go at last.
pub(crate) trait Sink: Send + Sync {
    fn info(&self, name: &str, message: &str);
}

/// How the package behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behaviour {
    /// How old it gets without a logger; controller-runtime: 30 s, counted from when the package was
    /// initialised.
    pub(crate) deadline: Duration,
    /// Whether who uses it waits for a logger: documented, and not true.
    pub(crate) waits: bool,
}

enum Root {
    Unset,
    /// For ever; `None` logs nowhere.
    Fulfilled(Option<Arc<dyn Sink>>),
}

static BEHAVIOUR: Mutex<Behaviour> =
    Mutex::new(Behaviour { deadline: Duration::from_secs(30), waits: false });
static ROOT: Mutex<Root> = Mutex::new(Root::Unset);
static SET: Condvar = Condvar::new();

/// A logger with a name, which may be had at any time.
#[derive(Debug, Clone)]
pub(crate) struct Logger {
    name: &'static str,
}

/// Changes how the package behaves, before anybody uses it.
pub(crate) fn behave(behaviour: Behaviour) {
    *BEHAVIOUR.lock().unwrap_or_else(PoisonError::into_inner) = behaviour;
}

/// Gives a part of the program a logger.
#[track_caller]
pub(crate) fn log(name: &'static str) -> Logger {
    drop(eventually_fulfilled());
    Logger { name }
}

/// Sets what all loggers log to. Done twice, or too late, it does nothing and does not say so.
pub(crate) fn set_logger(sink: impl Sink + 'static) {
    let mut root = ROOT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Root::Unset = *root {
        *root = Root::Fulfilled(Some(Arc::new(sink)));
        SET.notify_all();
    }
}

impl Logger {
    /// A line before a logger is set is lost.
    #[track_caller]
    pub(crate) fn info(&self, message: &str) {
        let sink = match &*eventually_fulfilled() {
            Root::Fulfilled(Some(sink)) => Arc::clone(sink),
            Root::Fulfilled(None) | Root::Unset => return,
        };
        sink.info(self.name, message);
    }
}

/// Looks whether the deadline is over.
#[track_caller]
fn eventually_fulfilled() -> MutexGuard<'static, Root> {
    let Behaviour { deadline, waits } = *BEHAVIOUR.lock().unwrap_or_else(PoisonError::into_inner);
    // Go initialises packages when the process starts.
    let left = || deadline.saturating_sub(Clock::real().now());
    let mut root = ROOT.lock().unwrap_or_else(PoisonError::into_inner);
    if waits {
        let unset = |root: &mut Root| matches!(root, Root::Unset);
        root =
            SET.wait_timeout_while(root, left(), unset).unwrap_or_else(PoisonError::into_inner).0;
    }
    if matches!(*root, Root::Unset) && left() == Duration::ZERO {
        *root = Root::Fulfilled(None);
        let at = Location::caller();
        // Nobody may be left to hear it.
        let _ = writeln!(
            io::stderr(),
            "[transparent-proxy] set_logger was never called: nothing will be logged. Detected at {at}"
        );
    }
    root
}
