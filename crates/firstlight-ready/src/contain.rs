use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls other people's code; `None` when it panicked, which the panic hook has told.
///
/// We may be in somebody's `Drop`, where a second panic ends the process.
pub(crate) fn contain<T>(code: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(done) => Some(done),
        Err(payload) => {
            // Its drop may panic again: a few bytes are the better loss.
            std::mem::forget(payload);
            None
        }
    }
}
