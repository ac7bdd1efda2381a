use firstlight_benches::cleanup::armed::{self, Burst, Peer};
use firstlight_benches::cleanup::{Tally, disarmed, drain};
use firstlight_benches::poll::real_time;
use stats_alloc::Region;

use crate::{GLOBAL, live};

/// Guards that are not needed, a burst of those that are, and the end.
pub(crate) fn memory(smoke: bool) {
    nothing();
    println!();
    burst(if smoke { 1_000 } else { 100_000 });
}

fn nothing() {
    println!("| allocations | ours | target | met |");
    println!("|---|---|---|---|");
    let print = |what: &str, job: &mut dyn FnMut()| {
        // Once so that what grows has grown.
        job();
        let region = Region::new(GLOBAL);
        job();
        let change = region.change();
        let count = change.allocations + change.reallocations;
        println!("| {what} | {count} | 0 | {} |", if count == 0 { "yes" } else { "NO" });
        assert_eq!(count, 0, "{what} allocates");
    };
    let runtime = real_time();
    let entered = runtime.enter();
    for (what, job) in [
        ("1000 scope guards, created and disarmed", disarmed::scope::<true>(Tally::leaked())),
        ("1000 tracked guards, created and disarmed", disarmed::tracked::<true>(Tally::leaked())),
    ] {
        print(what, &mut || assert_eq!(job(1_000), 1_000));
    }
    drop(entered);
    for guards in [0, 10_000] {
        let janitor = drain::idle(&runtime, guards);
        print(&format!("drain of an idle janitor that once had {guards} guards"), &mut || {
            drain::ours(&runtime, &janitor, 1);
        });
    }
}

fn burst(guards: u64) {
    println!(
        "| {guards} dropped armed at once | allocations, each | target | met | bytes when all wait, each | target | met |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (peer, make) in [
        ("ours", armed::scope as Peer),
        ("ours, tracked", armed::tracked),
        ("tokio::spawn in Drop", armed::spawn_in_drop),
        ("TaskTracker, spawn in Drop", armed::task_tracker),
        ("DropGuard and a task each", armed::drop_guard),
        ("mpsc to a reaper", armed::reaper),
    ] {
        let burst = Burst::default();
        let region = Region::new(GLOBAL);
        let mut bytes = 0;
        burst.run(make, guards, || bytes = live(&region, guards));
        let change = region.change();
        let each = (change.allocations + change.reallocations) as f64 / guards as f64;
        let ours = peer.starts_with("ours");
        let met = |met: bool| match (ours, met) {
            (false, _) => "",
            (true, true) => "yes",
            (true, false) => "NO",
        };
        let (most, room) = if ours { ("<= 2", "<= 200") } else { ("", "") };
        // A hundredth for the workers themselves.
        println!(
            "| {peer} | {each:.2} | {most} | {} | {bytes} | {room} | {} |",
            met(each <= 2.01),
            met(bytes <= 200)
        );
    }
}
