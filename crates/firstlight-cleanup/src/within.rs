use std::cell::Cell;
use std::sync::Arc;

use tracing::Span;

use crate::capture::Capture;
use crate::contain::contain;
use crate::inner::Inner;
use crate::job::Meta;

thread_local! {
    /// Whose clean-up is being polled on this thread: the address of its janitor.
    static WHOSE: Cell<usize> = const { Cell::new(0) };
}

/// What surrounds the code of one attempt: its janitor's mark, its span, what was captured, and a net for panics.
pub(crate) struct Within {
    whose: usize,
    span: Span,
}

impl Within {
    pub(crate) fn new(inner: &Arc<Inner>, meta: &Meta) -> Self {
        let owner = meta.rare().and_then(|rare| rare.span.as_ref());
        // A subscriber of somebody's.
        let span = contain(|| {
            owner.map_or_else(Span::none, |owner| {
            // Follows from it, and is no child of it: the owner's span has ended or will soon.
            let span = tracing::info_span!(
                target: "firstlight_cleanup", parent: None, "cleanup", name = meta.name,
                key = meta.key().map(tracing::field::display), reason = meta.ending.reason.as_str()
            );
            span.follows_from(owner);
            span
        })
        })
        .unwrap_or_else(|_| Span::none());
        Self { whose: Arc::as_ptr(inner).addr(), span }
    }

    /// Runs somebody's code; none when the capture did not call it.
    ///
    /// # Errors
    /// What its panic said.
    pub(crate) fn run<T>(
        &self,
        meta: &Meta,
        code: impl FnOnce() -> T,
    ) -> Result<Option<T>, String> {
        marked(self.whose, || {
            self.span
                .in_scope(|| captured(meta.rare().and_then(|rare| rare.capture.as_deref()), code))
        })
    }
}

/// Runs code in what was captured; none when the capture did not call it.
pub(crate) fn captured<T>(capture: Option<&dyn Capture>, code: impl FnOnce() -> T) -> Option<T> {
    let (mut code, mut value) = (Some(code), None);
    let mut call = || {
        if let Some(code) = code.take() {
            value = Some(code());
        }
    };
    match capture {
        Some(capture) => capture.within(&mut call),
        None => call(),
    }
    value
}

/// Runs somebody's code as a part of this janitor's work: a sync part, a hook, a drop.
///
/// # Errors
/// What its panic said.
pub(crate) fn within<T>(inner: &Inner, code: impl FnOnce() -> T) -> Result<T, String> {
    marked(std::ptr::from_ref(inner).addr(), code)
}

fn marked<T>(whose: usize, code: impl FnOnce() -> T) -> Result<T, String> {
    let before = WHOSE.try_with(|mark| mark.replace(whose)).unwrap_or(0);
    let result = contain(code);
    let _ = WHOSE.try_with(|mark| mark.set(before));
    result
}

/// Whether this code runs as a part of that janitor's work, in the same task.
pub(crate) fn is_within(inner: &Arc<Inner>) -> bool {
    WHOSE.try_with(Cell::get).unwrap_or(0) == Arc::as_ptr(inner).addr()
}
