use std::future::Future;

use crate::context::Context;
use crate::drive::Drive;
use crate::error::WaitError;
use crate::ready::Ready;
use crate::schedule::Schedule;
use crate::verdict::Verdict;
use crate::wait::Wait;

impl<S: Schedule> Wait<S> {
    /// Waits until the probe says ready.
    ///
    /// A probe asks once: it gets a [`Context`] and returns a future of a [`Verdict`]. The future is dropped
    /// when the attempt's time is over or the wait ends: it must hold nothing that a drop does not release. A
    /// probe that blocks its thread blocks the wait with it, time-outs included.
    ///
    /// The first attempt is made at once (with [`Envelope::remote`](crate::Envelope::remote): within 250 ms).
    ///
    /// # Errors
    /// [`WaitError`] with the [`Failure`](crate::Failure) that ended the wait: deadline, fatal, failed fast,
    /// cancelled; or no runtime with timers.
    ///
    /// # Panics
    /// When the probe does.
    ///
    /// # Cancel safety
    /// Dropping the future ends the wait and drops the attempt under way. Nothing goes on; a later wait starts anew.
    pub fn until<F, A, T>(self, probe: F) -> impl Future<Output = Result<Ready<T>, WaitError>>
    where
        F: FnMut(Context) -> A,
        A: Future<Output = Verdict<T>>,
    {
        // Made outside: an `async fn` would hold the settings twice, as it got them and as it uses them.
        let mut drive = Drive::new(self.config, self.interrupts, probe);
        async move {
            drive.begin()?;
            loop {
                if let Some(end) = drive.step().await {
                    return drive.finish(end);
                }
            }
        }
    }
}
