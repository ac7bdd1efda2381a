use std::time::Duration;

/// Waits in growing steps for something that nobody announces.
///
/// A condition variable would take a lock again when it wakes, and wait for ever if who holds that has gone:
/// at the end of a process some systems end the other threads wherever they are.
#[derive(Debug, Default)]
pub(super) struct Pause(u32);

const FIRST: Duration = Duration::from_micros(20);
const LONGEST: Duration = Duration::from_millis(1);

impl Pause {
    /// Waits a little, at most so long.
    pub(super) fn wait(&mut self, most: Duration) {
        let step = FIRST.saturating_mul(1 << self.0).min(LONGEST);
        self.0 = (self.0 + 1).min(16);
        rest(step.min(most));
    }
}

/// A sleep that needs nothing of this thread, which may be in the middle of its end: a wait for a bell that
/// nobody has.
#[cfg(not(firstlight_loom))]
pub(super) fn rest(time: Duration) {
    let bell = std::sync::Mutex::new(());
    if let Ok(guard) = bell.lock() {
        let _ = std::sync::Condvar::new().wait_timeout(guard, time);
    }
}

#[cfg(firstlight_loom)]
pub(super) fn rest(_: Duration) {
    loom::thread::yield_now();
}
