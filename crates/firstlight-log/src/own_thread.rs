//! Whether a thread is one of ours, which empties a sink's queue.

use std::cell::Cell;

thread_local! {
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// This thread is ours, as long as it lives.
pub(crate) fn mark() {
    OURS.set(true);
}

/// This thread is as one of ours while `act` runs: what that logs is not written, and a panic of it is not
/// told.
pub(crate) fn as_ours<R>(act: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            OURS.set(self.0);
        }
    }
    let _before = Before(OURS.replace(true));
    act()
}

/// Whether this thread is ours: what is logged on it would be written by it, and logged again.
#[inline]
pub(crate) fn is_ours() -> bool {
    OURS.get()
}
