//! What is logged: the same for every peer, through `tracing`, or through `log` for those that listen to that.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::peers::{Installed, Peer};
use super::swallow::Here;

/// What is done again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// An event of a message and three fields, which is wanted.
    Event,
    /// The same in two spans.
    EventInSpans,
    /// An event whose level is not wanted at all.
    DisabledByLevel,
    /// An event whose level its target does not want.
    DisabledByTarget,
    /// A span with two fields: made, entered, left, closed.
    Span,
    /// An event that is wanted, while whoever writes lines is stalled, and all room is taken.
    Full,
}

impl Question {
    pub(crate) const ALL: &[(&'static str, Self)] = &[
        ("event", Self::Event),
        ("event-in-spans", Self::EventInSpans),
        ("disabled-by-level", Self::DisabledByLevel),
        ("disabled-by-target", Self::DisabledByTarget),
        ("span", Self::Span),
        ("full", Self::Full),
    ];

    /// How many lines so many calls make.
    fn lines(self, n: u64) -> u64 {
        match self {
            Self::Event | Self::EventInSpans | Self::Full => n,
            _ => 0,
        }
    }
}

/// So many calls, then a pause in which what waits is written: fewer bytes than anybody's queue holds.
pub const BURST: u64 = 1_000;

/// How long `n` calls take on so many threads at once, by the median of the bursts, pauses not counted; each result is checked.
///
/// # Panics
/// When lines are lost that should not be, or there are others than those that were logged.
pub fn run(to: &mut Installed, of: Peer, question: Question, threads: u64, n: u64) -> Duration {
    if question == Question::Full {
        return full(to, of, n);
    }
    let most = if question.lines(1) > 0 { BURST } else { 20 * BURST };
    let all = n.min(most) / threads * threads;
    let (bursts, call) = (n / all, job(of, question));
    // Who comes to the barrier together begins together, and waits until what was logged is checked.
    let (turn, others) = (Barrier::new(threads as usize), AtomicU64::new(0));
    let burst = || {
        turn.wait();
        let began = Instant::now();
        call(all / threads);
        (began, Instant::now())
    };
    std::thread::scope(|scope| {
        let other = || {
            let round = |_| {
                let times = burst();
                others.fetch_add(Here::take(), Ordering::AcqRel);
                turn.wait();
                times
            };
            (0..bursts).map(round).collect::<Vec<_>>()
        };
        let others_times: Vec<_> = (1..threads).map(|_| scope.spawn(other)).collect();
        let round = |_| {
            let times = burst();
            turn.wait();
            check(to, of, question, all, others.swap(0, Ordering::AcqRel));
            times
        };
        let mut times: Vec<_> = (0..bursts).map(round).collect();
        for other in others_times {
            for (own, other) in times.iter_mut().zip(other.join().expect("no panic")) {
                *own = (own.0.min(other.0), own.1.max(other.1));
            }
        }
        let times = times.into_iter().map(|(began, ended)| ended - began).collect();
        middle(times).mul_f64(n as f64 / all as f64)
    })
}

/// One that others on this machine interrupt says nothing of the rest.
fn middle(mut bursts: Vec<Duration>) -> Duration {
    bursts.sort_unstable();
    bursts[bursts.len() / 2]
}

/// Nothing is lost, and nothing else came.
fn check(to: &mut Installed, of: Peer, question: Question, calls: u64, others: u64) {
    let lines = question.lines(calls);
    let fate = to.settle(lines, others);
    assert!(fate.kept == lines && fate.dropped == 0, "{of:?}: {fate:?} of {lines}");
}

/// With all room taken, which is not timed, it goes on.
fn full(to: &mut Installed, of: Peer, n: u64) -> Duration {
    let all = BURST.min(n);
    let burst = |_| {
        let began = Instant::now();
        call(of, Question::Full, all);
        began.elapsed()
    };
    let bursts = n / all;
    let full = |_: &Installed| middle((0..bursts).map(burst).collect());
    stalled(to, of, bursts * all, full).mul_f64(n as f64 / all as f64)
}

/// Stalls whoever writes, and logs more lines than anybody has room for; then `act`, which may lose so many lines more.
///
/// # Panics
/// When not each line is accounted for.
pub fn stalled<R>(
    to: &mut Installed,
    of: Peer,
    lines: u64,
    act: impl FnOnce(&Installed) -> R,
) -> R {
    const ROOM: u64 = 140_000;
    to.there.stall(true);
    call(of, Question::Full, ROOM);
    let acted = act(to);
    to.there.stall(false);
    let fate = to.settle(ROOM + lines, 0);
    assert!(fate.dropped >= lines, "{of:?}: {fate:?}");
    acted
}

/// So many calls, and nothing else.
pub fn call(of: Peer, question: Question, n: u64) {
    job(of, question)(n);
}

fn job(of: Peer, question: Question) -> fn(u64) {
    match (question, of.is_of_log()) {
        (Question::Event | Question::Full, false) => |n| (0..n).for_each(event),
        (Question::Event | Question::Full, true) => |n| (0..n).for_each(record),
        (Question::EventInSpans, _) => |n| {
            let outer = tracing::info_span!("request", id = 4_711_u64, method = "GET");
            let _outer = outer.enter();
            let inner = tracing::info_span!("query", table = "meshes");
            let _inner = inner.enter();
            (0..n).for_each(event);
        },
        (Question::DisabledByLevel, false) => |n| (0..n).for_each(debug_event),
        (Question::DisabledByLevel, true) => |n| (0..n).for_each(debug_record),
        (Question::DisabledByTarget, _) => |n| (0..n).for_each(noisy_event),
        (Question::Span, _) => |n| (0..n).for_each(span),
    }
}

#[inline(never)]
fn event(number: u64) {
    tracing::info!(
        attempt = number,
        peer = "10.0.0.7:5432",
        waited_ms = 12.5,
        "connection refused"
    );
}

#[inline(never)]
fn debug_event(number: u64) {
    tracing::debug!(
        attempt = number,
        peer = "10.0.0.7:5432",
        waited_ms = 12.5,
        "connection refused"
    );
}

#[inline(never)]
fn noisy_event(number: u64) {
    tracing::info!(target: "noisy", attempt = number, peer = "10.0.0.7:5432", waited_ms = 12.5, "connection refused");
}

#[inline(never)]
fn span(number: u64) {
    let span = tracing::info_span!("request", id = number, method = "GET");
    let _entered = span.enter();
}

#[inline(never)]
fn record(number: u64) {
    log::info!(attempt = number, peer = "10.0.0.7:5432", waited_ms = 12.5; "connection refused");
}

#[inline(never)]
fn debug_record(number: u64) {
    log::debug!(attempt = number, peer = "10.0.0.7:5432", waited_ms = 12.5; "connection refused");
}
