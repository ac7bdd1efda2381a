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
    /// What most waits leave as it is; `None` is [`Rare::DEFAULT`], so that ten thousand waits do not hold as
    /// many classifiers.
    rare: Option<Box<Rare>>,
}

/// The settings that most waits leave as they are.
#[derive(Clone)]
pub(crate) struct Rare {
    pub(crate) classifier: Classifier,
    pub(crate) longest_retry_after: Duration,
    pub(crate) successes: u32,
    pub(crate) hold: Duration,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

impl Rare {
    const DEFAULT: Self = Self {
        classifier: Classifier::documented(),
        longest_retry_after: Duration::from_secs(30),
        successes: 1,
        hold: Duration::ZERO,
        observer: None,
    };
}

impl<S> Config<S> {
    pub(crate) fn new(name: Text, schedule: S, attempt_timeout: AttemptTimeout) -> Self {
        let timeout = Duration::from_secs(15 * 60);
        Self { name, schedule, attempt_timeout, timeout, rare: None }
    }

    pub(crate) fn with_schedule<R>(self, schedule: R) -> Config<R> {
        let Self { name, attempt_timeout, timeout, rare, .. } = self;
        Config { name, schedule, attempt_timeout, timeout, rare }
    }

    pub(crate) fn rare(&self) -> &Rare {
        static DEFAULT: Rare = Rare::DEFAULT;
        self.rare.as_deref().unwrap_or(&DEFAULT)
    }

    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_with(|| Box::new(Rare::DEFAULT))
    }

    pub(crate) fn observer(&self) -> Option<&dyn Observer> {
        self.rare.as_ref()?.observer.as_deref()
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
