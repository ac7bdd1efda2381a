use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{has_timers, ns};
use crate::engine::{Call, Next, Standing};
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
    standing: Option<Standing>,
    on_thread: bool,
}

/// Takes one clean-up after the other, until there is none.
pub(crate) async fn work(mut ticket: Ticket) {
    if !ticket.arrive() {
        return;
    }
    let inner = Arc::clone(&ticket.inner);
    let mut bench = Bench::new(&inner, ticket.on_thread);
    let mut turn = 0;
    loop {
        match inner.next() {
            Next::Run { job, row, .. } => bench.run(Held::new(&inner, job, row)).await,
            Next::End { job, outcome } => inner.finish(job, None, outcome),
            Next::Park { until } => {
                bench.rest();
                if !ticket.park(until).await {
                    return;
                }
            }
            Next::Leave => return ticket.leave(),
        }
        turn += 1;
        if turn % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

impl Ticket {
    /// For one that is counted as coming.
    pub(crate) fn new(inner: &Arc<Inner>) -> Self {
        Self { inner: Arc::clone(inner), standing: Some(Standing::Coming), on_thread: false }
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
        self.inner.engine(|engine| engine.staff.arrived());
        self.standing = Some(Standing::AtWork);
        true
    }

    /// Sleeps; whether it goes on.
    async fn park(&mut self, until: Option<Duration>) -> bool {
        self.standing = Some(Standing::Parked);
        let lingers = self.on_thread && until.is_none();
        let now = self.inner.clock.now();
        let time =
            if lingers { Some(LINGER) } else { until.map(|until| until.saturating_sub(now)) };
        let wake = self.inner.wake.notified();
        match time {
            // Without a timer: one that never matters would let paused time run.
            None => wake.await,
            Some(time) => {
                let woken = tokio::time::timeout(time, wake).await.is_ok();
                if lingers && !woken && self.inner.engine(|engine| engine.staff.retire()) {
                    self.leave();
                    return false;
                }
            }
        }
        self.inner.engine(|engine| engine.staff.awake());
        self.standing = Some(Standing::AtWork);
        true
    }

    /// It is counted out already.
    fn leave(&mut self) {
        self.standing = None;
    }

    /// There is no thread to be had: what waits, waits for the next call or for `drain_blocking`.
    pub(crate) fn nowhere(mut self, error: &io::Error) {
        if let Some(standing) = self.standing.take() {
            self.inner.engine(|engine| engine.staff.lost(standing));
        }
        let at = ns(self.inner.clock.now());
        tracing::warn!(
            target: "firstlight_cleanup", janitor = self.inner.settings.name, error = %error, start_ns = at, end_ns = at,
            "no thread for clean-ups: they wait"
        );
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(standing) = self.standing.take() else { return };
        let inner = &self.inner;
        let call = inner.engine(|engine| {
            engine.staff.lost(standing);
            if engine.waiting() > 0 { engine.staff.call() } else { Call::Nobody }
        });
        if !self.on_thread {
            inner.home.leave(false);
        }
        match call {
            // The runtime that dropped this one would drop the next one as well.
            Call::Spawn => inner.home.spawn_on_thread(inner, Ticket::new(inner)),
            call => inner.home.call(inner, call),
        }
    }
}
