//! Counts allocations, and so has a process of its own.

use std::alloc::System;
use std::time::Duration;

use firstlight_cleanup::{Cleanup, Janitor};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[track_caller]
fn assert_none(what: &str, code: impl FnOnce()) {
    let region = Region::new(GLOBAL);
    code();
    let change = region.change();
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{what}: {change:?}");
}

/// One test: another one's thread would be counted, too.
#[test]
fn a_scope_guard_that_is_disarmed_and_the_drain_of_an_idle_janitor_allocate_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let janitor = runtime.block_on(async { Janitor::new("test") });
    let name = String::from("dp1");
    assert_none("a scope guard", || {
        let guard = janitor.scope(Cleanup::once("release", move |_| async move { drop(name) }));
        drop(guard.disarm());
    });
    // Its shards are there from now on.
    let release = || Cleanup::once("release", |_| async {});
    drop(janitor.track(release()).unwrap().disarm());
    assert_none("a tracked guard in a place that was used before", || {
        drop(janitor.track(release()).unwrap().disarm());
    });
    runtime.block_on(async {
        let drain = janitor.drain(Duration::MAX);
        let mut drain = std::pin::pin!(drain);
        let waker = std::task::Waker::noop();
        let mut cx = std::task::Context::from_waker(waker);
        assert_none("the drain of an idle janitor", || {
            let std::task::Poll::Ready(report) = drain.as_mut().poll(&mut cx) else {
                unreachable!("it is idle");
            };
            assert_eq!(report.left, 0);
        });
    });
    assert_none("and once more, without a runtime", || {
        assert_eq!(janitor.drain_blocking(Duration::ZERO).left, 0);
    });
}
