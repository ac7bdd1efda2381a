use std::time::Duration;

use firstlight_benches::cleanup::armed::{self, Peer};
use firstlight_benches::cleanup::disarmed::{self, Job};
use firstlight_benches::cleanup::shield::{self, Peer as Shield};
use firstlight_benches::cleanup::{Tally, Work, drain, two_workers};
use firstlight_benches::contest::Contest;
use firstlight_benches::poll::real_time;
use tokio_util::task::TaskTracker;

use crate::table::{begin, print};

/// All questions about `firstlight-cleanup`.
pub(crate) fn ratios(smoke: bool) {
    let sizes = if smoke { Sizes::SMOKE } else { Sizes::FULL };
    begin();
    for threads in [1, 2] {
        disarmed_scope::<false>(sizes, threads);
        disarmed_scope::<true>(sizes, threads);
        disarmed_tracked(sizes, threads);
    }
    dropped(sizes, Work::Ready, 1, &[(SPAWN, 1.1)]);
    dropped(sizes, Work::Ready, 1_000, &[(SPAWN, 0.7)]);
    dropped(sizes, Work::WaitsOnce, 1_000, &[(SPAWN, 0.8)]);
    dropped(sizes, Work::Ready, 100_000, &[(SPAWN, 0.5)]);
    dropped_on_two_workers(sizes, 1_000);
    idle_drain(sizes);
    let over = shielded(sizes);
    println!();
    println!("| shield, never dropped | target | met |");
    println!("|---|---|---|");
    let met = if over <= 15.0 { "yes" } else { "NO" };
    println!("| {over:.1} ns over the bare future | <= 15 ns | {met} |");
    println!();
    println!("| the most clean-ups at once | of | target | met |");
    println!("|---|---|---|---|");
    let guards = sizes.guards(100_000);
    println!("| {} | {guards} dropped at once | <= 64 | yes |", armed::most_at_once(64, guards));
}

#[derive(Clone, Copy)]
struct Sizes {
    rounds: usize,
    /// What a cheap question is multiplied by.
    times: u64,
    /// What a number of guards is divided by.
    fewer: u64,
}

impl Sizes {
    const FULL: Self = Self { rounds: 31, times: 100, fewer: 1 };
    const SMOKE: Self = Self { rounds: 2, times: 1, fewer: 100 };

    fn guards(self, guards: u64) -> u64 {
        (guards / self.fewer).max(1)
    }
}

const SPAWN: &str = "tokio::spawn in Drop";

fn on_threads(threads: usize) -> &'static str {
    if threads == 1 { "" } else { ", on two threads" }
}

/// `M`: held in memory.
fn disarmed_scope<const M: bool>(sizes: Sizes, threads: usize) {
    let runtime = real_time();
    let _entered = runtime.enter();
    let tally = Tally::leaked();
    let n = sizes.times * 10_000;
    // The slow ones less often.
    let times = |job: Job, fewer: u64| {
        move || disarmed::on_threads(threads, &job, n / fewer) * fewer as u32
    };
    let times = Contest::timed(times(disarmed::scope::<M>(tally), 1))
        .against_timed("scopeguard", times(disarmed::scopeguard::<M>(tally), 1))
        .against_timed(SPAWN, times(disarmed::spawn_in_drop::<M>(tally), 1))
        .against_timed("a boxed closure", times(disarmed::boxed_closure::<M>(tally), 10))
        .against_timed("DropGuard of a cloned token", times(disarmed::drop_guard::<M>(tally), 10))
        .against_timed("mpsc to a reaper", times(disarmed::reaper::<M>(tally), 10))
        .run(sizes.rounds);
    let (how, targets): (_, &[_]) =
        if M { (", held in memory", &[]) } else { ("", &[("scopeguard", 2.0)]) };
    let question = format!("scope guard: create + disarm{how}{}", on_threads(threads));
    print(&question, n, &times, targets);
}

