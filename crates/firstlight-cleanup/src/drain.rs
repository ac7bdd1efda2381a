use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::clock::{from_now, has_timers};
use crate::engine::{Engine, Left};
use crate::home::as_own_thread;
use crate::inner::Inner;
use crate::inventory::Inventory;
use crate::outcome::Outcome;
use crate::report::{DrainReport, MOST};
use crate::within::is_within;

/// How long a drain waits, after its deadline, for what it has interrupted to let go.
const LETTING_GO: Duration = Duration::from_millis(50);

/// When a drain was asked for, and how many had completed then.
#[derive(Debug, Clone, Copy)]
struct Began {
    at: Duration,
    done: u64,
}

/// Whose turn it is to drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Mine,
    Another,
}

pub(crate) async fn drain(inner: &Arc<Inner>, deadline: Duration) -> DrainReport {
    let began = Began::now(inner);
    inner.shared.begin_closing();
    if inner.shared.close_if_idle() || is_within(inner) {
        return report(inner, began, Whose::Another);
    }
    if Handle::try_current().is_ok() && has_timers() {
        return phases(inner, began, deadline).await;
    }
    // Time passes on a thread that has timers. It stops when whoever asked has gone.
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let (tell, told) = oneshot::channel();
    let elsewhere = Arc::clone(inner);
    let started = std::thread::Builder::new().name("firstlight-drain".into()).spawn(move || {
        if let Some(report) = on_this_thread(&elsewhere, began, deadline, &stop) {
            let _ = tell.send(report);
        }
    });
    match (started, told.await) {
        (Ok(_), Ok(report)) => report,
        _ => report(inner, began, Whose::Another),
    }
}

pub(crate) fn drain_blocking(inner: &Arc<Inner>, deadline: Duration) -> DrainReport {
    let began = Began::now(inner);
    inner.shared.begin_closing();
    if inner.shared.close_if_idle() || is_within(inner) {
        return report(inner, began, Whose::Another);
    }
    // The runtime of the workers may be blocked, or be driven by nobody: what waits need not.
    let after = inner.engine(Engine::help);
    inner.act(after);
    let drain = || on_this_thread(inner, began, deadline, &CancellationToken::new());
    let drained = if Handle::try_current().is_err() {
        drain()
    } else {
        // A runtime cannot be entered within another one.
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("firstlight-drain".into());
            thread.spawn_scoped(scope, drain).ok()?.join().ok()?
        })
    };
    drained.unwrap_or_else(|| report(inner, began, Whose::Another))
}

/// None when there is no runtime to be had, or it was stopped.
fn on_this_thread(
    inner: &Arc<Inner>,
    began: Began,
    deadline: Duration,
    stop: &CancellationToken,
) -> Option<DrainReport> {
    // Without I/O it needs nothing of the system.
    let timed = |_| Builder::new_current_thread().enable_time().build();
    let runtime = Builder::new_current_thread().enable_all().build().or_else(timed).ok()?;
    let _lent = inner.home.lend(runtime.handle());
    as_own_thread(|| runtime.block_on(stop.run_until_cancelled(phases(inner, began, deadline))))
}

/// The drain itself.
async fn phases(inner: &Arc<Inner>, began: Began, deadline: Duration) -> DrainReport {
    let end = from_now(deadline);
    let Ok(_turn) = timeout_at(end, inner.draining.lock()).await else {
        return report(inner, began, Whose::Another);
    };
    inner.engine(|engine| engine.left = Some(Left::default()));
    let _course = Course(inner);
    let last = inner.settings.last_phase();
    let mut weights: u64 = inner.settings.phases.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut all = Ok(());
    for phase in 0..=last {
        let now = inner.now();
        let after = inner.engine(|engine| engine.enter_phase(phase, now));
        inner.act(after);
        let weight = inner.settings.phases.get(phase).map_or(1, |(_, weight)| u64::from(*weight));
        let until = if phase == last { end } else { share(end, weight, weights) };
        weights = weights.saturating_sub(weight);
        all = timeout_at(until, settled(inner, phase)).await;
    }
    if all.is_err() {
        cut(inner).await;
    }
    report(inner, began, Whose::Mine)
}

/// Waits until nothing of the phase is armed, waits or runs; of the last one, until nothing is and the janitor is closed so.
async fn settled(inner: &Inner, phase: usize) {
    let last = phase == inner.settings.last_phase();
    loop {
        // From here on a notification is not missed.
        let changed = inner.changed.notified();
        let shared = &inner.shared;
        let settled = if last { shared.close_if_idle() } else { shared.is_settled(phase) };
        if settled {
            return;
        }
        changed.await;
    }
}

/// Interrupts what runs, takes out what waits, and gives the first a moment to let go.
async fn cut(inner: &Arc<Inner>) {
    let waiting = inner.engine(Engine::close);
    inner.cut.cancel();
    for job in waiting {
        inner.finish(job, None, Outcome::Lost);
    }
    let all = async {
        loop {
            let changed = inner.changed.notified();
            if inner.engine(|engine| engine.outstanding()) == 0 {
                return;
            }
            changed.await;
        }
    };
    // What blocks its thread is in the report as running.
    let _ = timeout(LETTING_GO, all).await;
}

fn share(end: Instant, weight: u64, weights: u64) -> Instant {
    let now = Instant::now();
    let left = end.saturating_duration_since(now);
    let part = left.as_secs_f64() * (weight as f64 / weights.max(1) as f64);
    now + Duration::try_from_secs_f64(part).unwrap_or(left)
}

/// A drain under way: dropped in the middle, it lets all phases go.
struct Course<'a>(&'a Arc<Inner>);

impl Drop for Course<'_> {
    fn drop(&mut self) {
        let inner = self.0;
        let (last, now) = (inner.settings.last_phase(), inner.now());
        let (after, _left) =
            inner.engine(|engine| (engine.enter_phase(last, now), engine.left.take()));
        inner.act(after);
    }
}

impl Began {
    fn now(inner: &Inner) -> Self {
        Self { at: inner.now(), done: inner.engine(|engine| done(engine)) }
    }
}

fn done(engine: &Engine) -> u64 {
    engine.stats.completed + engine.stats.rescued
}

/// What is at hand still, and what has completed; for the drain that runs, also what ended badly while it did.
fn report(inner: &Arc<Inner>, began: Began, whose: Whose) -> DrainReport {
    let (still, (completed, left)) = Inventory::with(inner, |engine| {
        let left = (whose == Whose::Mine).then(|| engine.left.take()).flatten();
        (done(engine) - began.done, left.unwrap_or_default())
    });
    let (left, mut unfinished) = (left.total + still.total, left.rows);
    unfinished.extend(still.items);
    unfinished.truncate(MOST);
    let now = inner.now();
    inner.tell_drained(completed, left, began.at, now);
    let janitor = inner.settings.name;
    DrainReport { janitor, took: now.saturating_sub(began.at), completed, left, unfinished }
}
