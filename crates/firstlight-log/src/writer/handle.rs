use std::sync::Arc;
use std::time::Duration;

use firstlight_clock::Clock;
use tracing::Level;

use super::alarm::Alarm;
use super::bell::Bell;
use super::config::{Announce, Config};
use super::error::FlushError;
use super::limits::Limits;
use super::local::Local;
use super::open::Open;
use super::pause::Pause;
use super::shared::{Progress, Push, Shared};
use super::stats::WriterStats;
use super::worker::empties;

/// Takes lines and never hangs; clones share one queue and one thread.
///
/// Dropping the last one closes it without waiting: the thread writes what waits, if the process lives that
/// long.
#[derive(Debug, Clone)]
pub(crate) struct Writer(pub(super) Arc<Local>);

impl Writer {
    /// Starts the thread, which is also the one that rings the alarm.
    ///
    /// If the system gives no thread, lines wait in the queue until somebody flushes, and are written by him;
    /// a lossless queue then drops what it has no room for, and the alarm does not ring.
    pub(crate) fn start(
        open: Open,
        limits: Limits,
        thread: &'static str,
        announce: Announce,
        alarm: Option<Alarm>,
    ) -> Self {
        let bell = Arc::new(Bell::new(alarm, Clock::real().now()));
        Self(Arc::new(Local::start(Arc::new(Config { open, announce }), limits, bell, thread)))
    }

    /// The sink's name.
    pub(crate) fn name(&self) -> String {
        self.0.name()
    }

    /// Takes a line with what ends it: whole, or not at all, and then it is counted.
    ///
    /// * No room: dropped; in a lossless queue it waits for some, however long that takes, but not on the
    ///   thread that makes room, not for a dead or closed sink, and not if there is no thread.
    /// * Larger than the whole queue: dropped; in a lossless one it is taken alone.
    /// * Empty: a line of no bytes.
    #[inline]
    pub(crate) fn push(&self, level: Level, line: &[u8]) {
        let mut local = self.0.latest();
        let mut pause = Pause::default();
        let mut may_wait = true;
        loop {
            match local.shared.push(level, line, may_wait, || local.is_ours()) {
                Push::Done => return,
                Push::Foreign => local = local.child(),
                Push::Full if empties(&local.shared) => may_wait = false,
                Push::Full => pause.wait(Duration::MAX),
            }
        }
    }

    /// Takes a line that has waited for somebody to configure, room or not, and never waits.
    ///
    /// Such lines are no more than the early ring has held, and are not charged to the queue: what comes
    /// after them finds its room.
    pub(crate) fn push_early(&self, level: Level, line: &[u8]) {
        let mut local = self.0.latest();
        while local.shared.push_early(level, line, || local.is_ours()) == Push::Foreign {
            local = local.child();
        }
    }

    /// Waits until all that was pushed before is written, at most so long; zero only looks.
    ///
    /// It does not wait for what is pushed meanwhile. In a child of a fork there is nothing to wait for: what
    /// waits is the parent's.
    ///
    /// # Errors
    /// Not all is written, or lines have failed since the last flush.
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        Wait::begin(self.0.current(), timeout).flush()
    }

    /// Takes no more lines, waits until what waits is written and the thread has gone, at most so long, and
    /// gives up what is left.
    ///
    /// A writer of the user's is dropped by the thread. Closing twice is a flush.
    ///
    /// # Errors
    /// As [`flush`](Self::flush); it is closed all the same.
    pub(crate) fn close(&self, timeout: Duration) -> Result<(), FlushError> {
        Wait::begin(self.0.current(), timeout).close()
    }

    /// Sends what is pushed from now on elsewhere, after all that was pushed before has been written where it
    /// was to go.
    ///
    /// If that stalls for a second, what is left for it is given up, and told in the new one. On a closed
    /// writer it does nothing.
    pub(crate) fn retarget(&self, open: Open, limits: Limits, announce: Announce) {
        self.0.current().retarget(Arc::new(Config { open, announce }), limits);
    }

    /// What it has, to be waited for when there is no writer any more.
    pub(crate) fn leaving(&self) -> Leaving {
        let local = self.0.current();
        Leaving { name: local.name(), pid: std::process::id(), shared: Arc::clone(&local.shared) }
    }

    pub(crate) fn stats(&self) -> WriterStats {
        self.0.current().shared.stats()
    }
}

