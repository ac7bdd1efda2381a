use std::fmt;
use std::future::Future;
use std::time::Duration;

use firstlight_ready::{Reason, Spec};

use crate::blocking::Blocking;
use crate::health::Health;
use crate::policy::Policy;
use crate::probe::Probe;
use crate::rng::Rng;
use crate::trouble::Trouble;

/// A function that asks how something is, and the rules by which it is asked.
///
/// It feeds the gate of its name, which is live: it opens and closes with what is found, and goes stale when
/// nothing is found any more.
///
/// * **Single flight**: a run begins when the one before has ended, or was given up.
/// * **Time-out**: the future is dropped, and the gate told not-ready.
/// * **Panic**, in the function or its future: contained; not-ready. The future is not polled again; the next
///   run makes a new one.
/// * **A future that blocks its thread** cannot be given up; it holds up all else on that thread. Use
///   [`Check::blocking`].
///
/// Before the first good result, while a start waits for it, it runs more often: again after a 64th of
/// [`every`](Check::every), and each pause is twice the one before, until it is all of it.
#[must_use = "a check does nothing until it is added to `Checks`"]
pub struct Check {
    pub(crate) label: Reason,
    pub(crate) spec: Spec,
    pub(crate) policy: Policy,
    pub(crate) rng: Rng,
    pub(crate) probe: Probe,
}

impl Check {
    /// Makes a check of an asynchronous function.
    ///
    /// Its name is its gate's. A mistake in it, as in any setting, is told when the check is added.
    pub fn new<F, A>(name: impl AsRef<str>, mut ask: F) -> Self
    where
        F: FnMut() -> A + Send + 'static,
        A: Future<Output = Result<Health, Trouble>> + Send + 'static,
    {
        Self::of(name.as_ref(), Probe::Async(Box::new(move || Box::pin(ask()))))
    }

    /// Makes a check of a function that blocks; each run has a thread of its own.
    ///
    /// Nobody can stop a thread. When the time-out is over the gate is told not-ready, and the thread is left
    /// behind: no other is begun before it returns, what it returns then is thrown away, and its place under
    /// the [cap](crate::Checks::max_concurrent) is free. [`Outcome::Hung`](crate::Outcome::Hung) tells its
    /// age meanwhile, and the gate, which hears nothing more, goes stale. It holds up neither the runtime's
    /// end nor the process's.
    pub fn blocking<F>(name: impl AsRef<str>, ask: F) -> Self
    where
        F: Fn() -> Result<Health, Trouble> + Send + Sync + 'static,
    {
        let name = name.as_ref();
        Self::of(name, Probe::Blocking(Blocking::new(name.to_owned(), ask)))
    }

    fn of(name: &str, probe: Probe) -> Self {
        Self {
            label: Reason::new(name),
            spec: Spec::new(name),
            policy: Policy::default(),
            rng: Rng::random(),
            probe,
        }
    }

    /// Sets the pause between the end of a run and the beginning of the next. Default: 10 s.
    ///
    /// Less than [`MIN_EVERY`](crate::MIN_EVERY) is refused. At [`Duration::MAX`] it runs once, and when it
    /// is [asked to](crate::Checks::refresh).
    pub fn every(mut self, every: Duration) -> Self {
        self.policy.every = every;
        self
    }

    /// Sets how long a run may take. Default: 5 s.
    ///
    /// Counted from when it begins; the wait for a free place under the [cap](crate::Checks::max_concurrent)
    /// does not count. Zero is refused. At [`Duration::MAX`] a run that hangs is never given up.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout = timeout;
        self
    }

    /// Sets after how long without a result the gate is stale, and closed.
    ///
    /// Default: three times [`every`](Check::every), and the time-out. Counted from the last result; the wait
    /// for a free place counts. Less than the longest pause and the time-out together is refused: it would be
    /// stale between two good runs. At [`Duration::MAX`], and by default if one of the other two is, it is
    /// never stale.
    pub fn stale_after(mut self, stale_after: Duration) -> Self {
        self.policy.stale_after = Some(stale_after);
        self
    }

    /// Sets how long after it was added it runs first. Default: at once.
    ///
    /// At [`Duration::MAX`] it runs only when it is [asked to](crate::Checks::refresh).
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.policy.initial_delay = delay;
        self
    }

    /// Sets the share by which a pause is longer or shorter, at random. Default: 0.1.
    ///
    /// Checks that were added together also part after their first good result: by up to half of
    /// [`every`](Check::every). At 0 nothing is left to chance. More than [`MAX_JITTER`](crate::MAX_JITTER),
    /// less than 0 and NaN are refused.
    pub fn jitter(mut self, jitter: f64) -> Self {
        self.policy.jitter = jitter;
        self
    }

    /// Makes the jitter repeatable, for tests. Default: another in each check and process.
    pub fn seed(mut self, seed: u64) -> Self {
        self.rng = Rng::seeded(seed);
        self
    }

    /// Sets rules of its gate: `.gate(|spec| spec.shared().after(["config"]))`.
    ///
    /// It is live and goes stale, whatever is set here. So that one failed run does not close it, give it a
    /// hysteresis: `spec.mode(Mode::Live(Hysteresis { fall: 3, ..Hysteresis::default() }))`.
    pub fn gate(mut self, rules: impl FnOnce(Spec) -> Spec) -> Self {
        self.spec = rules(self.spec);
        self
    }

    /// The rules of the gate; silence makes it stale.
    pub(crate) fn spec(&self) -> Spec {
        self.spec.clone().heartbeat(self.policy.stale_after())
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.label)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
