use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::PHASES;
use crate::notice::Notice;
use crate::unfinished::Unfinished;

pub(crate) type Observer = Arc<dyn Fn(&Notice<'_>) + Send + Sync>;
pub(crate) type Sweeper = Arc<dyn Fn(Unfinished) + Send + Sync>;

/// What a [`Janitor`](crate::Janitor) is made with.
#[derive(Clone)]
#[must_use = "settings do nothing until a janitor is made with them"]
pub struct Settings {
    pub(crate) name: &'static str,
    pub(crate) deadline: Duration,
    pub(crate) concurrency: usize,
    pub(crate) queue: usize,
    pub(crate) phases: Vec<(&'static str, u32)>,
    pub(crate) warn_after: Option<Duration>,
    pub(crate) observer: Option<Observer>,
    pub(crate) sweeper: Option<Sweeper>,
}

impl Settings {
    /// The defaults.
    ///
    /// 10 s for a clean-up, 64 at a time, 1 048 576 in the queue, one phase, no hooks, no warnings.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            deadline: Duration::from_secs(10),
            concurrency: 64,
            queue: 1 << 20,
            phases: Vec::new(),
            warn_after: None,
            observer: None,
            sweeper: None,
        }
    }

    /// Sets how long a clean-up may take that does not say so itself; default 10 s.
    ///
    /// Zero: no async part is begun. The maximum: none is ever too late.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets how many clean-ups may run at a time; default 64.
    ///
    /// Zero counts as one. [`drain_blocking`](crate::Janitor::drain_blocking) may run one more: those that are there may be blocked.
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Sets how many clean-ups may wait; default 1 048 576.
    ///
    /// A clean-up beyond that ends as [`Overflowed`](crate::Outcome::Overflowed): its sync part has run, the sweeper gets it, it is
    /// counted, and the log is told once for each time that the queue fills. Zero: every async part overflows.
    pub fn with_queue(mut self, queue: usize) -> Self {
        self.queue = queue;
        self
    }

    /// Adds a phase of the drain, after those before it.
    ///
    /// The phases take what is left by weight: with weights 1, 2 and 1 the first has a quarter, the second two thirds of what the first
    /// left. A phase begins when that before it is settled, or has had its share. A clean-up that one of an earlier phase waits for, since
    /// they have one key, is begun with that one. A weight of zero counts as one. At most 8; further ones are the eighth. A name twice is
    /// the first of them.
    pub fn with_phase(mut self, name: &'static str, weight: u32) -> Self {
        if self.phases.len() < PHASES {
            self.phases.push((name, weight.max(1)));
        }
        self
    }

    /// Warns of every tracked guard that is armed for longer than that.
    ///
    /// Once; default no warnings. A guard in a cycle of `Arc`s or behind `mem::forget` is never dropped: this is where it shows. Needs a
    /// runtime with timers where the janitor is made. It looks four times in that time, but not more than once a millisecond, so a
    /// warning is late by a quarter of it at most. Zero: every guard that is there when it looks. The maximum: never.
    pub fn with_warn_after(mut self, age: Duration) -> Self {
        self.warn_after = Some(age);
        self
    }

    /// Sets who is told of everything that happens, for metrics.
    ///
    /// A panic in it is contained.
    ///
    /// Called by whoever makes it happen, also in `Drop`: it must not block. What a hook hands in itself is told as well, but no more than
    /// four hooks deep, so that one that answers each notice with a clean-up ends.
    pub fn with_observer(mut self, observer: impl Fn(&Notice<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sets who is handed every clean-up that did not complete.
    ///
    /// With all that is known of it; a panic in it is contained. Called before the clean-up counts as ended, also in `Drop`: it must not
    /// block. Typically it writes the key down for a periodic sweep, whose age may then be short. A clean-up that it detaches may be lost
    /// as well, and is handed over then; the fifth one within the other is only counted and told to the log.
    pub fn with_sweeper(mut self, sweeper: impl Fn(Unfinished) + Send + Sync + 'static) -> Self {
        self.sweeper = Some(Arc::new(sweeper));
        self
    }

    /// The phase of that name; else the last.
    pub(crate) fn phase(&self, name: Option<&str>) -> u8 {
        let last = self.last_phase();
        let at = name.and_then(|name| self.phases.iter().position(|(known, _)| *known == name));
        u8::try_from(at.unwrap_or(last)).unwrap_or(u8::MAX)
    }

    pub(crate) fn last_phase(&self) -> usize {
        self.phases.len().saturating_sub(1)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("deadline", &self.deadline)
            .field("concurrency", &self.concurrency)
            .field("queue", &self.queue)
            .field("phases", &self.phases)
            .finish_non_exhaustive()
    }
}
