use std::cell::Cell;
use std::sync::Arc;

use tracing::Span;

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
        let span = owner.map_or_else(Span::none, |owner| {
            // Follows from it, and is no child of it: the owner's span has ended or will soon.
            let span = tracing::info_span!(
                target: "firstlight_cleanup", parent: None, "cleanup", name = meta.name,
                key = meta.key().map(tracing::field::display), reason = meta.ending.reason.as_str()
            );
            span.follows_from(owner);
            span
        });
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
        let before = WHOSE.try_with(|whose| whose.replace(self.whose)).unwrap_or(0);
        let result = contain(|| {
            self.span.in_scope(|| {
                let capture = meta.rare().and_then(|rare| rare.capture.as_deref());
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
            })
        });
        let _ = WHOSE.try_with(|whose| whose.set(before));
        result
    }
}

/// Whether this code runs as part of a clean-up of that janitor, in the same task.
pub(crate) fn is_within(inner: &Arc<Inner>) -> bool {
    WHOSE.try_with(Cell::get).unwrap_or(0) == Arc::as_ptr(inner).addr()
}
