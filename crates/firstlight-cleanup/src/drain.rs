use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::clock::{from_now, has_timers, ns};
use crate::inner::Inner;
use crate::inventory::Inventory;
use crate::outcome::Outcome;
use crate::report::{DrainReport, MOST};
use crate::sync::lock;
use crate::within::is_within;
use crate::worker::Ticket;

/// How long a drain waits, after its deadline, for what it has interrupted to let go.
const LETTING_GO: Duration = Duration::from_millis(50);
/// How many workers the janitor's own thread gets when a thread blocks for the drain.
const HELPERS: usize = 16;

pub(crate) async fn drain(inner: &Arc<Inner>, deadline: Duration) -> DrainReport {
    let began = inner.clock.now();
    inner.begin_closing();
    if is_idle(inner) && inner.draining.try_lock().is_ok() {
        inner.engine(|engine| engine.close());
        return report(inner, began, 0, Vec::new(), Vec::new());
    }
    if is_within(inner) {
        let left = Inventory::of(inner);
        return DrainReport { left: left.total, ..report(inner, began, 0, left.items, Vec::new()) };
    }
    if Handle::try_current().is_ok() && has_timers() {
        return phases(inner, began, deadline).await;
    }
    // Time passes on a thread that has timers.
    let (tell, told) = oneshot::channel();
    let elsewhere = Arc::clone(inner);
    let started = std::thread::Builder::new().name("firstlight-drain".into()).spawn(move || {
        // Whoever asked may have gone.
        let _ = tell.send(on_this_thread(&elsewhere, began, deadline, false));
    });
    match (started, told.await) {
        (Ok(_), Ok(report)) => report,
        _ => left_all(inner, began),
    }
}

pub(crate) fn drain_blocking(inner: &Arc<Inner>, deadline: Duration) -> DrainReport {
    let began = inner.clock.now();
    inner.begin_closing();
    if is_within(inner) {
        let left = Inventory::of(inner);
        return DrainReport { left: left.total, ..report(inner, began, 0, left.items, Vec::new()) };
    }
    if Handle::try_current().is_err() {
        return on_this_thread(inner, began, deadline, true);
    }
    // A runtime cannot be entered within another one.
    std::thread::scope(|scope| {
        let drain = std::thread::Builder::new()
            .name("firstlight-drain".into())
            .spawn_scoped(scope, || on_this_thread(inner, began, deadline, true));
        drain.ok().and_then(|drain| drain.join().ok()).unwrap_or_else(|| left_all(inner, began))
    })
}

fn on_this_thread(
    inner: &Arc<Inner>,
    began: Duration,
    deadline: Duration,
    help: bool,
) -> DrainReport {
    let Ok(runtime) = Builder::new_current_thread().enable_time().build() else {
        return left_all(inner, began);
    };
    runtime.block_on(async {
        if help && !is_idle(inner) {
            // The runtime of the workers may be blocked, or be driven by nobody: what waits need not.
            for _ in 0..HELPERS {
                inner.engine(|engine| engine.staff.hire());
                inner.home.spawn_on_thread(inner, Ticket::new(inner));
            }
        }
        phases(inner, began, deadline).await
    })
}

/// The drain itself.
async fn phases(inner: &Arc<Inner>, began: Duration, deadline: Duration) -> DrainReport {
    let end = from_now(deadline);
    let Ok(_turn) = tokio::time::timeout_at(end, inner.draining.lock()).await else {
        return left_all(inner, began);
    };
    let before = inner.engine(|engine| engine.stats.completed + engine.stats.rescued);
    *lock(&inner.left) = Some(Vec::new());
    let unphased = Unphased(inner);
    let last = inner.settings.last_phase();
    let mut weights: u64 = inner.settings.phases.iter().map(|(_, weight)| u64::from(*weight)).sum();
    for phase in 0..=last {
        let call = inner.engine(|engine| engine.enter_phase(phase));
        inner.home.call(inner, call);
        let weight = inner.settings.phases.get(phase).map_or(1, |(_, weight)| u64::from(*weight));
        let until = if phase == last { end } else { share(end, weight, weights) };
        weights = weights.saturating_sub(weight);
        let _ = tokio::time::timeout_at(until, settled(inner, phase)).await;
    }
    drop(unphased);
    let waiting =
        if is_idle(inner) { inner.engine(|engine| engine.close()) } else { cut(inner).await };
    for job in waiting {
        inner.finish(job, None, Outcome::Lost);
    }
    let completed = inner.engine(|engine| engine.stats.completed + engine.stats.rescued) - before;
    let ended = lock(&inner.left).take().unwrap_or_default();
    let still = Inventory::of(inner);
    let left = ended.len() + still.total;
    DrainReport { left, ..report(inner, began, completed, ended, still.items) }
}

/// Interrupts what runs, takes out what waits, and gives the first a moment to let go.
async fn cut(inner: &Arc<Inner>) -> Vec<Box<crate::job::Job>> {
    let waiting = inner.engine(|engine| engine.close());
    inner.cut.cancel();
    let running = async {
        loop {
            let changed = inner.changed.notified();
            if inner.engine(|engine| engine.rows.len()) == 0 {
                return;
            }
            changed.await;
        }
    };
    let _ = tokio::time::timeout(LETTING_GO, running).await;
    waiting
}

/// Waits until nothing of the phase, or of one before it, is armed, waits or runs.
async fn settled(inner: &Inner, phase: usize) {
    loop {
        let mut changed = std::pin::pin!(inner.changed.notified());
        // From here on a notification is not missed.
        changed.as_mut().enable();
        if inner.shards.armed(phase) == 0 && inner.engine(|engine| engine.outstanding(phase)) == 0 {
            return;
        }
        changed.await;
    }
}

fn share(end: Instant, weight: u64, weights: u64) -> Instant {
    let now = Instant::now();
    let left = end.saturating_duration_since(now);
    let part = left.as_secs_f64() * (weight as f64 / weights.max(1) as f64);
    now + Duration::try_from_secs_f64(part).unwrap_or(left)
}

/// A drain that is dropped in the middle lets all phases go.
struct Unphased<'a>(&'a Arc<Inner>);

impl Drop for Unphased<'_> {
    fn drop(&mut self) {
        let inner = self.0;
        let call = inner.engine(|engine| engine.enter_phase(inner.settings.last_phase()));
        inner.home.call(inner, call);
    }
}

fn is_idle(inner: &Inner) -> bool {
    inner.shards.armed(usize::MAX) == 0
        && inner.engine(|engine| engine.outstanding(usize::MAX)) == 0
}

/// There was no time, or no thread: all that is at hand is left.
fn left_all(inner: &Arc<Inner>, began: Duration) -> DrainReport {
    let left = Inventory::of(inner);
    DrainReport { left: left.total, ..report(inner, began, 0, left.items, Vec::new()) }
}

fn report(
    inner: &Inner,
    began: Duration,
    completed: u64,
    mut unfinished: Vec<crate::unfinished::Unfinished>,
    still: Vec<crate::unfinished::Unfinished>,
) -> DrainReport {
    unfinished.extend(still);
    unfinished.truncate(MOST);
    let now = inner.clock.now();
    let (janitor, left, start_ns, end_ns) =
        (inner.settings.name, unfinished.len(), ns(began), ns(now));
    if left == 0 {
        tracing::info!(target: "firstlight_cleanup", janitor, completed, left, start_ns, end_ns, "drained");
    } else {
        tracing::warn!(target: "firstlight_cleanup", janitor, completed, left, start_ns, end_ns, "drained: {left} left");
    }
    DrainReport { janitor, took: now.saturating_sub(began), completed, left, unfinished }
}