/// What a writer has that nobody gives lines any more.
#[derive(Debug)]
pub(crate) struct Leaving {
    name: String,
    pid: u32,
    shared: Arc<Shared<Arc<Config>>>,
}

impl Leaving {
    /// As [`Writer::flush`].
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        // In a child of a fork what waits is the parent's.
        if self.pid != std::process::id() {
            return Ok(());
        }
        Wait::of(&self.shared, Whose::Leaving(&self.name), timeout).flush()
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_over(&self) -> bool {
        self.pid != std::process::id()
            || self.shared.progress(0).is_some_and(|progress| progress.stats.waiting == 0)
    }

    /// What is left for a sink that stalls is lost.
    pub(crate) fn give_up(&self) {
        self.shared.try_close(true);
    }

    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }

    pub(crate) fn stats(&self) -> WriterStats {
        self.shared.stats()
    }
}

/// Whose queue is waited for.
enum Whose<'a> {
    Writer(&'a Local),
    Leaving(&'a str),
}

/// A wait that ends.
struct Wait<'a> {
    shared: &'a Arc<Shared<Arc<Config>>>,
    whose: Whose<'a>,
    clock: Clock,
    deadline: Duration,
    pause: Pause,
}

impl<'a> Wait<'a> {
    fn begin(local: &'a Local, timeout: Duration) -> Self {
        Self::of(&local.shared, Whose::Writer(local), timeout)
    }

    fn of(shared: &'a Arc<Shared<Arc<Config>>>, whose: Whose<'a>, timeout: Duration) -> Self {
        let clock = Clock::real();
        let deadline = clock.now().saturating_add(timeout);
        Self { shared, whose, clock, deadline, pause: Pause::default() }
    }

    fn flush(&mut self) -> Result<(), FlushError> {
        if empties(self.shared) {
            return Err(FlushError::OwnThread { sink: self.name() });
        }
        let mark = self.until(Shared::mark).ok_or_else(|| self.stuck())?;
        self.work_off();
        let mut last = None;
        let settled = self.until(|shared| {
            last = shared.progress(mark);
            last.filter(|progress| progress.settled)
        });
        match settled.or(last) {
            Some(progress) => self.judge(progress),
            None => Err(self.stuck()),
        }
    }

    fn close(&mut self) -> Result<(), FlushError> {
        self.until(|shared| shared.try_close(false).then_some(())).ok_or_else(|| self.stuck())?;
        let flushed = self.flush();
        if let Whose::Writer(local) = self.whose {
            local.forget_target();
        }
        // Lines that were taken meanwhile are given up too.
        if matches!(flushed, Err(FlushError::TimedOut { .. })) {
            self.shared.try_close(true);
        } else if flushed.is_ok() {
            self.until(|shared| shared.progress(0).filter(|progress| progress.ended));
        }
        flushed
    }

    /// Does the thread's work where there is none.
    fn work_off(&self) {
        let Whose::Writer(local) = self.whose else { return };
        let spare = || local.spare.try_lock().ok();
        let Some(mut worker) = spare().and_then(|mut spare| spare.take()) else { return };
        worker.work_off(self.deadline);
        if let Some(mut spare) = spare() {
            *spare = Some(worker);
        }
    }

    /// Asks until there is an answer, once at least.
    fn until<T>(&mut self, mut ask: impl FnMut(&Shared<Arc<Config>>) -> Option<T>) -> Option<T> {
        loop {
            let answer = ask(self.shared);
            let left = self.deadline.saturating_sub(self.clock.now());
            if answer.is_some() || left.is_zero() {
                return answer;
            }
            self.pause.wait(left);
        }
    }

    fn judge(&self, progress: Progress) -> Result<(), FlushError> {
        let sink = self.name();
        let Progress { settled, newly_failed, stats, waiting_bytes, .. } = progress;
        let kind = stats.last_error.unwrap_or(std::io::ErrorKind::Other);
        match () {
            () if !settled => {
                Err(FlushError::TimedOut { sink, lines: stats.waiting, bytes: waiting_bytes })
            }
            () if stats.dead => Err(FlushError::Dead { sink, kind }),
            () if newly_failed > 0 => Err(FlushError::Failed { sink, lines: newly_failed, kind }),
            () => Ok(()),
        }
    }

    fn stuck(&self) -> FlushError {
        FlushError::Stuck { sink: self.name() }
    }

    fn name(&self) -> String {
        match self.whose {
            Whose::Writer(local) => local.name(),
            Whose::Leaving(name) => name.to_owned(),
        }
    }
}
