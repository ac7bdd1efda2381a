//! What the end of the main thread does for those who forgot.

use std::cell::RefCell;

/// Flushes when it is dropped with the thread that it belongs to.
struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        if let Some(logger) = crate::boot::logger() {
            logger.finish();
        }
    }
}

thread_local! {
    static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
}

/// Has the main thread flush at its end, also at a bare `std::process::exit` on it where the platform runs
/// destructors then.
///
/// On any other thread it does nothing: its end is not that of the process.
pub(crate) fn flush_at_its_end() {
    if is_this() {
        AT_END.with(|at_end| *at_end.borrow_mut() = Some(AtEnd));
    }
}

/// The kernel's word counts: any thread can be named `main`.
#[cfg(target_os = "linux")]
fn is_this() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}

#[cfg(not(target_os = "linux"))]
fn is_this() -> bool {
    std::thread::current().name() == Some("main")
}
