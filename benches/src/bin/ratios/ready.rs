use std::time::Duration;

use firstlight_benches::contest::Contest;
use firstlight_benches::ready::door::Door;
use firstlight_benches::ready::question::{
    self, Counter, List, LockedMap, Ours, Peer, TonicHealth,
};
use firstlight_benches::ready::update::{self, Update};
use firstlight_benches::ready::{answer, door, running};
use firstlight_clock::Clock;

use crate::table::{begin, print};

/// All questions about `firstlight-ready` and `firstlight-report`.
pub(crate) fn ratios(smoke: bool) {
    let sizes = if smoke { Sizes::SMOKE } else { Sizes::FULL };
    begin();
    for gates in [8, 64, 1_024] {
        is_ready(sizes, gates);
    }
    for gates in [8, 64, 1_024] {
        is_ready_beside_a_writer(sizes, gates);
    }
    unchanged_aggregate(sizes);
    for waiters in [1, 1_000, 10_000] {
        last_gate(sizes, waiters, "", door::open_all);
    }
    for waiters in [1_000, 10_000] {
        last_gate(sizes, waiters, " with wakers that do nothing", door::open_before_the_deaf);
    }
    to_waiter_running(sizes);
    text(sizes);
    json(sizes);
}

#[derive(Clone, Copy)]
struct Sizes {
    rounds: usize,
    /// What a cheap question is multiplied by.
    times: u64,
    /// What a number of waiters is divided by.
    fewer: usize,
}

impl Sizes {
    const FULL: Self = Self { rounds: 31, times: 200, fewer: 1 };
    const SMOKE: Self = Self { rounds: 2, times: 1, fewer: 100 };
}

/// The job of asking one peer so often, its time scaled to `of`: the slow are asked less often.
fn job<P: Peer>(gates: usize, times: u64, of: u64) -> impl FnMut() -> Duration {
    question::check::<P>(gates);
    let peer = question::open::<P>(gates);
    move || {
        let asked = || assert_eq!(question::ask(&peer, times), times, "not ready");
        scaled(firstlight_benches::contest::time(asked), times, of)
    }
}

fn job_beside_a_writer<P: Peer>(gates: usize, times: u64, of: u64) -> impl FnMut() -> Duration {
    let peer = P::new(gates);
    move || scaled(question::ask_beside_a_writer(&peer, times), times, of)
}

fn scaled(time: Duration, times: u64, of: u64) -> Duration {
    time.mul_f64(of as f64 / times as f64)
}

fn is_ready(sizes: Sizes, gates: usize) {
    let n = sizes.times * 50_000;
    let times = Contest::timed(job::<Ours>(gates, n, n))
        .against_timed("one atomic load", job::<Counter>(gates, n, n))
        .against_timed("watch, borrowed", job::<question::Watch>(gates, n / 100, n))
        .against_timed("a locked map", job::<LockedMap>(gates, n / 2_500, n))
        .against_timed("a list of atomics", job::<List>(gates, n / 1_000, n))
        .against_timed("tonic-health, check", job::<TonicHealth>(gates, n / 500, n))
        .run(sizes.rounds);
    let question = format!("is_ready, {gates} gates");
    print(&question, n, &times, &[("one atomic load", 1.25)]);
}

fn is_ready_beside_a_writer(sizes: Sizes, gates: usize) {
    let n = sizes.times * 50_000;
    let times = Contest::timed(job_beside_a_writer::<Ours>(gates, n, n))
        .against_timed("one atomic load", job_beside_a_writer::<Counter>(gates, n, n))
        .against_timed("watch, borrowed", job_beside_a_writer::<question::Watch>(gates, n / 50, n))
        .against_timed("a locked map", job_beside_a_writer::<LockedMap>(gates, n / 100, n))
        .against_timed("a list of atomics", job_beside_a_writer::<List>(gates, n / 10, n))
        .against_timed(
            "tonic-health, check",
            job_beside_a_writer::<TonicHealth>(gates, n / 5_000, n),
        )
        .run(sizes.rounds.min(11));
    let question = format!("is_ready, {gates} gates, a writer on the other core");
    print(&question, n, &times, &[("one atomic load", 1.1)]);
}

