use firstlight_benches::poll::real_time;
use firstlight_benches::ready::Crowd;
use firstlight_benches::ready::answer;
use firstlight_benches::ready::door::{self, Door};
use firstlight_benches::ready::held::{self, Held};
use firstlight_benches::ready::update::{self, Update};
use stats_alloc::Region;

use crate::{GLOBAL, live};

/// Gates, waiters, updates and answers.
pub(crate) fn memory(smoke: bool) {
    let n = if smoke { 100 } else { 10_000 };
    gates(n);
    println!();
    waiters(n);
    println!();
    allocations();
}

fn gates(n: usize) {
    println!("| bytes per gate, {n} gates with a name of eight bytes | all of it | target | met |");
    println!("|---|---|---|---|");
    for (peer, make) in [
        ("ours, without the handle of its part", held::ours as fn(usize) -> Held),
        ("tokio watch and a name, in a map", held::watch),
        ("tonic-health", held::tonic_health),
        ("tokio Notify, a flag and a name", held::notify),
        ("a map of bools", held::map),
        ("kubert, without a name", held::kubert),
    ] {
        let runtime = real_time();
        let entered = runtime.enter();
        let bytes = |n| {
            let region = Region::new(GLOBAL);
            let held = make(n);
            let bytes = live(&region, 1);
            drop(held);
            bytes
        };
        // What a set of one gate has, others have too.
        let mut each = (bytes(n) - bytes(1)) / (n as i64 - 1);
        drop(entered);
        let target = peer.starts_with("ours");
        if target {
            each -= size_of::<firstlight_ready::Gate>() as i64;
        }
        let (target, met) = verdict(target, each, 120);
        println!("| {peer} | {each} | {target} | {met} |");
    }
}

fn waiters(n: usize) {
    println!(
        "| bytes per waiter, {n} wait | its future, boxed | beside it | all of it | target (beside it) | met |"
    );
    println!("|---|---|---|---|---|---|");
    for (peer, make) in [
        ("ours", door::ours as fn(usize) -> Door),
        ("tokio watch", door::watch),
        ("tokio Notify", door::notify),
        ("event-listener", door::event_listener),
        ("a Vec<Waker>", door::wakers),
    ] {
        let mut door = make(n);
        let waiters = std::mem::take(&mut door.waiters);
        let future = waiters.iter().map(|waiter| size_of_val(&**waiter)).sum::<usize>() / n;
        let region = Region::new(GLOBAL);
        let crowd = Crowd::deaf(waiters);
        // The list of their bells is the crowd's own.
        let beside = live(&region, n as u64) - Crowd::BYTES as i64;
        let (target, met) = verdict(peer == "ours", beside, 80);
        println!(
            "| {peer} | {future} | {beside} | {} | {target} | {met} |",
            future as i64 + beside
        );
        door.open();
        crowd.pass();
    }
}

fn verdict(ours: bool, bytes: i64, target: i64) -> (String, &'static str) {
    match ours {
        true => (format!("<= {target}"), if bytes <= target { "yes" } else { "NO" }),
        false => (String::new(), ""),
    }
}

fn allocations() {
    println!("| allocations | ours | target | met |");
    println!("|---|---|---|---|");
    let print = |what: &str, job: &mut dyn FnMut()| {
        // Once so that buffers have grown.
        job();
        let region = Region::new(GLOBAL);
        job();
        let change = region.change();
        let count = change.allocations + change.reallocations;
        println!("| {what} | {count} | 0 | {} |", if count == 0 { "yes" } else { "NO" });
        assert_eq!(count, 0, "{what} allocates");
    };
    let ours = update::Ours::new(1);
    for update in [Update::SameAgain, Update::Progress] {
        print(&format!("1000 updates: {update:?}"), &mut || {
            ours.run(update, 1_000);
        });
    }
    let mut ours = answer::Ours::new(64);
    let mut into = Vec::new();
    print("verbose text of 64 checks", &mut || ours.text(&mut into));
    print("JSON of 64 checks", &mut || ours.json(&mut into));
    print("text after a change, 100 times", &mut || ours.changed_texts(100));
    print("JSON after a change, 100 times", &mut || ours.changed_jsons(100));
    print("text from the cache, 100 times", &mut || ours.cached_texts(100));
}
