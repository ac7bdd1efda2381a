use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::classifier::Classifier;
use crate::observer::Observer;
use crate::schedule::AttemptTimeout;
use crate::text::Text;

/// The settings of a wait that need no runtime.
#[derive(Clone)]
pub(crate) struct Config<S> {
    pub(crate) name: Text,
    pub(crate) schedule: S,
    pub(crate) attempt_timeout: AttemptTimeout,
    pub(crate) timeout: Duration,
    pub(crate) classifier: Classifier,
    pub(crate) longest_retry_after: Duration,
    pub(crate) successes: u32,
    pub(crate) hold: Duration,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

impl<S> Config<S> {
    pub(crate) fn new(name: Text, schedule: S, attempt_timeout: AttemptTimeout) -> Self {
        Self {
            name,
            schedule,
            attempt_timeout,
            timeout: Duration::from_secs(15 * 60),
            classifier: Classifier::default(),
            longest_retry_after: Duration::from_secs(30),
            successes: 1,
            hold: Duration::ZERO,
            observer: None,
        }
    }

    pub(crate) fn with_schedule<R>(self, schedule: R) -> Config<R> {
        let Self {
            name,
            attempt_timeout,
            timeout,
            classifier,
            longest_retry_after,
            successes,
            hold,
            observer,
            ..
        } = self;
        Config {
            name,
            schedule,
            attempt_timeout,
            timeout,
            classifier,
            longest_retry_after,
            successes,
            hold,
            observer,
        }
    }
}

impl<S> fmt::Debug for Config<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("name", &self.name)
            .field("timeout", &self.timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .finish_non_exhaustive()
    }
}
