//! What a thread may still ask of a registry while its locals are being dropped.

use std::cell::Cell;

/// What a registry keeps locals for, and panics when those are gone; in the `Drop` of a local that would end
/// the process.
///
/// Locals are dropped in the reverse order in which they came to be. So each use has a witness among them
/// that is made right after the first one: where the witness is still there, so is what came before it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Use {
    /// A span is opened: `sharded-slab` numbers the thread.
    Open = 1,
    /// A span is entered: so does `thread_local`.
    Enter = 2,
}

/// A use whose witness is gone.
const GONE: u8 = 4;

thread_local! {
    /// Which witnesses there are, and which were there; it has no drop, and can be asked at any time.
    static STATE: Cell<u8> = const { Cell::new(0) };
    static OPENED: Witness = const { Witness(Use::Open) };
    static ENTERED: Witness = const { Witness(Use::Enter) };
}

struct Witness(Use);

impl Drop for Witness {
    fn drop(&mut self) {
        STATE.set(STATE.get() | (self.0.bit() * GONE));
    }
}

impl Use {
    fn bit(self) -> u8 {
        self as u8
    }

    /// Lets a registry act, unless this thread is too far gone: then there is no span any more, and events
    /// happen in none.
    #[inline]
    pub(super) fn by_registry<R>(self, act: impl FnOnce() -> R) -> Option<R> {
        let state = STATE.get();
        if state & (self.bit() * GONE) != 0 {
            return None;
        }
        let done = act();
        if state & self.bit() == 0 {
            self.begin();
        }
        Some(done)
    }

    #[cold]
    fn begin(self) {
        STATE.set(STATE.get() | self.bit());
        let witness = match self {
            Self::Open => &OPENED,
            Self::Enter => &ENTERED,
        };
        // It is made by being looked at.
        let _ = witness.try_with(|_| ());
    }
}
