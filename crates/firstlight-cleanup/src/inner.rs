use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use firstlight_clock::Clock;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::contain::contain;
use crate::engine::{After, Crew, Engine, Next};
use crate::home::Home;
use crate::settings::Settings;
use crate::shared::Shared;

/// What the janitor, its guards and its workers share.
///
/// How a clean-up comes in is in `detaching.rs`, how it ends in `finishing.rs`, who is told in `telling.rs`.
pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) home: Home,
    pub(crate) shared: Shared,
    /// Wake the worker that sleeps, of each crew.
    wake: Notify,
    wake_helper: Notify,
    /// Wakes drains: something ended while the janitor was closing.
    pub(crate) changed: Notify,
    /// The drain is over: whatever runs is to stop.
    pub(crate) cut: CancellationToken,
    /// One drain at a time.
    pub(crate) draining: tokio::sync::Mutex<()>,
}

impl Inner {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            clock: Clock::new(),
            home: Home::new(),
            shared: Shared::new(&settings),
            wake: Notify::new(),
            wake_helper: Notify::new(),
            changed: Notify::new(),
            cut: CancellationToken::new(),
            draining: tokio::sync::Mutex::new(()),
            settings,
        }
    }

    /// What a worker does next.
    pub(crate) fn next(self: &Arc<Self>, crew: Crew, now: Duration) -> Next {
        let mut next = self.engine(|engine| engine.next(crew, now));
        if let Next::Run { after, .. } | Next::End { after, .. } = &mut next {
            self.act(std::mem::take(after));
        }
        next
    }

    /// What the engine wants done after the lock.
    #[inline]
    pub(crate) fn act(self: &Arc<Self>, after: After) {
        if !after.is_nothing() {
            self.act_on(after);
        }
    }

    fn act_on(self: &Arc<Self>, after: After) {
        let After { home, helpers, over, drains } = after;
        self.home.call(self, Crew::Home, home);
        self.home.call(self, Crew::Helpers, helpers);
        if let Some(over) = over {
            over.cancel();
        }
        if drains {
            self.changed.notify_waiters();
        }
    }

    /// Wakes the one of a crew that sleeps.
    pub(crate) const fn wake(&self, crew: Crew) -> &Notify {
        match crew {
            Crew::Home => &self.wake,
            Crew::Helpers => &self.wake_helper,
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.shared.is_closing()
    }

    /// Paused time is read through its runtime, which cannot be entered when the thread-local values of this thread are gone: another
    /// thread reads it.
    pub(crate) fn now(&self) -> Duration {
        contain(|| self.clock.now()).unwrap_or_else(|_| {
            let clock = self.clock.clone();
            let told = std::thread::Builder::new().spawn(move || clock.now());
            told.ok().and_then(|told| told.join().ok()).unwrap_or_default()
        })
    }

    /// The time at most 10 ms ago, for what is stamped often: armed guards.
    #[inline]
    pub(crate) fn coarse(&self) -> Duration {
        contain(|| self.clock.coarse()).unwrap_or_else(|_| self.now())
    }

    /// A look at the engine; nobody's code may run in `look`.
    pub(crate) fn engine<T>(&self, look: impl FnOnce(&mut Engine) -> T) -> T {
        self.shared.engine(look)
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Janitor")
            .field("name", &self.settings.name)
            .field("closing", &self.is_closing())
            .finish_non_exhaustive()
    }
}
