//! One run at a time, whoever asks.

use std::time::Duration;

use firstlight_check::{CheckError, Health, Outcome, Trouble};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use crate::target::{Target, ms, s, set, settle, status};

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_make_one_run() {
    let (_readiness, checks) = set();
    let db = Target::well().taking(s(1));
    checks.add(db.check("db").initial_delay(Duration::MAX)).expect("added");
    let found = join_all((0..1_000).map(|_| checks.refresh("db", s(0)))).await;
    assert!(found.into_iter().all(|found| found.expect("a result").runs == 1));
    assert_eq!((db.asked(), db.most_inside()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_on_many_threads_make_one_run_at_a_time() {
    let (_readiness, checks) = set();
    let checks = std::sync::Arc::new(checks);
    let db = Target::well().taking(ms(2));
    checks.add(db.check("db").every(ms(10))).expect("added");
    let callers = (0..64).map(|_| {
        let checks = checks.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                checks.refresh("db", s(0)).await.expect("a result");
            }
        })
    });
    for caller in join_all(callers.collect::<Vec<_>>()).await {
        caller.expect("no panic");
    }
    assert_eq!(db.most_inside(), 1);
    // 1 280 calls: one run for each caller's turn would be all of them.
    assert!(db.asked() < 640, "{}", db.asked());
}

#[tokio::test(start_paused = true)]
async fn a_call_joins_the_run_under_way() {
    let (_readiness, checks) = set();
    let db = Target::well().taking(s(2));
    checks.add(db.check("db")).expect("added");
    sleep(s(1)).await;
    let began = Instant::now();
    let found = checks.refresh("db", s(0)).await.expect("a result");
    assert_eq!((found.runs, db.asked()), (1, 1));
    assert!(began.elapsed() <= ms(1_002), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_joined_run_is_not_followed_by_another() {
    let (_readiness, checks) = set();
    let db = Target::well().taking(s(2));
    checks.add(db.check("db").every(s(60))).expect("added");
    settle().await;
    join_all((0..10).map(|_| checks.refresh("db", s(0)))).await;
    sleep(s(50)).await;
    assert_eq!(db.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_result_that_is_young_enough_is_told_without_a_run() {
    let (_readiness, checks) = set();
    let db = Target::well();
    checks.add(db.check("db").every(s(60))).expect("added");
    checks.refresh("db", s(0)).await.expect("a result");
    let asked = db.asked();
    sleep(s(5)).await;
    for _ in 0..1_000 {
        let found = checks.refresh("db", s(6)).await.expect("a result");
        assert!(found.age.is_some_and(|age| age < s(6)));
    }
    assert_eq!(db.asked(), asked);
    checks.refresh("db", s(5)).await.expect("a result");
    assert_eq!(db.asked(), asked + 1);
    checks.refresh("db", Duration::MAX).await.expect("a result");
    assert_eq!(db.asked(), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_does_not_end_the_run() {
    let (_readiness, checks) = set();
    let db = Target::well().taking(s(2));
    checks.add(db.check("db").initial_delay(Duration::MAX)).expect("added");
    assert!(timeout(s(1), checks.refresh("db", s(0))).await.is_err());
    sleep(s(2)).await;
    let found = status(&checks, "db");
    assert_eq!((found.runs, found.last), (1, Some(Outcome::Ready)));
    assert_eq!((db.asked(), db.given_up()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_slow_check_is_never_begun_twice() {
    let (_readiness, checks) = set();
    let db = Target::well().taking(ms(4_999));
    checks.add(db.check("db").every(ms(10))).expect("added");
    let callers = async {
        for _ in 0..300 {
            let _ = timeout(ms(100), checks.refresh("db", s(0))).await;
        }
    };
    callers.await;
    assert_eq!(db.most_inside(), 1);
    assert!((6..=7).contains(&db.asked()), "{}", db.asked());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_asked_for_puts_the_next_one_off() {
    let (_readiness, checks) = set();
    let db = Target::well();
    checks.add(db.check("db").every(s(10))).expect("added");
    sleep(s(9)).await;
    checks.refresh("db", s(0)).await.expect("a result");
    sleep(s(9)).await;
    assert_eq!(db.asked(), 2);
    sleep(s(2)).await;
    assert_eq!(db.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_caller_of_a_check_that_is_removed_is_told() {
    let (_readiness, checks) = set();
    let db = Target::well().taking(s(3));
    checks.add(db.check("db")).expect("added");
    let asking = async {
        let error = checks.refresh("db", s(0)).await.expect_err("removed");
        assert_eq!(error, CheckError::Stopped { check: "db".into() });
        assert_eq!(error.to_string(), "check db was stopped");
    };
    let removing = async {
        sleep(s(1)).await;
        assert!(checks.remove("db"));
    };
    tokio::join!(asking, removing);
    let error = checks.refresh("d\nb", s(0)).await.expect_err("unknown");
    assert_eq!(error.to_string(), "there is no check \"d b\"");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_comes_while_the_check_waits_for_a_place_joins_its_run() {
    let (_readiness, checks) = set();
    let checks = checks.max_concurrent(1);
    let (first, second) = (Target::well().taking(s(3)), Target::answering(Err(Trouble::new("no"))));
    checks.add(first.check("first")).expect("added");
    checks.add(second.check("second").every(s(60))).expect("added");
    sleep(s(1)).await;
    let found = join_all((0..5).map(|_| checks.refresh("second", s(0)))).await;
    assert!(found.into_iter().all(|found| found.expect("a result").runs == 1));
    assert_eq!(second.asked(), 1);
    second.answers(Ok(Health::Ready));
    assert_eq!(status(&checks, "second").runs, 1);
}
