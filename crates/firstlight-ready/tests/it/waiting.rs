//! Waits: who is woken, when they end, and what they say.

use std::task::Poll;
use std::time::Duration;

use firstlight_ready::{
    Cause, GateState, Hysteresis, Mode, NotReady, Opened, Readiness, Ready, Refused, Spec,
    Transitions, View, Wait, WaitGates, WaitPhase,
};
use tokio::time::Instant;

use crate::support::{Counter, block_on, ms, open_set, poll, s, sealed};

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_a_token_when_the_last_gate_opens() {
    let (readiness, [db, cache]) = sealed([Spec::new("db"), Spec::new("cache")]);
    let before = readiness.clock().now();
    let wait = tokio::spawn(readiness.wait());
    tokio::time::sleep(s(1)).await;
    db.ready();
    tokio::time::sleep(s(1)).await;
    assert!(!wait.is_finished());
    assert!(!readiness.is_ready());
    cache.ready();
    let ready = wait.await.expect("no panic").expect("ready");
    assert_eq!((ready.set().as_str(), ready.view().as_str()), ("orders", "ready"));
    assert_eq!(ready.at() - before, s(2));
    assert!(readiness.is_ready());
    assert_eq!(readiness.explain(), "ready");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_over_names_all_that_it_waited_for() {
    let (readiness, [db, _cache]) = sealed([Spec::new("db"), Spec::new("cache").after(["db"])]);
    let line = line!() - 1;
    db.syncing("connecting");
    db.progress(3, 5);
    tokio::time::sleep(s(1)).await;
    let began = Instant::now();
    let stuck = readiness.wait().with_timeout(s(5)).await.expect_err("nobody opens them");
    assert_eq!(began.elapsed(), s(5));
    assert_eq!((stuck.cause, stuck.waited, stuck.what.as_str()), (Cause::Deadline, s(5), "orders"));
    let [db, cache] = stuck.blockers.as_slice() else { panic!("{stuck:?}") };
    assert_eq!((db.name.as_str(), db.state, db.age), ("db", GateState::Syncing, s(6)));
    assert_eq!(db.last_progress, Some(s(6)));
    assert_eq!(db.progress.map(|progress| progress.to_string()), Some("3/5".into()));
    assert_eq!(db.reason.as_ref().map(ToString::to_string), Some("connecting".into()));
    assert!(db.root && db.place.file().ends_with("support.rs"), "{line}: {:?}", db.place);
    assert_eq!(
        (cache.name.as_str(), cache.state, cache.root),
        ("cache", GateState::Pending, false)
    );
    assert_eq!(
        stuck.to_string(),
        "orders is not ready after 5.0 s, which was its time: db syncing 3/5 for 6.0 s: connecting \
         (1 more wait for that)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_fails_ends_the_wait_at_once_unless_it_waits_through_failures() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let brisk = tokio::spawn(readiness.wait());
    let patient = tokio::spawn(readiness.wait().through_failures());
    tokio::time::sleep(s(1)).await;
    db.failed("wrong password");
    let stuck = brisk.await.expect("no panic").expect_err("failed");
    assert_eq!((stuck.cause, stuck.waited), (Cause::Failed, s(1)));
    assert_eq!(stuck.explanation, "db failed for 0 ms: wrong password");
    tokio::time::sleep(s(1)).await;
    assert!(!patient.is_finished());
    let late = readiness.wait().await.expect_err("still failed");
    assert_eq!((late.cause, late.waited), (Cause::Failed, s(0)));
    db.ready();
    patient.await.expect("no panic").expect("it tried again");
    readiness.wait().await.expect("ready");
}

#[tokio::test(start_paused = true)]
async fn waits_for_gates_end_for_one_for_any_and_for_all() {
    let (readiness, [a, b, c]) = sealed([Spec::new("a"), Spec::new("b"), Spec::new("c")]);
    let names = |opened: &Opened| {
        opened.gates().iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    };
    let one = tokio::spawn(readiness.wait_gate("b").expect("known"));
    let any = tokio::spawn(readiness.wait_any(["c", "b"]).expect("known"));
    let all = tokio::spawn(readiness.wait_all(["a", "b"]).expect("known"));
    tokio::task::yield_now().await;
    b.ready();
    assert_eq!(names(&one.await.expect("no panic").expect("open")), "b");
    assert_eq!(names(&any.await.expect("no panic").expect("open")), "b");
    tokio::time::sleep(s(1)).await;
    assert!(!all.is_finished());
    a.ready();
    let opened = all.await.expect("no panic").expect("open");
    assert_eq!(names(&opened), "a,b");
    assert_eq!(opened.at(), readiness.clock().now());
    c.ready();
    let first = readiness.wait_any(["c", "b"]).expect("known").await.expect("open");
    assert_eq!(names(&first), "c", "the first in the caller's order");
}

#[tokio::test(start_paused = true)]
async fn waits_for_gates_end_with_the_failures_that_make_them_hopeless() {
    let (readiness, [a, b]) = sealed([Spec::new("a"), Spec::new("b")]);
    let any = readiness.wait_any(["a", "b"]).expect("known");
    let any = tokio::spawn(any);
    let all = tokio::spawn(readiness.wait_all(["a", "b"]).expect("known"));
    tokio::task::yield_now().await;
    a.failed("gone");
    let stuck = all.await.expect("no panic").expect_err("one has failed");
    assert_eq!(
        stuck.to_string(),
        "one of the gates a, b of orders is not ready after 0 ms, and something has failed: a failed \
         for 0 ms: gone; b pending for 0 ms"
    );
    tokio::time::sleep(s(1)).await;
    assert!(!any.is_finished(), "the other one may open");
    b.failed("gone too");
    let stuck = any.await.expect("no panic").expect_err("all have failed");
    assert_eq!((stuck.cause, stuck.blockers.len()), (Cause::Failed, 2));
    let late = readiness.wait_gate("a").expect("known").through_failures().with_timeout(s(1));
    let stuck = late.await.expect_err("nobody tries again");
    assert_eq!((stuck.cause, stuck.what.as_str()), (Cause::Deadline, "gate a of orders"));
}

#[tokio::test(start_paused = true)]
async fn all_gates_must_be_open_at_the_same_time() {
    let live = Mode::Live(Hysteresis::default());
    let (readiness, [a, b]) = sealed([Spec::new("a").mode(live), Spec::new("b").mode(live)]);
    let (counter, waker) = Counter::new();
    let mut all = Box::pin(readiness.wait_all(["a", "b"]).expect("known"));
    assert!(poll(&mut all, &waker).is_pending());
    a.ready();
    assert!(poll(&mut all, &waker).is_pending());
    a.not_ready("restarting");
    b.ready();
    assert_eq!(counter.woken(), 3, "by a's opening, by a's closing, by b's opening");
    assert!(poll(&mut all, &waker).is_pending());
    a.ready();
    assert_eq!(counter.woken(), 4);
    assert!(matches!(poll(&mut all, &waker), Poll::Ready(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn names_that_are_not_there_are_refused_when_the_wait_is_made() {
    let (readiness, [_a]) = sealed([Spec::new("a")]);
    let set = readiness.name().clone();
    let unknown =
        |name: &str| Refused::Unknown { what: "gate", name: name.into(), set: set.clone() };
    assert_eq!(readiness.wait_gate("b").err(), Some(unknown("b")));
    assert_eq!(readiness.wait_any(["a", "c"]).err(), Some(unknown("c")));
    assert_eq!(readiness.wait_all(["a", "d"]).err(), Some(unknown("d")));
    let nothing: [&str; 0] = [];
    let none = Refused::NothingToWaitFor { set: set.clone() };
    assert_eq!(readiness.wait_any(nothing).err(), Some(none.clone()));
    assert_eq!(readiness.wait_all(nothing).err(), Some(none));
    let view = Refused::Unknown { what: "view", name: "b".into(), set };
    assert_eq!(readiness.view("b").err(), Some(view));
}

#[tokio::test(start_paused = true)]
async fn views_are_waited_for_one_by_one() {
    let (readiness, [db, admin]) = sealed([Spec::new("db"), Spec::new("admin").views(["admin"])]);
    let view = readiness.view("admin").expect("a gate is in it");
    assert!(!view.is_ready());
    assert_eq!(view.explain(), "admin pending for 0 ms");
    let wait = tokio::spawn(view.wait());
    admin.ready();
    let ready = wait.await.expect("no panic").expect("ready");
    assert_eq!(ready.view().as_str(), "admin");
    assert!(view.is_ready() && !readiness.is_ready());
    let stuck = readiness.view("startup").expect("always").wait().with_timeout(s(1)).await;
    assert_eq!(stuck.expect_err("db is pending").what, "view startup of orders");
    db.ready();
    for name in ["startup", "live", "ready", "admin"] {
        let view = readiness.view(name).expect("known");
        assert!(view.is_ready(), "{name}");
        assert_eq!((view.name().as_str(), view.explain().as_str()), (name, "ready"));
        view.wait().await.expect("ready");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_takes_its_newest_waker_and_leaves_with_it() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let (old, old_waker) = Counter::new();
    let (new, new_waker) = Counter::new();
    let mut wait = Box::pin(readiness.wait());
    assert!(poll(&mut wait, &old_waker).is_pending());
    assert!(poll(&mut wait, &new_waker).is_pending());
    assert_eq!(std::sync::Arc::strong_count(&old), 2, "the set has let go of the old waker");
    let mut leaver = Box::pin(readiness.wait());
    assert!(poll(&mut leaver, &old_waker).is_pending());
    drop(leaver);
    db.ready();
    assert_eq!((old.woken(), new.woken()), (0, 1));
    assert!(matches!(poll(&mut wait, &new_waker), Poll::Ready(Ok(_))));
    assert!(matches!(poll(&mut wait, &new_waker), Poll::Ready(Ok(_))), "looks again");
    assert_eq!((std::sync::Arc::strong_count(&old), std::sync::Arc::strong_count(&new)), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn waits_that_look_again_in_another_order_do_not_take_each_others_place() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let ((one, first_waker), (two, second_waker)) = (Counter::new(), Counter::new());
    let mut first = readiness.wait().through_failures();
    let mut second = readiness.wait().through_failures();
    assert!(poll(&mut first, &first_waker).is_pending());
    assert!(poll(&mut second, &second_waker).is_pending());
    db.failed("refused");
    assert!(poll(&mut second, &second_waker).is_pending());
    assert!(poll(&mut first, &first_waker).is_pending());
    db.ready();
    assert_eq!((one.woken(), two.woken()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_leaves_late_does_not_take_another_ones_waker_along() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let (leaver, leaver_waker) = Counter::new();
    let (stayer, stayer_waker) = Counter::new();
    let mut leaving = Box::pin(readiness.wait());
    let mut staying = Box::pin(readiness.wait().through_failures());
    assert!(poll(&mut leaving, &leaver_waker).is_pending());
    db.failed("for a moment");
    assert_eq!(leaver.woken(), 1);
    // It stands now where the other one stood before it was woken.
    assert!(poll(&mut staying, &stayer_waker).is_pending());
    drop(leaving);
    db.ready();
    assert_eq!((leaver.woken(), stayer.woken()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_a_moment_and_ready_goes_before_it() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let began = Instant::now();
    let stuck = readiness.wait().with_deadline(began + s(2)).await.expect_err("pending");
    assert_eq!((stuck.cause, began.elapsed()), (Cause::Deadline, s(2)));
    let stuck = readiness.wait().with_deadline(began).await.expect_err("it has passed");
    assert_eq!((stuck.cause, began.elapsed()), (Cause::Deadline, s(2)));
    db.ready();
    readiness.wait().with_deadline(began).await.expect("ready goes before the deadline");
}

#[test]
fn a_thread_without_a_runtime_waits_too() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
    let runtime = runtime.expect("a runtime");
    let (readiness, [db]) = runtime.block_on(async { sealed([Spec::new("db")]) });
    let stuck = readiness.wait_blocking(ms(20)).expect_err("pending");
    assert_eq!(stuck.cause, Cause::Deadline);
    assert!(stuck.waited >= ms(20), "{stuck:?}");
    let stuck = readiness.wait_blocking(Duration::ZERO).expect_err("it looks once");
    assert_eq!((stuck.cause, stuck.blockers.len()), (Cause::Deadline, 1));
    // The timer is the set's: no runtime of our own is needed for a deadline.
    let stuck = block_on(readiness.wait().with_timeout(ms(20))).expect_err("pending");
    assert_eq!(stuck.cause, Cause::Deadline);

    std::thread::scope(|scope| {
        let blocking = scope.spawn(|| readiness.wait_blocking(Duration::MAX));
        let polled = scope.spawn(|| block_on(readiness.wait().with_timeout(Duration::MAX)));
        db.ready();
        assert_eq!(blocking.join().expect("no panic").expect("ready").view().as_str(), "ready");
        assert_eq!(polled.join().expect("no panic").expect("ready").set().as_str(), "orders");
    });
    readiness.wait_blocking(Duration::ZERO).expect("ready");
    drop(db);
    readiness.drain("over");
    let stuck = readiness.wait_blocking(s(60)).expect_err("the end has begun");
    assert_eq!(stuck.cause, Cause::Draining);
}

#[test]
fn a_task_of_another_runtime_waits_too() {
    let build = || tokio::runtime::Builder::new_current_thread().enable_time().build();
    let home = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
    let home = home.expect("a runtime");
    let (readiness, [db]) = home.block_on(async { sealed([Spec::new("db")]) });
    let abroad = std::thread::scope(|scope| {
        let abroad = scope.spawn(|| {
            let wait = readiness.wait();
            build().expect("a runtime").block_on(async {
                let stuck = readiness.wait().with_timeout(ms(5)).await.expect_err("pending");
                assert_eq!(stuck.cause, Cause::Deadline);
                db.ready();
                wait.await
            })
        });
        abroad.join().expect("no panic")
    });
    assert_eq!(abroad.expect("ready").set().as_str(), "orders");
}

#[tokio::test(start_paused = true)]
async fn an_unused_wait_costs_nothing_and_a_set_lives_as_long_as_a_handle() {
    let readiness = open_set();
    let db = readiness.register(Spec::new("db")).expect("registered");
    readiness.seal().expect("sealed");
    let wait = readiness.wait();
    drop(readiness);
    let wait = tokio::spawn(wait);
    db.ready();
    wait.await.expect("no panic").expect("the gate and the wait are handles too");
}

#[test]
fn all_handles_go_to_any_thread() {
    fn sent<T: Send + Sync + 'static>() {}
    sent::<(Readiness, firstlight_ready::Gate, View, Wait, WaitGates, WaitPhase, Transitions)>();
    sent::<(Ready, Opened, NotReady, Refused, firstlight_ready::Snapshot)>();
}
