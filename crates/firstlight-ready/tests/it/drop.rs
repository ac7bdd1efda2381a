//! Fail-closed: a handle that goes before its gate was ready has failed it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use firstlight_ready::{Cause, Gate, GateState, Hysteresis, Mode, OnDrop, Spec};

use crate::support::{s, sealed};

#[tokio::test(start_paused = true)]
async fn dropped_before_it_was_ready_it_has_failed_and_says_where_it_came_from() {
    let (readiness, [db, cache]) = sealed([Spec::new("db"), Spec::new("cache")]);
    cache.ready();
    let wait = tokio::spawn(readiness.wait());
    tokio::task::yield_now().await;
    drop(db);
    let stuck = wait.await.expect("no panic").expect_err("nobody keeps db's promise");
    assert_eq!(stuck.cause, Cause::Failed);
    let [blocker] = stuck.blockers.as_slice() else { panic!("{stuck:?}") };
    assert_eq!((blocker.name.as_str(), blocker.state), ("db", GateState::Failed));
    assert!(blocker.place.file().ends_with("support.rs"));
    assert_eq!(stuck.explanation, "db failed for 0 ms: its handle was dropped before it was ready");
}

#[tokio::test(start_paused = true)]
async fn dropped_by_a_panic_it_says_so() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let task = tokio::spawn(async move {
        let _db = db;
        panic!("on purpose");
    });
    let stuck = readiness.wait().await.expect_err("its task has panicked");
    assert!(task.await.is_err_and(|error| error.is_panic()));
    assert_eq!(
        stuck.explanation,
        "db failed for 0 ms: its handle was dropped before it was ready, by a panic"
    );
}

#[tokio::test(start_paused = true)]
async fn dropped_after_it_was_ready_the_spec_decides() {
    let live = Mode::Live(Hysteresis::default());
    let table = [
        ("latched", Spec::new("db"), GateState::Ready, true),
        ("live", Spec::new("db").mode(live), GateState::Failed, false),
        ("heartbeat", Spec::new("db").heartbeat(s(9)), GateState::Failed, false),
        ("shared", Spec::new("db").mode(live).shared(), GateState::Degraded, true),
        ("latched, fail", Spec::new("db").on_drop(OnDrop::Fail), GateState::Failed, false),
        ("live, stay", Spec::new("db").mode(live).on_drop(OnDrop::Stay), GateState::Ready, true),
        (
            "live, degrade",
            Spec::new("db").mode(live).on_drop(OnDrop::Degrade),
            GateState::Degraded,
            true,
        ),
    ];
    for (case, spec, state, ready) in table {
        let (readiness, [db]) = sealed([spec]);
        db.ready();
        assert!(readiness.is_ready(), "{case}");
        drop(db);
        assert_eq!(readiness.is_ready(), ready, "{case}");
        assert_eq!(readiness.snapshot().gate("db").map(|gate| gate.state), Some(state), "{case}");
    }
}

/// Reports from its `Drop`, as a part does that is torn down.
struct Reporter(Gate, fn(&Gate));

impl Drop for Reporter {
    fn drop(&mut self) {
        self.1(&self.0);
    }
}

#[tokio::test(start_paused = true)]
async fn reports_are_taken_in_a_drop_while_panicking_and_on_a_thread() {
    let (readiness, [db, cache]) = sealed([Spec::new("db"), Spec::new("cache")]);
    let reporter = Reporter(db, Gate::ready);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _reporter = reporter;
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert_eq!(readiness.snapshot().gate("db").map(|gate| gate.open), Some(true));
    std::thread::spawn(move || cache.ready()).join().expect("no panic");
    assert!(readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_task_aborted_before_it_ran_fails_its_gate() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let task = tokio::spawn(async move { db.ready() });
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(readiness.wait().await.expect_err("aborted").cause, Cause::Failed);
}
