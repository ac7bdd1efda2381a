use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::classifier::Classifier;
use crate::config::Config;
use crate::hint::Hint;
use crate::interrupts::Interrupts;
use crate::observer::Observer;
use crate::schedule::{AttemptTimeout, Envelope, Schedule};
use crate::text::{MAX_TEXT, Text, clean};

/// A wait for one thing to become ready: the settings, then [`until`](Wait::until).
///
/// * **Time-out**: the wait ends by its deadline, attempts and sleeps included, with
///   [`Failure::Deadline`](crate::Failure::Deadline). The last sleep is cut short so that a last attempt
///   still has time to finish; once none has (twice what the quickest answer took, 20 ms at least), the wait
///   ends at once.
/// * **Attempt**: one that does not end within its own time-out is dropped; with [`Wait::local`] that is
///   500 ms at first. A target that is slower needs [`with_attempt_timeout`](Wait::with_attempt_timeout).
/// * **Cancel, fail fast**: [`with_cancellation`](Wait::with_cancellation) ends it, even if it is ready at
///   that moment; [`with_fail_fast`](Wait::with_fail_fast) ends it with a reason.
/// * **Error**: transient, transient for a while, or fatal, as the [`Classifier`] says.
/// * **Drop**: dropping the future ends the wait and the attempt under way; nothing is logged, nothing goes on.
/// * **Panic**: a panic of the probe is the caller's.
///
/// | setting | default |
/// |---|---|
/// | [`with_timeout`](Wait::with_timeout) | 15 minutes |
/// | [`with_schedule`](Wait::with_schedule) | [`Envelope::local`] or [`Envelope::remote`] |
/// | [`with_attempt_timeout`](Wait::with_attempt_timeout) | [`AttemptTimeout::local`] or [`AttemptTimeout::remote`] |
/// | [`with_classifier`](Wait::with_classifier) | [`Classifier::default`] |
/// | [`with_longest_retry_after`](Wait::with_longest_retry_after) | 30 s |
/// | [`with_successes`](Wait::with_successes) | 1 |
/// | [`with_hold`](Wait::with_hold) | 0 |
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use firstlight_poll::{Verdict, Wait};
///
/// let ready = Wait::local("the answer")
///     .until(|cx| async move { if cx.attempt() < 3 { Verdict::pending() } else { Verdict::Ready(42) } })
///     .await
///     .expect("ready well before the default deadline");
/// assert_eq!((ready.value, ready.report.attempts), (42, 3));
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
pub struct Wait<S = Envelope> {
    pub(crate) config: Config<S>,
    pub(crate) interrupts: Interrupts,
}

impl Wait {
    /// Makes a wait for something on this machine, that nobody else waits for.
    ///
    /// Loopback, a child process, a file.
    pub fn local(name: impl Into<Text>) -> Self {
        Self::new(name.into(), Envelope::local(), AttemptTimeout::local())
    }

    /// Makes a wait for something across a network, that others may wait for too.
    pub fn remote(name: impl Into<Text>) -> Self {
        Self::new(name.into(), Envelope::remote(), AttemptTimeout::remote())
    }

    fn new(name: Text, schedule: Envelope, attempt_timeout: AttemptTimeout) -> Self {
        let config = Config::new(clean(name, MAX_TEXT), schedule, attempt_timeout);
        Self { config, interrupts: Interrupts::default() }
    }
}

impl<S: Schedule> Wait<S> {
    /// Takes another schedule.
    pub fn with_schedule<R: Schedule>(self, schedule: R) -> Wait<R> {
        Wait { config: self.config.with_schedule(schedule), interrupts: self.interrupts }
    }

    /// Sets how long one attempt may take.
    ///
    /// Default [`AttemptTimeout::local`] or [`AttemptTimeout::remote`].
    pub fn with_attempt_timeout(mut self, timeout: AttemptTimeout) -> Self {
        self.config.attempt_timeout = timeout;
        self
    }

