use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::capture::Capture;
use crate::claim::Claim;
use crate::key::Key;
use crate::retry::Retry;

/// The settings of a clean-up; none of them costs anything until it is used.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) deadline: Option<Duration>,
    pub(crate) phase: Option<&'static str>,
    pub(crate) rare: Option<Box<Rare>>,
}

/// The settings that few clean-ups have.
#[derive(Default)]
pub(crate) struct Rare {
    pub(crate) delay: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) retry: Option<Retry>,
    pub(crate) key: Option<Key>,
    pub(crate) claim: Option<Claim>,
    pub(crate) token: Option<CancellationToken>,
    pub(crate) span: Option<tracing::Span>,
    pub(crate) capture: Option<Box<dyn Capture>>,
}

impl Plan {
    /// Keeps the current span, unless it has one.
    #[inline]
    pub(crate) fn take_span(&mut self) {
        // Saves a few nanoseconds where nobody listens.
        if !tracing::dispatcher::has_been_set() {
            return;
        }
        let span = tracing::Span::current();
        if !span.is_none() {
            self.rare().span.get_or_insert(span);
        }
    }

    pub(crate) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_with(Default::default)
    }

    pub(crate) fn key(&self) -> Option<&Key> {
        self.rare.as_ref()?.key.as_ref()
    }

    pub(crate) fn capture(&self) -> Option<&dyn Capture> {
        self.rare.as_ref()?.capture.as_deref()
    }

    pub(crate) fn token(&self) -> Option<&CancellationToken> {
        self.rare.as_ref()?.token.as_ref()
    }
}

impl Rare {
    /// Whether a newer claim of its key has been made.
    pub(crate) fn is_stale(&self) -> bool {
        self.claim.as_ref().is_some_and(|claim| !claim.is_current())
    }
}
