//! The end: nothing takes it back, and it takes as long as those who ask need to see it.

use firstlight_ready::{Cause, GateState, LameDuck, LameDuckEnd, Phase, Readiness, Refused, Spec};
use tokio::time::Instant;

use crate::support::{Lines, open_set, s, sealed};

#[tokio::test(start_paused = true)]
async fn the_drain_takes_ready_away_and_nothing_brings_it_back() {
    let (readiness, [db, admin]) = sealed([Spec::new("db"), Spec::new("admin").views(["admin"])]);
    db.ready();
    let admin_view = readiness.view("admin").expect("known");
    let startup = readiness.view("startup").expect("always");
    assert_eq!(readiness.phase(), Phase::Serving);
    readiness.drain("SIGTERM");
    let check = |when: &str| {
        assert!(!readiness.is_ready(), "{when}");
        assert!(!admin_view.is_ready(), "{when}");
        assert!(startup.is_ready(), "{when}: what has started has started");
        assert!(readiness.is_live(), "{when}: who drains is not dead");
        assert_eq!(readiness.phase(), Phase::Draining, "{when}");
        assert_eq!(readiness.explain(), "draining: SIGTERM", "{when}");
        assert_eq!(readiness.lame_duck_end(), None, "{when}");
    };
    check("after the drain");
    admin.ready();
    db.ready();
    check("after a gate has opened");
    assert_eq!(admin.state(), GateState::Ready, "it is recorded");
    readiness.drain("again");
    check("after a second drain");
    let error = readiness.register(Spec::new("late")).expect_err("nothing new begins");
    assert_eq!(error.to_string(), "gate late comes too late: orders is draining");
    assert!(matches!(error, Refused::Ending { .. }));
    check("after a late gate");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_of_the_end() {
    let (readiness, [_db]) = sealed([Spec::new("db")]);
    let ready = tokio::spawn(readiness.wait().through_failures());
    let startup = tokio::spawn(readiness.view("startup").expect("always").wait());
    let gate = tokio::spawn(readiness.wait_gate("db").expect("known"));
    tokio::time::sleep(s(1)).await;
    readiness.drain("SIGTERM");
    let stuck = ready.await.expect("no panic").expect_err("draining");
    assert_eq!((stuck.cause, stuck.waited), (Cause::Draining, s(1)));
    assert_eq!(
        stuck.to_string(),
        "orders is not ready after 1.0 s, and the end has begun: draining: SIGTERM"
    );
    assert_eq!(startup.await.expect("no panic").expect_err("draining").cause, Cause::Draining);
    let stuck = gate.await.expect("no panic").expect_err("draining");
    assert_eq!((stuck.cause, stuck.blockers.len()), (Cause::Draining, 1));
    assert_eq!(readiness.wait().await.expect_err("still").cause, Cause::Draining);
}

#[tokio::test(start_paused = true)]
async fn the_lame_duck_ends_when_all_who_ask_have_seen_it() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    db.ready();
    readiness.delivered("10.0.0.1", true);
    readiness.delivered("10.0.0.2", true);
    readiness.drain_with("SIGTERM", LameDuck { seen: 2, max: s(60) });
    let stopping = tokio::spawn(readiness.wait_phase(Phase::Stopping));
    tokio::time::sleep(s(1)).await;
    for prober in ["10.0.0.1", "10.0.0.2", "10.0.0.1"] {
        readiness.delivered(prober, false);
    }
    assert_eq!(readiness.phase(), Phase::Draining, "one of them has seen it only once");
    readiness.delivered("10.0.0.2", false);
    assert_eq!(readiness.phase(), Phase::Stopping);
    assert_eq!(readiness.lame_duck_end(), Some(LameDuckEnd::Seen { probers: 2 }));
    assert_eq!(stopping.await.expect("no panic"), Phase::Stopping);
    readiness.stopped();
    assert_eq!(readiness.wait_phase(Phase::Stopping).await, Phase::Stopped, "a later one counts");
    assert_eq!(readiness.explain(), "stopped: SIGTERM");
}