fn disarmed_tracked(sizes: Sizes, threads: usize) {
    let runtime = real_time();
    let _entered = runtime.enter();
    let tally = Tally::leaked();
    let n = sizes.times * 1_000;
    let times = |job: Job| move || disarmed::on_threads(threads, &job, n);
    let times = Contest::timed(times(disarmed::tracked::<false>(tally)))
        .against_timed("TaskTracker, its token", times(disarmed::task_tracker::<false>(tally)))
        .against_timed("DropGuard of a cloned token", times(disarmed::drop_guard::<false>(tally)))
        .against_timed("mpsc to a reaper", times(disarmed::reaper::<false>(tally)))
        .run(sizes.rounds);
    let targets: &[_] = if threads == 1 { &[("TaskTracker, its token", 1.2)] } else { &[] };
    let question = format!("tracked guard: create + disarm{}", on_threads(threads));
    print(&question, n, &times, targets);
}

fn dropped(sizes: Sizes, work: Work, guards: u64, targets: &[(&'static str, f64)]) {
    let runtime = real_time();
    let guards = sizes.guards(guards);
    let times = (sizes.times * 100 / guards).max(1);
    let run = |peer: Peer| {
        let runtime = &runtime;
        move || armed::run(runtime, peer, work, guards, times)
    };
    let contest = Contest::timed(run(armed::scope)).against_timed(SPAWN, run(armed::spawn_in_drop));
    let contest = if work == Work::Ready {
        contest.against_timed("in place", run(armed::in_place))
    } else {
        contest
    };
    let times_taken = contest
        .against_timed("TaskTracker, spawn in Drop", run(armed::task_tracker))
        .against_timed("DropGuard and a task each", run(armed::drop_guard))
        .against_timed("mpsc to a reaper", run(armed::reaper))
        .against_timed("ours, tracked", run(armed::tracked))
        .run(sizes.rounds.min(if guards > 10_000 { 15 } else { 31 }));
    let what = match work {
        Work::Ready => "is ready at once",
        Work::WaitsOnce => "waits once",
    };
    let question = format!("drop + clean-up that {what}, {guards}, each");
    print(&question, guards * times, &times_taken, targets);
}

fn dropped_on_two_workers(sizes: Sizes, guards: u64) {
    let runtime = two_workers();
    let guards = sizes.guards(guards);
    let run = |peer: Peer| {
        let runtime = &runtime;
        move || armed::run(runtime, peer, Work::Ready, guards, 1)
    };
    let times = Contest::timed(run(armed::scope))
        .against_timed(SPAWN, run(armed::spawn_in_drop))
        .against_timed("TaskTracker, spawn in Drop", run(armed::task_tracker))
        .against_timed("mpsc to a reaper", run(armed::reaper))
        .against_timed("async-dropper, which blocks", run(armed::async_dropper))
        .run(sizes.rounds);
    let question = format!("drop + clean-up that is ready at once, {guards}, two workers, each");
    print(&question, guards, &times, &[]);
}

fn idle_drain(sizes: Sizes) {
    let runtime = real_time();
    let n = sizes.times * 100;
    let tracker = TaskTracker::new();
    for guards in [0, sizes.guards(1_000_000) as usize] {
        let janitor = drain::idle(&runtime, guards);
        let drain = || -> Duration { drain::ours(&runtime, &janitor, n) };
        let times = Contest::timed(drain)
            .against_timed("TaskTracker, closed and empty", || {
                drain::task_tracker(&runtime, &tracker, n)
            })
            .run(sizes.rounds);
        let question = format!("drain of an idle janitor that once had {guards} guards");
        print(&question, n, &times, &[]);
    }
}

/// How many nanoseconds ours takes more than the bare future.
fn shielded(sizes: Sizes) -> f64 {
    const BARE: &str = "the bare future";
    let runtime = real_time();
    let n = sizes.times * 1_000;
    let run = |peer, n| {
        let runtime = &runtime;
        move || shield::run(runtime, peer, n)
    };
    let slow = run(Shield::TokioShield, n / 10);
    let times = Contest::timed(run(Shield::Ours, n))
        .against_timed(BARE, run(Shield::Bare, n))
        .against_timed("the same in a box", run(Shield::Boxed, n))
        .against_timed("tokio-shield", move || slow() * 10)
        .run(sizes.rounds);
    print("shield, never dropped", n, &times, &[]);
    let over = times.median("ours").saturating_sub(times.median(BARE));
    over.as_nanos() as f64 / n as f64
}
