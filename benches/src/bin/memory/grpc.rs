use firstlight_benches::grpc::{Ours, Peer, TonicHealth, Watchers, checks};
use stats_alloc::Region;

use crate::{GLOBAL, live};

/// Bytes per watcher, and allocations of a Check.
pub(crate) fn memory(smoke: bool) {
    let n = if smoke { 100 } else { 10_000 };
    println!("| {n} watch | bytes per watcher, its stream and its place in the list |");
    println!("|---|---|");
    println!("| ours | {} |", watcher::<Ours>(n));
    println!("| tonic-health | {} |", watcher::<TonicHealth>(n));
    println!();
    println!("| allocations per Check, its request with them | not known who asks | known |");
    println!("|---|---|---|");
    println!("| ours | {:.1} | {:.1} |", check::<Ours>(false), check::<Ours>(true));
    let theirs = check::<TonicHealth>;
    println!("| tonic-health | {:.1} | {:.1} |", theirs(false), theirs(true));
}

/// Less what one watcher takes, so that the service itself is not in it, and less the wakers.
fn watcher<P: Peer>(n: usize) -> i64 {
    let all = |n: usize| {
        let region = Region::new(GLOBAL);
        let watchers = Watchers::<P>::new(n);
        let bytes = live(&region, 1);
        drop(watchers);
        let region = Region::new(GLOBAL);
        let wakers = Watchers::<P>::wakers(n);
        let wakers_alone = live(&region, 1);
        drop(wakers);
        bytes - wakers_alone
    };
    (all(n) - all(1)) / (n as i64 - 1)
}

fn check<P: Peer>(address: bool) -> f64 {
    let peer = P::new();
    peer.turn(true);
    checks(&peer, address, 2);
    let region = Region::new(GLOBAL);
    checks(&peer, address, 1_000);
    let change = region.change();
    (change.allocations + change.reallocations) as f64 / 1_000.0
}
