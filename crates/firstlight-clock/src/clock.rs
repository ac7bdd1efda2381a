use std::fmt;
use std::time::Duration;

use crate::hand::Hand;
use crate::origin;

/// A monotonic clock whose zero is the start of the process.
///
/// * It takes its time base when it is made, and keeps it: a thread outside the runtime that stamps time by it reads the
///   same base as a task within. Clones share it.
/// * Two clocks of real time agree to the nanosecond, whichever crate made them, and so do two of one paused runtime.
/// * The start of the process is the kernel's, to its tick of 10 ms (Linux); elsewhere, and where `/proc` does not tell, it
///   is the first use of any clock.
/// * It stands still while the machine is suspended, as every monotonic clock of Linux does.
#[derive(Clone)]
pub struct Clock(Base);

#[derive(Clone)]
enum Base {
    Real,
    /// Tokio's paused time, read through the runtime, since a foreign thread would read real time.
    #[cfg(feature = "tokio")]
    Paused(tokio::runtime::Handle),
    Hand(Hand),
}

impl Clock {
    /// Makes a clock of real time; in a runtime whose time is paused, one that follows that time.
    ///
    /// The second needs the feature `tokio`, and a time that is paused already: `#[tokio::test(start_paused = true)]`.
    pub fn new() -> Self {
        #[cfg(feature = "tokio")]
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let before = origin::std_now();
            let told = tokio::time::Instant::now().into_std();
            let after = origin::std_now();
            if !(before..=after).contains(&told) {
                return Self(Base::Paused(runtime));
            }
        }
        Self::real()
    }

    /// Makes a clock of real time, also in a runtime whose time is paused: for who blocks a thread.
    pub const fn real() -> Self {
        Self(Base::Real)
    }

    /// Makes a clock that stands still at zero until its hand is moved.
    pub fn by_hand() -> (Self, Hand) {
        let hand = Hand::default();
        (Self(Base::Hand(hand.clone())), hand)
    }

    /// Tells the time since the process started; never less than a call before it told.
    #[inline]
    pub fn now(&self) -> Duration {
        match &self.0 {
            Base::Real => origin::elapsed(),
            #[cfg(feature = "tokio")]
            Base::Paused(runtime) => {
                let _entered = runtime.enter();
                origin::age_at(tokio::time::Instant::now().into_std())
            }
            Base::Hand(hand) => hand.now(),
        }
    }
}

impl Clock {
    /// Tells the time to the kernel's tick, for a quarter of the price: never more than [`now`](Self::now), and at most 10 ms less.
    ///
    /// For stamps that are made often and looked at rarely. Where the system has no such clock (outside Linux), and for paused time,
    /// it is `now`.
    #[inline]
    pub fn coarse(&self) -> Duration {
        match &self.0 {
            Base::Real => origin::coarse(),
            _ => self.now(),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = match self.0 {
            Base::Real => "real",
            #[cfg(feature = "tokio")]
            Base::Paused(_) => "paused",
            Base::Hand(_) => "by hand",
        };
        f.debug_struct("Clock").field("base", &base).field("now", &self.now()).finish()
    }
}
