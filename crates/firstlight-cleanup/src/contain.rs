use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::failure::clean;

/// Runs somebody's code so that its panic stays in here; in a `Drop` while unwinding, too.
///
/// # Errors
/// What the panic said.
pub(crate) fn contain<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(said)
}

/// Drops a value of somebody's so that its panic stays in here.
pub(crate) fn contain_drop<T>(value: T) {
    // What it says, the panic hook has said.
    let _ = contain(move || drop(value));
}

fn said(payload: Box<dyn Any + Send>) -> String {
    let text = if let Some(text) = payload.downcast_ref::<&str>() {
        clean(text)
    } else if let Some(text) = payload.downcast_ref::<String>() {
        clean(text)
    } else {
        "a panic without a text".to_owned()
    };
    // A payload may panic when it is dropped; the payload of that one is a new value, so this does end for any sane program, and a
    // second panic's payload is leaked rather than dropped.
    if let Err(second) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
        std::mem::forget(second);
    }
    text
}
