use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use firstlight_benches::poll::{attempts, paused_time, pollers, real_time};
use firstlight_poll::{Context, Group, Verdict, Wait};
use stats_alloc::Region;
use tokio::task::LocalSet;
use tokio_util::time::DelayQueue;

use crate::{GLOBAL, live};

/// Attempts and pollers.
pub(crate) fn memory(smoke: bool) {
    allocations(1_000);
    pollers_in_memory(if smoke { 100 } else { 10_000 });
}

/// Allocations of so many attempts more, in a wait that has seen its first.
fn allocations(attempts: u64) {
    println!("| allocations per attempt, status unchanged | ours | target | met |");
    println!("|---|---|---|---|");
    for (name, runtime, delay) in [
        ("no delay", real_time(), Duration::ZERO),
        ("1 ms sleep, paused time", paused_time(), Duration::from_millis(1)),
    ] {
        let allocated = |attempts| {
            let region = Region::new(GLOBAL);
            let asked = runtime.block_on(attempts::ours(attempts, delay));
            assert_eq!(asked, attempts);
            region.change().allocations
        };
        // What comes once in a process: the clock's zero.
        allocated(1);
        // What comes once (the wait itself, its first and its last status, the runtime's list of tasks that yielded) is in both.
        let (once, all) = (allocated(attempts), allocated(2 * attempts));
        println!(
            "| {name} | {} ({once} once) | 0 | {} |",
            all - once,
            if all == once { "yes" } else { "NO" }
        );
        assert_eq!(all, once, "an attempt allocates");
    }
    println!();
}

/// Spawns a poller with this phase and this counter of attempts.
type Spawn<'a> = &'a dyn Fn(Duration, Rc<Cell<u64>>, &LocalSet);

fn pollers_in_memory(n: u64) {
    println!(
        "| bytes per poller, {n} pollers, a task each | before the first attempt | after the third | target | met |"
    );
    println!("|---|---|---|---|---|");
    let bytes = |poller: Spawn<'_>| {
        let runtime = paused_time();
        let local = LocalSet::new();
        let asked = Rc::new(Cell::new(0));
        let pass = |ms| {
            let sleep = async move { tokio::time::sleep(Duration::from_millis(ms)).await };
            runtime.block_on(local.run_until(sleep));
        };
        // The runtime's own tables are there before.
        pass(1);
        let region = Region::new(GLOBAL);
        let live = || live(&region, n);
        for at in 0..n {
            poller(pollers::phase(at) + Duration::from_millis(10), Rc::clone(&asked), &local);
        }
        pass(5);
        assert_eq!(asked.get(), 0);
        let before = live();
        pass(320);
        assert!(asked.get() >= 3 * n, "{} attempts", asked.get());
        (before, live())
    };
    let backon = bytes(&|phase, asked, local| {
        drop(local.spawn_local(pollers::backon_poller(phase, u64::MAX, asked)));
    });
    let ours = bytes(&|phase, asked, local| {
        drop(local.spawn_local(pollers::our_poller(phase, u64::MAX, asked)));
    });
    let met = if ours.0 <= 450 { "yes" } else { "NO" };
    println!("| ours | {} | {} | <= 450 without history | {met} |", ours.0, ours.1);
    println!("| backon | {} | {} | | |", backon.0, backon.1);
    let group = group_bytes(n);
    println!("| ours, one task (Group), before the first attempt | {group} | | | |");
    let queue = delay_queue_bytes(n);
    println!("| DelayQueue in one task | {queue} | {queue} | | |");
}

fn delay_queue_bytes(n: u64) -> i64 {
    paused_time().block_on(async {
        let region = Region::new(GLOBAL);
        let mut queue = DelayQueue::with_capacity(n as usize);
        for at in 0..n {
            queue.insert(0_u64, pollers::phase(at));
        }
        live(&region, n)
    })
}

fn group_bytes(n: u64) -> i64 {
    paused_time().block_on(async {
        let region = Region::new(GLOBAL);
        let ready = |_: &u64, _: Context| std::future::ready(Verdict::Ready(()));
        let mut group = Group::new(Duration::from_millis(10), ready);
        for at in 0..n {
            group.insert(at, Wait::remote("target").with_schedule(pollers::Every::from(at)));
        }
        live(&region, n)
    })
}
