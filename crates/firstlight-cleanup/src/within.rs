use std::cell::Cell;
use std::sync::Arc;

use tracing::Span;

use crate::capture::Capture;
use crate::contain::contain;
use crate::inner::Inner;
use crate::job::Meta;

thread_local! {
    /// Whose code runs on this thread: the addresses of the janitors, the innermost first.
    ///
    /// More than one where a clean-up of one drops a guard of another; more than these nobody nests.
    static WHOSE: Cell<[usize; 4]> = const { Cell::new([0; 4]) };
    /// How many hooks are being called on this thread, one within the other.
    static HOOKS: Cell<u8> = const { Cell::new(0) };
}

/// How many hooks may be called one within the other: one that hands in what it is told of at once would never come to an end.
const HOOKS_DEEP: u8 = 4;

/// What surrounds the code of one attempt: its janitor's mark, its span, what was captured, and a net for panics.
pub(crate) struct Within {
    whose: usize,
    span: Span,
}

impl Within {
    pub(crate) fn new(inner: &Arc<Inner>, meta: &Meta) -> Self {
        // A subscriber is somebody's.
        let span = contain(|| span(meta)).unwrap_or_else(|_| Span::none());
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

/// Its own span: it follows from the owner's, and is no child of it, since that one has ended or will soon.
fn span(meta: &Meta) -> Span {
    let Some(owner) = meta.rare().and_then(|rare| rare.span.as_ref()) else { return Span::none() };
    let span = tracing::info_span!(
        target: "firstlight_cleanup", parent: None, "cleanup", name = meta.name,
        key = meta.key().map(tracing::field::display), reason = meta.ending.reason.as_str()
    );
    span.follows_from(owner);
    span
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

/// Calls a hook of this janitor, unless too many are being called already; its panic stays in here.
pub(crate) fn call_hook(inner: &Inner, hook: impl FnOnce()) {
    let deep = HOOKS.try_with(Cell::get).unwrap_or(0);
    if deep >= HOOKS_DEEP {
        return;
    }
    let _ = HOOKS.try_with(|hooks| hooks.set(deep + 1));
    let _ = within(inner, hook);
    let _ = HOOKS.try_with(|hooks| hooks.set(deep));
}

fn marked<T>(whose: usize, code: impl FnOnce() -> T) -> Result<T, String> {
    let mark = |marks: &Cell<[usize; 4]>| {
        let before = marks.get();
        if !before.contains(&whose) {
            let [first, second, third, _] = before;
            marks.set([whose, first, second, third]);
        }
        before
    };
    let before = WHOSE.try_with(mark).unwrap_or_default();
    let result = contain(code);
    let _ = WHOSE.try_with(|mark| mark.set(before));
    result
}

/// Whether this code runs as a part of that janitor's work, in the same task.
pub(crate) fn is_within(inner: &Arc<Inner>) -> bool {
    WHOSE.try_with(Cell::get).unwrap_or_default().contains(&Arc::as_ptr(inner).addr())
}
