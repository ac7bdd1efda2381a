use firstlight_benches::http::{Probe, equal_servers};
use stats_alloc::Region;

use crate::GLOBAL;

/// Allocations of an unchanged answer, its request made and dropped; and what is left of a thousand.
pub(crate) fn memory(smoke: bool) {
    let n = if smoke { 10 } else { 1_000 };
    println!(
        "| allocations per answer | by | allocations | bytes allocated | bytes left after {n} |"
    );
    println!("|---|---|---|---|---|");
    for probe in Probe::ALL {
        for (peer, mut server) in equal_servers(probe) {
            // Twice, so that buffers have grown and the lame duck knows who asks.
            server.answers(probe, 2);
            let region = Region::new(GLOBAL);
            server.answers(probe, n);
            let change = region.change();
            let left = change.bytes_allocated as i64 - change.bytes_deallocated as i64;
            let each = |count: usize| count as f64 / n as f64;
            let allocations = each(change.allocations + change.reallocations);
            let (title, by) = (probe.title(), peer.title());
            let bytes = each(change.bytes_allocated);
            println!("| {title} | {by} | {allocations:.1} | {bytes:.0} | {left} |");
            assert!(left <= 0, "{title}: {by} keeps {left} bytes");
        }
    }
}
