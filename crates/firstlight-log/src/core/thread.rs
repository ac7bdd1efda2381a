//! What a thread knows by itself: the early spans that it is in, and whether it is us.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::time::nanos;

thread_local! {
    /// Early spans that this thread is in, with their cores; the innermost last.
    static ENTERED: RefCell<Vec<(usize, u64)>> = const { RefCell::new(Vec::new()) };
    /// How many those are: a look at it costs less than one at the list.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// When the event that is being replayed happened, in nanoseconds since the start of the process; zero
    /// for none.
    static REPLAYED_AT: Cell<u64> = const { Cell::new(0) };
    /// The core whose events this thread hands over, by its number.
    static REPLAYS: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The early spans of one core that this thread is in.
///
/// A thread that is being torn down is in none.
pub(super) struct Entered;

impl Entered {
    /// Whether this thread is in an early span, of whichever core.
    #[inline]
    pub(super) fn any() -> bool {
        DEPTH.get() > 0
    }

    pub(super) fn push(core: usize, span: u64) {
        Self::change(|entered| entered.push((core, span)));
    }

    /// Leaves the innermost of that name; a span may be left in another order than it was entered.
    pub(super) fn remove(core: usize, span: u64) {
        Self::change(|entered| {
            if let Some(at) = entered.iter().rposition(|held| *held == (core, span)) {
                entered.remove(at);
            }
        });
    }

    /// The innermost one that is wanted. To enter one again in which the thread is already changes nothing,
    /// as in a registry.
    pub(super) fn innermost(core: usize, mut wanted: impl FnMut(u64) -> bool) -> Option<u64> {
        if !Self::any() {
            return None;
        }
        let find = |entered: &RefCell<Vec<(usize, u64)>>| {
            let entered = entered.try_borrow().ok()?;
            let again =
                |at: usize| entered.iter().take(at).any(|held| Some(held) == entered.get(at));
            let mut inwards = entered.iter().enumerate().rev();
            inwards
                // Whether it is entered again is asked last: that is a look at all before it.
                .find(|(at, (of, span))| *of == core && wanted(*span) && !again(*at))
                .map(|(_, (_, span))| *span)
        };
        ENTERED.try_with(find).ok().flatten()
    }

    /// Takes out those of a core, the outermost first.
    pub(super) fn take(core: usize) -> Vec<u64> {
        let mut taken = Vec::new();
        Self::change(|entered| {
            entered.retain(|(of, span)| {
                if *of == core {
                    taken.push(*span);
                }
                *of != core
            });
        });
        taken
    }

    fn change(change: impl FnOnce(&mut Vec<(usize, u64)>)) {
        // In a thread that is being torn down there is no list, and nothing to leave.
        let _ = ENTERED.try_with(|entered| {
            if let Ok(mut entered) = entered.try_borrow_mut() {
                change(&mut entered);
                DEPTH.set(entered.len());
            }
        });
    }
}

/// This thread hands over a core's events, until it is dropped.
pub(super) struct Replaying {
    /// Which ones it handed over before: a layer that is told may configure another logger.
    before: Option<usize>,
    was_at: u64,
}

impl Replaying {
    pub(super) fn begin(core: usize) -> Self {
        Self { before: REPLAYS.replace(Some(core)), was_at: REPLAYED_AT.replace(0) }
    }

    /// What follows happened then.
    pub(super) fn at(&self, at: Duration) {
        REPLAYED_AT.set(nanos(at).max(1));
    }
}

impl Drop for Replaying {
    fn drop(&mut self) {
        REPLAYED_AT.set(self.was_at);
        REPLAYS.set(self.before);
    }
}

/// Whether this thread hands over that core's events just now.
pub(super) fn is_replaying(core: usize) -> bool {
    REPLAYS.get() == Some(core)
}

/// When the event that this thread replays happened; `None` when it replays none.
#[inline]
pub(crate) fn replayed_at() -> Option<Duration> {
    match REPLAYED_AT.get() {
        0 => None,
        at => Some(Duration::from_nanos(at)),
    }
}
