use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::has_timers;
use crate::engine::{Call, Crew, Next, Standing};
use crate::held::Held;
use crate::inner::Inner;
use crate::polling::Bench;

/// How many clean-ups a worker runs before it lets others have the thread.
const TURN: u32 = 32;
/// How long a worker on the janitor's own thread waits for more.
const LINGER: Duration = Duration::from_secs(1);

/// A worker's standing with the janitor; its drop, wherever that happens, is noticed.
pub(crate) struct Ticket {
    inner: Arc<Inner>,
    crew: Crew,
    standing: Option<Standing>,
    on_thread: bool,
    /// Until when it has slept.
    slept: Duration,
}

/// Takes one clean-up after the other, until there is none.
pub(crate) async fn work(mut ticket: Ticket) {
    if !ticket.arrive() {
        return;
    }
    let inner = Arc::clone(&ticket.inner);
    let mut bench = Bench::new(&inner, ticket.on_thread);
    let mut turn = 0;
    // When the last one ended, the next one begins: the clock is looked at once for both.
    let mut now = inner.now();
    loop {
        // It has slept until then, whatever a paused clock says that nobody drives any more.
        match inner.next(ticket.crew, now.max(ticket.slept)) {
            Next::Run { job, row, .. } => now = bench.run(Held::new(&inner, job, row), now).await,
            Next::End { job, outcome, .. } => inner.finish_at(job, None, outcome, now),
            Next::Park { until } => {
                bench.rest();
                if !ticket.park(until).await {
                    return;
                }
                now = inner.now();
            }
            Next::Leave => return ticket.leave(),
        }
        turn = (turn + 1) % TURN;
        if turn == 0 {
            tokio::task::yield_now().await;
            now = inner.now();
        }
    }
}

impl Ticket {
    /// For one that is counted as coming.
    pub(crate) fn new(inner: &Arc<Inner>, crew: Crew) -> Self {
        let standing = Some(Standing::Coming);
        Self { inner: Arc::clone(inner), crew, standing, on_thread: false, slept: Duration::ZERO }
    }

    pub(crate) fn for_thread(mut self) -> Self {
        self.on_thread = true;
        self
    }

    /// Whether it can work here.
    fn arrive(&mut self) -> bool {
        if !has_timers() {
            self.inner.home.leave(true);
            return false;
        }
        self.inner.engine(|engine| engine.staff(self.crew).arrived());
        self.standing = Some(Standing::AtWork);
        true
    }

    /// Sleeps; whether it goes on.
    async fn park(&mut self, until: Option<Duration>) -> bool {
        self.standing = Some(Standing::Parked);
        let lingers = self.on_thread && until.is_none();
        let left = |until: Duration| until.saturating_sub(self.inner.now());
        let time = if lingers { Some(LINGER) } else { until.map(left) };
        let wake = self.inner.wake(self.crew).notified();
        match time {
            // Without a timer: one that never matters would let paused time run.
            None => wake.await,
            Some(time) => {
                let woken = tokio::time::timeout(time, wake).await.is_ok();
                if let (Some(until), false) = (until, woken) {
                    self.slept = until;
                }
                if lingers && !woken && self.inner.engine(|engine| engine.staff(self.crew).retire())
                {
                    self.leave();
                    return false;
                }
            }
        }
        self.inner.engine(|engine| engine.staff(self.crew).awake());
        self.standing = Some(Standing::AtWork);
        true
    }

    /// It is counted out already.
    fn leave(&mut self) {
        self.standing = None;
    }

    /// There is no thread to be had: what waits, waits for the next call or for `drain_blocking`. Told once.
    pub(crate) fn nowhere(mut self, error: Option<&io::Error>) {
        if let Some(standing) = self.standing.take() {
            self.inner.engine(|engine| engine.staff(self.crew).lost(standing));
        }
        if let Some(error) = error {
            self.inner.tell_threadless(error);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(standing) = self.standing.take() else { return };
        let inner = &self.inner;
        let mut after = inner.engine(|engine| engine.lost(self.crew, standing));
        if !self.on_thread {
            inner.home.leave(false);
        }
        if after.home == Call::Spawn {
            // The runtime that dropped this one would drop the next one as well.
            after.home = Call::Nobody;
            inner.home.spawn_on_thread(inner, Ticket::new(inner, Crew::Home));
        }
        inner.act(after);
    }
}
