use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs somebody's code so that its panic stays in here; `None` if it did.
pub(crate) fn contain<T>(code: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // A payload may panic when it is dropped; that one's payload is leaked rather than dropped.
            if let Err(second) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
                std::mem::forget(second);
            }
            None
        }
    }
}
