//! A thread panics: that it does is logged, and nothing is lost.

use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::thread;

use firstlight_clock::Clock;

use crate::logger::Logger;
use crate::own_thread;
use crate::time::nanos;

thread_local! {
    /// A hook that is called from within itself would never end.
    static IN_HOOK: Cell<bool> = const { Cell::new(false) };
}

/// Chains a hook behind the one that is there.
///
/// On a thread that panics none can be: std would end the process. There is no hook then.
pub(crate) fn install(logger: Logger) {
    if thread::panicking() {
        return;
    }
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        previous(panic);
        // A sink that panics is told of by its writer; what its thread logs goes nowhere, and it cannot wait
        // for itself.
        if !own_thread::is_ours() && !IN_HOOK.replace(true) {
            tell(&logger, panic);
            IN_HOOK.set(false);
        }
    }));
}

/// Writes what there is, first of all: a layer of the user's that panics when it is told of this one ends the
/// process at once.
fn tell(logger: &Logger, panic: &PanicHookInfo<'_>) {
    let deadline = logger.keep_for_panic();
    let thread = thread::current();
    let name = thread.name().unwrap_or("unnamed");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let payload = panic.payload();
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or(payload.downcast_ref::<String>().map(String::as_str));
    let now = nanos(Clock::real().now());
    tracing::error!(
        target: "firstlight_log",
        thread = name,
        place,
        start_ns = now,
        end_ns = now,
        "a thread panicked: {}",
        text.unwrap_or("with a value that is no text")
    );
    // Whoever is told that it failed can do nothing about it here.
    let _ = logger.flush(deadline.saturating_sub(Clock::real().now()));
}
