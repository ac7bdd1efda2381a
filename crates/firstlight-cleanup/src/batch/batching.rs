use std::fmt;
use std::time::Duration;

use crate::ending::Ending;
use crate::retry::Retry;

/// What a [`Batch`](crate::Batch) is made with.
#[must_use = "settings do nothing until a batch is made with them"]
pub struct Batching<K> {
    pub(crate) most: usize,
    pub(crate) linger: Duration,
    pub(crate) idempotent: bool,
    pub(crate) deadline: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) retry: Option<Retry>,
    pub(crate) phase: Option<&'static str>,
    pub(crate) sync: Option<SyncOfKey<K>>,
}

pub(crate) type SyncOfKey<K> = Box<dyn Fn(&K, Ending) + Send + Sync>;

impl<K> Batching<K> {
    /// The defaults: 500 keys a call, 5 ms for them to gather, idempotent.
    ///
    /// Idempotent: all keys of a call that fails are tried again.
    pub fn new() -> Self {
        Self {
            most: 500,
            linger: Duration::from_millis(5),
            idempotent: true,
            deadline: None,
            attempt_timeout: None,
            retry: None,
            phase: None,
            sync: None,
        }
    }

    /// The same, but each call is attempted once.
    ///
    /// After an error, a panic or an interruption the sweeper gets its keys.
    pub fn once() -> Self {
        Self { idempotent: false, ..Self::new() }
    }

    /// Sets how many keys a call may have; default 500.
    ///
    /// Zero counts as one. The keys are cloned for each attempt. At the maximum a call has all that have gathered.
    pub fn with_most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Sets how long a call waits for more keys after its first; default 5 ms.
    ///
    /// A call that is full, and a drain, wait no longer. Zero: no call waits, but keys gather while another call runs. The maximum: until
    /// the call is full, or a drain.
    pub fn with_linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// Sets how long a call may take, from when it waits for no more keys.
    ///
    /// Default the [janitor's](crate::Settings::with_deadline). Waiting for a worker and for the calls before it, attempts and pauses all
    /// count. Zero: no call is begun. The maximum: it is never too late.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets how long one attempt of a call may take.
    ///
    /// As [`Cleanup::with_attempt_timeout`](crate::Cleanup::with_attempt_timeout).
    pub fn with_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Sets the pauses between the attempts of a call.
    ///
    /// No effect on calls that are attempted once.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the phase of the drain that the guards and the calls belong to.
    ///
    /// Default, and for a name that the janitor does not know, the last.
    pub fn with_phase(mut self, phase: &'static str) -> Self {
        self.phase = Some(phase);
        self
    }

    /// Adds the sync part, which runs for each key.
    ///
    /// In `Drop`, before the key is handed over; a panic in it is contained and counted.
    pub fn with_sync(mut self, part: impl Fn(&K, Ending) + Send + Sync + 'static) -> Self {
        self.sync = Some(Box::new(part));
        self
    }
}

impl<K> Default for Batching<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> fmt::Debug for Batching<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batching")
            .field("most", &self.most)
            .field("linger", &self.linger)
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}
