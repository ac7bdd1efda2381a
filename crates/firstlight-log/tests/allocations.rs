//! Counts allocations, and so has a process of its own.

use std::alloc::System;
use std::time::Duration;

use firstlight_log::Boot;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tracing::{debug, info, info_span, warn};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// None in one of a few tries: the writer's thread starts some time in between, and is counted, too.
#[track_caller]
fn assert_none(what: &str, code: impl Fn()) {
    let tries = (0..5).map(|_| {
        let region = Region::new(GLOBAL);
        code();
        region.change()
    });
    let changes: Vec<_> = tries.collect();
    assert!(
        changes.iter().any(|change| (change.allocations, change.reallocations) == (0, 0)),
        "{what}: {changes:?}"
    );
}

fn log(number: u64) {
    info!(number, name = "x", half = 0.5, "an event {number}");
    debug!(big = i128::MAX, what = ?Some(number), "another one");
    warn!("short");
    log::info!("by log, {number}");
}

/// One test: another one's thread would be counted, too.
#[test]
fn an_early_event_allocates_nothing_neither_where_there_is_room_nor_where_another_one_has_to_go() {
    let logger = Boot::new().with_ring_bytes(1 << 20).with_fallback_after(Duration::MAX).boot();
    let span = info_span!("span", id = 7);
    let _in = span.enter();
    // The callsites and the buffers of this thread are there from now on.
    (0..10).for_each(log);
    assert_none("where there is room", || (0..100).for_each(log));
    assert_eq!(logger.stats().evicted, 0);
    assert_none("where there is none", || (0..20_000).for_each(log));
    assert!(logger.stats().evicted > 10_000);
    // Short ones: as many entries as bytes allow.
    assert_none("of short ones", || (0..20_000).for_each(|_| warn!("")));
}