#[tokio::test(start_paused = true)]
async fn the_lame_duck_ends_at_its_maximum_when_nobody_asks() {
    let (readiness, [_db]) = sealed([Spec::new("db")]);
    let began = Instant::now();
    readiness.drain("SIGTERM");
    assert_eq!(readiness.wait_phase(Phase::Serving).await, Phase::Draining);
    assert_eq!(readiness.wait_phase(Phase::Stopping).await, Phase::Stopping);
    assert_eq!(began.elapsed(), LameDuck::default().max);
    let end = readiness.lame_duck_end().expect("it has ended");
    assert_eq!(end.to_string(), "time is over, and nobody has probed");

    let (readiness, [_db]) = sealed([Spec::new("db")]);
    readiness.drain_with("SIGTERM", LameDuck { seen: 0, max: s(0) });
    assert_eq!(readiness.phase(), Phase::Stopping, "no time is over at once");
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_cuts_the_lame_duck() {
    let (readiness, [_db]) = sealed([Spec::new("db")]);
    readiness.drain("SIGTERM");
    let stopping = tokio::spawn(readiness.wait_phase(Phase::Stopping));
    tokio::task::yield_now().await;
    readiness.cut("SIGINT");
    assert_eq!(stopping.await.expect("no panic"), Phase::Stopping);
    assert_eq!(readiness.lame_duck_end(), Some(LameDuckEnd::Cut("SIGINT".into())));
    assert_eq!(readiness.snapshot().drain_reason, Some("SIGTERM".into()), "the first stays");

    let (readiness, [_db]) = sealed([Spec::new("db")]);
    readiness.cut("SIGQUIT");
    assert_eq!(readiness.phase(), Phase::Stopping, "it begins the end too");
}

#[test]
fn a_set_whose_runtime_has_gone_drains_instead_of_leaving_its_waiters_asleep() {
    let (lines, _guard) = Lines::captured();
    let build = || tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = build().expect("a runtime");
    let (readiness, [db, cache]) =
        runtime.block_on(async { sealed([Spec::new("db"), Spec::new("cache")]) });
    cache.ready();
    std::thread::scope(|scope| {
        let blocked = scope.spawn(|| readiness.wait_blocking(s(600)));
        drop(runtime);
        let stuck = blocked.join().expect("no panic").expect_err("nobody watches the deadlines");
        assert_eq!(stuck.cause, Cause::Draining);
        assert!(stuck.explanation.ends_with("the runtime that watched the deadlines is gone"));
    });
    assert_eq!(readiness.phase(), Phase::Stopping);
    // Whatever is called now does no harm, deadlines that the dead runtime would have to watch too.
    db.ready();
    let other = build().expect("a runtime");
    let wait = readiness.wait().through_failures().with_timeout(s(1));
    assert_eq!(other.block_on(wait).expect_err("draining").cause, Cause::Draining);
    drop(db);
    readiness.stopped();
    assert!(lines.messages().iter().any(|line| line.contains("watched the deadlines is gone")));
}

#[test]
fn there_is_no_set_without_a_runtime_that_has_timers() {
    let no_runtime = |error: Refused| {
        assert_eq!(
            error.to_string(),
            "orders is made outside a tokio runtime with a timer, which has to watch its deadlines"
        );
    };
    no_runtime(Readiness::new("orders").expect_err("no runtime"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    no_runtime(runtime.block_on(async { Readiness::new("orders").expect_err("no timer") }));
}

#[tokio::test(start_paused = true)]
async fn the_drain_can_come_before_anything_else() {
    let readiness = open_set();
    readiness.drain("SIGTERM");
    assert_eq!(readiness.wait().await.expect_err("draining").cause, Cause::Draining);
    readiness.seal().expect("sealed, for what it is worth");
    assert!(!readiness.is_ready());
}