    /// Sets how long the whole wait may take, from the moment it is awaited.
    ///
    /// 0: the first attempt is polled once. [`Duration::MAX`]: no deadline, then a target that never comes is
    /// waited for for ever.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.config.timeout = timeout;
        self
    }

    /// Sets which errors are worth waiting for.
    pub fn with_classifier(mut self, classifier: Classifier) -> Self {
        self.config.rare_mut().classifier = classifier;
        self
    }

    /// Sets the longest `Retry-After` that is honoured.
    ///
    /// A longer one counts as this. 0 ignores them.
    pub fn with_longest_retry_after(mut self, longest: Duration) -> Self {
        self.config.rare_mut().longest_retry_after = longest;
        self
    }

    /// Sets how many attempts in a row must be ready.
    ///
    /// Default 1; 0 counts as 1; with [`u32::MAX`] the deadline comes first.
    pub fn with_successes(mut self, successes: u32) -> Self {
        self.config.rare_mut().successes = successes.max(1);
        self
    }

    /// Sets how long the target must stay ready before it counts as ready.
    ///
    /// It stays so as far as attempts can see. Default 0. A hold that does not fit before the deadline is a
    /// [`Failure::Deadline`](crate::Failure::Deadline).
    pub fn with_hold(mut self, hold: Duration) -> Self {
        self.config.rare_mut().hold = hold;
        self
    }

    /// Ends the wait with this reason as soon as the future completes.
    ///
    /// The child has exited, say, or the pod is gone. May be set several times. The future is dropped when
    /// the wait ends, also with ready: what it owns is dropped with it. So do not move a child process into
    /// it, but what tells of its end:
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use firstlight_poll::{Verdict, Wait};
    ///
    /// // A task that owns the child would send `child.wait().await` here.
    /// let (exited, exit) = tokio::sync::oneshot::channel::<i32>();
    /// exited.send(1).unwrap();
    ///
    /// let wait = Wait::local("k3s").with_fail_fast_reason(async move {
    ///     match exit.await {
    ///         Ok(code) => format!("k3s exited: {code}"),
    ///         Err(_) => std::future::pending().await,
    ///     }
    /// });
    /// let error = wait.until(|_| async { Verdict::<()>::pending() }).await.unwrap_err();
    /// assert_eq!(error.failure().to_string(), "k3s exited: 1");
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    pub fn with_fail_fast<F>(self, future: F, reason: impl Into<Text>) -> Self
    where
        F: Future + Send + 'static,
    {
        let reason = reason.into();
        self.with_fail_fast_reason(async move {
            // The output is dropped before the reason is given: it need not be `Send` longer than the future.
            drop(future.await);
            reason
        })
    }

    /// Ends the wait as soon as the future completes, with the reason it returns.
    ///
    /// `k3s exited: exit status: 1`, say.
    pub fn with_fail_fast_reason<F>(mut self, future: F) -> Self
    where
        F: Future + Send + 'static,
        F::Output: Into<Text>,
    {
        self.interrupts.fail_fast(async move { clean(future.await.into(), MAX_TEXT) });
        self
    }

    /// Lets pushes of this hint shorten the sleeps.
    ///
    /// A later hint replaces an earlier one.
    pub fn with_hint(mut self, hint: &Hint) -> Self {
        self.interrupts.listen_to(hint);
        self
    }

    /// Ends the wait when the token is cancelled.
    ///
    /// It ends with [`Failure::Cancelled`](crate::Failure::Cancelled), even if the target is ready at the
    /// same moment.
    #[cfg(feature = "tokio")]
    pub fn with_cancellation(mut self, token: tokio_util::sync::CancellationToken) -> Self {
        self.interrupts.cancel_by(token);
        self
    }

    /// Shows every attempt and the end to this observer.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.config.rare_mut().observer = Some(observer);
        self
    }

    /// Tells the schedule's promise, in words and numbers.
    pub fn explain(&self) -> String {
        self.config.schedule.explain()
    }
}

impl<S> fmt::Debug for Wait<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.config, f)
    }
}
