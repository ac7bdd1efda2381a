//! Deadlines, in paused time: the set's driver wakes for each of them, and for nothing else.

use firstlight_ready::{Cause, Expiry, GateState, Kind, Spec};
use tokio::time::Instant;

use crate::support::{ms, s, sealed};

#[tokio::test(start_paused = true)]
async fn a_gate_that_does_not_open_in_time_fails_the_wait() {
    let (readiness, [db]) = sealed([Spec::new("db").within(s(30))]);
    let began = Instant::now();
    let stuck = readiness.wait().await.expect_err("nobody opens it");
    assert_eq!((stuck.cause, began.elapsed()), (Cause::Failed, s(30)));
    assert_eq!(stuck.explanation, "db failed for 0 ms: not ready within 30.0 s");
    db.ready();
    readiness.wait().await.expect("late is better than never");
}

#[tokio::test(start_paused = true)]
async fn a_short_deadline_is_kept_to_the_timers_millisecond() {
    let (readiness, [_db]) = sealed([Spec::new("db").within(ms(3))]);
    let error = readiness.wait().await.expect_err("too slow");
    assert!((ms(3)..=ms(5)).contains(&error.waited), "{:?}", error.waited);
}

#[tokio::test(start_paused = true)]
async fn a_gate_has_a_deadline_though_nobody_has_set_one() {
    let (readiness, [_db]) = sealed([Spec::new("db")]);
    let began = Instant::now();
    let stuck = readiness.wait().await.expect_err("nobody opens it");
    assert_eq!(stuck.waited, firstlight_ready::DEFAULT_WITHIN);
    assert_eq!(began.elapsed(), firstlight_ready::DEFAULT_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn slow_but_moving_survives_and_hung_fails_early() {
    let spec = |name| Spec::new(name).without_deadline().stall(s(10));
    let (readiness, [slow, hung]) = sealed([spec("slow"), spec("hung")]);
    let began = Instant::now();
    let wait = readiness.wait_gate("hung").expect("known");
    let hung_wait = tokio::spawn(async move { (wait.await, began.elapsed()) });
    for done in 0..20 {
        slow.progress(done, 20);
        if done < 2 {
            hung.progress(done, 20);
        }
        tokio::time::sleep(s(9)).await;
    }
    assert_eq!(slow.state(), GateState::Syncing);
    let (stuck, after) = hung_wait.await.expect("no panic");
    let stuck = stuck.expect_err("it hangs");
    assert_eq!((stuck.cause, after), (Cause::Failed, s(19)));
    assert!(stuck.explanation.contains("has not moved for 10.0 s"), "{}", stuck.explanation);
    slow.ready();
    hung.ready();
    assert!(readiness.is_ready(), "a verdict of ours is taken back by a report");
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_is_silent_goes_stale_and_comes_back() {
    let spec = Spec::new("loop").heartbeat(s(3)).in_live();
    let (readiness, [beating]) = sealed([spec]);
    for _ in 0..5 {
        beating.beat();
        tokio::time::sleep(s(2)).await;
        assert!(readiness.is_ready() && readiness.is_live());
    }
    tokio::time::sleep(s(2)).await;
    assert_eq!(beating.state(), GateState::Stale);
    assert!(!readiness.is_ready() && !readiness.is_live());
    beating.beat();
    assert!(readiness.is_ready() && readiness.is_live());
}

#[tokio::test(start_paused = true)]
async fn a_gate_required_until_a_time_is_gone_without_afterwards() {
    let spec = Spec::new("geo").kind(Kind::RequiredUntil(s(5), Expiry::Degrade));
    let (readiness, [geo]) = sealed([spec]);
    let began = Instant::now();
    readiness.wait().await.expect("it goes on without");
    assert_eq!((began.elapsed(), geo.state()), (s(5), GateState::Degraded));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_set_while_the_driver_sleeps_for_long_is_kept() {
    let (readiness, [first, second]) = sealed([
        Spec::new("first").within(s(3_600)),
        Spec::new("second").within(s(5)).after(["first"]),
    ]);
    tokio::time::sleep(s(100)).await;
    first.ready();
    let began = Instant::now();
    let stuck = readiness.wait().await.expect_err("its time counts from when first has opened");
    assert_eq!((stuck.cause, began.elapsed()), (Cause::Failed, s(5)));
    drop(second);
}
