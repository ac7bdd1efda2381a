use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use firstlight_ready::Reason;

/// Calls other people's code; the text of its panic is the error.
pub(crate) fn contain<T>(code: impl FnOnce() -> T) -> Result<T, Reason> {
    // What the code has left half done is only seen by its own next call.
    catch_unwind(AssertUnwindSafe(code)).map_err(text)
}

fn text(payload: Box<dyn Any + Send>) -> Reason {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return Reason::new(text);
    }
    match payload.downcast::<String>() {
        Ok(text) => Reason::new(*text),
        Err(other) => {
            // Its drop may panic again: a few bytes are the better loss.
            std::mem::forget(other);
            Reason::new("a value that is not text")
        }
    }
}