fn unchanged_aggregate(sizes: Sizes) {
    const LIMIT: &str = "twice two atomic RMW, and the clock";
    let (n, waiters) = (sizes.times * 100, 10_000 / sizes.fewer);
    let ours = update::Ours::new(waiters);
    let (counter, clock) = (Counter::new(3), Clock::new());
    for (what, update) in [
        ("the same again", Update::SameAgain),
        ("progress", Update::Progress),
        ("it opens or closes", Update::Flip),
    ] {
        let mut watch = update::Watch::new(waiters);
        let times = Contest::timed(|| ours.run(update, n))
            .against_timed(LIMIT, || update::twice_the_limit_and_the_clock(&counter, &clock, n))
            .against_timed("watch, which wakes all", || scaled(watch.run(), 1, n))
            .run(sizes.rounds);
        let question = format!("update without a change of the aggregate, {what}, {waiters} wait");
        print(&question, n, &times, &[(LIMIT, 1.0)]);
    }
}

/// How doors are opened before a crowd.
type Open = fn(usize, usize, fn(usize) -> Door) -> Duration;

fn last_gate(sizes: Sizes, waiters: usize, wakers: &str, open: Open) {
    let waiters = (waiters / sizes.fewer).max(1);
    // Enough for a round to be long against the clock's grain.
    let doors = (2_000 / waiters).clamp(1, 200);
    let open = |door: fn(usize) -> Door| move || open(doors, waiters, door);
    let mut contest = Contest::timed(open(door::ours))
        .against_timed("waking a Vec<Waker>", open(door::wakers))
        .against_timed("Notify", open(door::notify))
        .against_timed("watch", open(door::watch))
        .against_timed("event-listener", open(door::event_listener));
    if waiters == 1 {
        contest = contest.against_timed("kubert", open(door::kubert));
    }
    let times = contest.run(sizes.rounds);
    let targets: &[_] = match waiters {
        1 => &[],
        1_000 => &[("Notify", 0.5)],
        _ => &[("waking a Vec<Waker>", 1.4), ("Notify", 0.5)],
    };
    let question = format!("the last gate opens, {waiters} wait{wakers}, per waiter");
    print(&question, (doors * waiters) as u64, &times, targets);
}

fn to_waiter_running(sizes: Sizes) {
    let doors = sizes.times as usize;
    let run = |door: fn(usize) -> Door| move || running::run(doors, door);
    let times = Contest::timed(run(door::ours))
        .against_timed("oneshot", run(door::oneshot))
        .against_timed("watch", run(door::watch))
        .against_timed("Notify", run(door::notify))
        .against_timed("SetOnce", run(door::set_once))
        .against_timed("Barrier", run(door::barrier))
        .against_timed("event-listener", run(door::event_listener))
        .against_timed("kubert", run(door::kubert))
        .run(sizes.rounds);
    print("the last gate opens until its waiter runs", doors as u64, &times, &[("oneshot", 1.15)]);
}

const CHECKS: usize = 64;
const LINES: &str = "writeln! to a reused Vec";
const SERDE: &str = "serde_json to a reused Vec";

fn text(sizes: Sizes) {
    let n = sizes.times * 5;
    let mut ours = answer::Ours::new(CHECKS);
    let lines = answer::Lines::new(ours.snapshot());
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    ours.text(&mut mine);
    lines.text(&mut theirs);
    assert_eq!(mine, theirs, "another text");
    assert_eq!(ours.cached_text(), theirs, "another text");

    let times = Contest::new(|| ours.texts(n)).against(LINES, || lines.texts(n)).run(sizes.rounds);
    print("verbose text of 64 checks", n, &times, &[(LINES, 0.5)]);
    let times =
        Contest::new(|| ours.changed_texts(n)).against(LINES, || lines.texts(n)).run(sizes.rounds);
    print("the same after a change: report, snapshot, text", n, &times, &[]);
    let times =
        Contest::new(|| ours.cached_texts(n)).against(LINES, || lines.texts(n)).run(sizes.rounds);
    print("the same unchanged, from the cache", n, &times, &[]);
}

fn json(sizes: Sizes) {
    let n = sizes.times * 5;
    let mut ours = answer::Ours::new(CHECKS);
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    ours.json(&mut mine);
    let document = answer::Document::of(&ours);
    document.json(&mut theirs);
    assert_eq!(mine, theirs, "another document");

    let times =
        Contest::new(|| ours.jsons(n)).against(SERDE, || document.jsons(n)).run(sizes.rounds);
    print("JSON of 64 checks", n, &times, &[(SERDE, 1.0)]);
    let times = Contest::new(|| ours.changed_jsons(n))
        .against(SERDE, || document.jsons(n))
        .run(sizes.rounds);
    print("the same after a change: report, snapshot, JSON", n, &times, &[]);
}
