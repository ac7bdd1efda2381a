//! What other health libraries get wrong, one test each.

use std::sync::Arc;
use std::time::Duration;

use firstlight_check::{Check, Health, Outcome};
use firstlight_ready::GateState;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use crate::target::{Target, gate, ms, ready, s, set, settle, status};

#[tokio::test(start_paused = true)]
async fn spring_2652_checks_do_not_wait_for_each_other() {
    let (readiness, checks) = set();
    for nth in 0..10 {
        let slow = Target::well().taking(s(1));
        checks.add(slow.check(&format!("check-{nth}"))).expect("added");
    }
    let began = Instant::now();
    ready(&readiness).await;
    assert!(began.elapsed() < ms(1_010), "ten seconds in a row: {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn spring_25459_a_flood_of_callers_is_one_run() {
    let (_readiness, checks) = set();
    let db = Target::well().taking(s(1));
    checks.add(db.check("db").every(s(3_600))).expect("added");
    for _ in 0..10 {
        join_all((0..1_000).map(|_| checks.refresh("db", s(60)))).await;
    }
    assert_eq!((db.asked(), db.most_inside()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn spring_43449_a_check_that_hangs_is_bounded_and_named() {
    let (readiness, checks) = set();
    checks.add(Target::well().taking(Duration::MAX).check("db").timeout(s(2))).expect("added");
    let error = readiness.wait().with_timeout(s(3)).await.expect_err("it hangs");
    assert!(error.to_string().contains("db"), "{error}");
    assert!(error.to_string().contains("timed out after 2s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn axum_health_one_check_that_hangs_does_not_hide_the_others() {
    let (readiness, checks) = set();
    checks.add(Target::well().taking(Duration::MAX).check("a-hangs")).expect("added");
    checks.add(Target::well().check("b")).expect("added");
    settle().await;
    assert_eq!(gate(&readiness, "a-hangs").0, GateState::Pending);
    assert_eq!(gate(&readiness, "b").0, GateState::Ready);
}

#[tokio::test(start_paused = true)]
async fn k8s_98557_probes_run_no_checks() {
    let (readiness, checks) = set();
    let db = Target::well();
    checks.add(db.check("db").every(s(3_600))).expect("added");
    ready(&readiness).await;
    for _ in 0..10_000 {
        assert!(readiness.is_ready());
        assert_eq!(readiness.explain(), "ready");
    }
    assert_eq!(db.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn alexliesenfeld_a_probe_does_not_wait_while_a_check_runs() {
    let (readiness, checks) = set();
    let db = Target::well();
    checks.add(db.check("db")).expect("added");
    ready(&readiness).await;
    db.takes(s(4));
    let mut refresh = std::pin::pin!(checks.refresh("db", s(0)));
    assert!((&mut refresh).now_or_never().is_none());
    settle().await;
    let began = Instant::now();
    assert!(status(&checks, "db").in_flight_for.is_some());
    for _ in 0..1_000 {
        assert!(readiness.is_ready(), "the last result stands");
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    refresh.await.expect("a result");
}

#[tokio::test(start_paused = true)]
async fn go_sundheit_a_panicking_check_takes_nobody_with_it() {
    let (readiness, checks) = set();
    let broken = Check::new("broken", || async { panic!("nil pointer") });
    checks.add(broken.gate(|spec| spec.optional())).expect("added");
    checks.add(Target::well().check("db")).expect("added");
    ready(&readiness).await;
    settle().await;
    assert_eq!(status(&checks, "broken").last, Some(Outcome::Panicked("nil pointer".into())));
    assert_eq!(gate(&readiness, "db").0, GateState::Ready);
}

#[tokio::test(start_paused = true)]
async fn go_sundheit_a_time_out_needs_no_help_from_the_check() {
    let (_readiness, checks) = set();
    let held = Arc::new(());
    let inside = held.clone();
    let deaf = Check::new("deaf", move || {
        let held = inside.clone();
        async move {
            sleep(Duration::MAX).await;
            drop(held);
            Ok(Health::Ready)
        }
    });
    checks.add(deaf.timeout(s(1)).initial_delay(Duration::MAX)).expect("added");
    checks.refresh("deaf", s(0)).await.expect("a result");
    assert_eq!(
        Arc::strong_count(&held),
        2,
        "what the run held is free: the test's and the function's"
    );
}

#[tokio::test(start_paused = true)]
async fn comprehensive_a_check_that_is_gone_does_not_leave_its_last_good_value_behind() {
    let (readiness, checks) = set();
    checks.add(Target::well().check("db")).expect("added");
    ready(&readiness).await;
    drop(checks);
    settle().await;
    assert!(!readiness.is_ready());
}
