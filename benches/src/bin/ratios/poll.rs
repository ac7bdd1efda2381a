use std::time::Duration;

use firstlight_benches::contest::Contest;
use firstlight_benches::poll::next_delay::Told;
use firstlight_benches::poll::waiters::{self, READY_AFTER};
use firstlight_benches::poll::{attempts, next_delay, paused_time, pollers, real_time};
use firstlight_poll::Wait;

use crate::table::{begin, print};

/// All questions about `firstlight-poll`.
pub(crate) fn ratios(smoke: bool) {
    let sizes = if smoke { Sizes::SMOKE } else { Sizes::FULL };
    begin();
    overhead(sizes);
    paused_sleep(sizes);
    zero_delay(sizes);
    delays(sizes);
    many_pollers(sizes);
    many_waiters(sizes);
    println!();
    probes(sizes);
}

#[derive(Clone, Copy)]
struct Sizes {
    rounds: usize,
    attempts: u64,
    pollers: u64,
    waiters: u64,
}

impl Sizes {
    const FULL: Self = Self { rounds: 51, attempts: 1_000, pollers: 10_000, waiters: 1_000 };
    const SMOKE: Self = Self { rounds: 2, attempts: 100, pollers: 100, waiters: 10 };
}

fn overhead(sizes: Sizes) {
    // Enough waits for a round to be long against the clock's grain.
    const WAITS: u64 = 20;
    let n = sizes.attempts;
    let runtime = real_time();
    let run = |job: &dyn Fn() -> u64| {
        for _ in 0..WAITS {
            assert_eq!(job(), n);
        }
    };
    let ours = || runtime.block_on(attempts::ours(n, Duration::ZERO));
    let times = Contest::new(|| run(&ours))
        .against("a loop", || run(&|| runtime.block_on(attempts::hand(n))))
        .against("a loop with tokio's budget", || {
            run(&|| runtime.block_on(attempts::hand_with_budget(n)));
        })
        .against("a loop with clock and timeout", || {
            run(&|| runtime.block_on(attempts::hand_with_deadline(n)));
        })
        .against("backon, no sleep", || {
            run(&|| runtime.block_on(attempts::backon_without_sleep(n)));
        })
        .run(sizes.rounds);
    let targets = [("a loop with clock and timeout", 1.2)];
    print("overhead per attempt, no sleep", WAITS * n, &times, &targets);
}

fn paused_sleep(sizes: Sizes) {
    let (n, delay) = (sizes.attempts, Duration::from_millis(1));
    let runtime = paused_time();
    let run = |asked: u64| assert_eq!(asked, n);
    let times = Contest::new(|| run(runtime.block_on(attempts::ours(n, delay))))
        .against("pinned Sleep, reset", || run(runtime.block_on(attempts::pinned_sleep(n, delay))))
        .against("backon", || run(runtime.block_on(attempts::backon(n, delay))))
        .against("tokio-retry", || run(runtime.block_on(attempts::tokio_retry(n, delay))))
        .against("backoff", || run(runtime.block_on(attempts::backoff(n, delay))))
        .run(sizes.rounds);
    print("per attempt, 1 ms sleep in paused time", n, &times, &[("backon", 1.1)]);
}

fn zero_delay(sizes: Sizes) {
    // Each attempt of some peers takes a timer's tick, a millisecond.
    let n = 10;
    let runtime = real_time();
    let run = |asked: u64| assert_eq!(asked, n);
    let zero = Duration::ZERO;
    let times = Contest::new(|| run(runtime.block_on(attempts::ours(n, zero))))
        .against("a loop with tokio's budget", || {
            run(runtime.block_on(attempts::hand_with_budget(n)))
        })
        .against("backon", || run(runtime.block_on(attempts::backon(n, zero))))
        .against("tokio-retry", || run(runtime.block_on(attempts::tokio_retry(n, zero))))
        .run(sizes.rounds.min(11));
    print("zero delay, real clock", n, &times, &[("backon", 0.1), ("tokio-retry", 0.1)]);
}

fn delays(sizes: Sizes) {
    let n = sizes.attempts * 100;
    let counts = |elapsed: Duration| assert!(elapsed > Duration::ZERO);
    let against = |told: Told| {
        Contest::new(move || counts(next_delay::ours(n, told)))
            .against("xorshift and cap", move || counts(next_delay::xorshift_and_cap(n)))
            .against("backon exponential + jitter", move || counts(next_delay::backon(n)))
            .run(sizes.rounds)
    };
    let targets = [("backon exponential + jitter", 1.0)];
    print("next delay, refused", n, &against(Told::Refused), &targets);
    print("next delay, 3 of 12 done", n, &against(Told::Progress), &targets);
}

fn many_pollers(sizes: Sizes) {
    const ATTEMPTS: u64 = 100;
    let (n, all) = (sizes.pollers, sizes.pollers * ATTEMPTS);
    let run = |asked: u64| assert_eq!(asked, all);
    let times = Contest::new(|| run(paused_time().block_on(pollers::ours(n, ATTEMPTS))))
        .against(
            "backon, a task each",
            || run(paused_time().block_on(pollers::backon(n, ATTEMPTS))),
        )
        .run(sizes.rounds.min(9));
    let question = format!("{n} pollers every 100 ms, a task each, per attempt");
    print(&question, all, &times, &[("backon, a task each", 1.1)]);
    let times = Contest::new(|| run(paused_time().block_on(pollers::our_group(n, ATTEMPTS))))
        .against("DelayQueue in one task", || {
            run(paused_time().block_on(pollers::delay_queue(n, ATTEMPTS)));
        })
        .run(sizes.rounds.min(9));
    let question = format!("{n} pollers every 100 ms, one task, slack 10 ms, per attempt");
    print(&question, all, &times, &[("DelayQueue in one task", 0.5)]);
}

fn many_waiters(sizes: Sizes) {
    let n = sizes.waiters;
    let times = Contest::new(|| {
        let _probes = paused_time().block_on(waiters::shared(n, Wait::remote("target")));
    })
    .against("our wait each", || {
        let _probes = paused_time().block_on(waiters::each_alone(n));
    })
    .against("backon, 1 s doubled, a task each", || {
        let _probes = paused_time().block_on(waiters::backon(n));
    })
    .run(sizes.rounds.min(21));
    let question = format!("{n} waiters on one target for {READY_AFTER:?}, per waiter");
    print(&question, n, &times, &[]);
}

fn probes(sizes: Sizes) {
    let n = sizes.waiters;
    println!(
        "| {n} waiters on one target, ready after {READY_AFTER:?} | probes in all | target | met |"
    );
    println!("|---|---|---|---|");
    // The jitter's seed differs from run to run: the largest of several.
    let largest =
        |job: &dyn Fn() -> u64| (0..sizes.rounds).map(|_| job()).max().unwrap_or_default();
    let local = largest(&|| paused_time().block_on(waiters::shared(n, Wait::local("target"))));
    let remote = largest(&|| paused_time().block_on(waiters::shared(n, Wait::remote("target"))));
    let alone = paused_time().block_on(waiters::each_alone(n));
    let backon = paused_time().block_on(waiters::backon(n));
    let met = |probes| if probes <= 70 { "yes" } else { "NO" };
    println!(
        "| SharedPoll, Wait::remote (largest of {}) | {remote} | <= 70 | {} |",
        sizes.rounds,
        met(remote)
    );
    println!("| SharedPoll, Wait::local (largest of {}) | {local} | | |", sizes.rounds);
    println!("| our wait each, Wait::remote | {alone} | | |");
    println!("| backon each, 1 s doubled | {backon} | | |");
}
