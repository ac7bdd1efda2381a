//! What is expected is declared; until then, and without anything, nothing is ready.

use firstlight_ready::{Cause, GateState, Late, Readiness, Refused, Spec};

use crate::support::{open_set, s};

#[tokio::test(start_paused = true)]
async fn it_is_not_ready_before_it_is_sealed_though_all_gates_are_open() {
    let readiness = open_set();
    let db = readiness.register(Spec::new("db")).expect("registered");
    db.ready();
    assert!(!readiness.is_ready());
    assert!(readiness.is_live(), "not ready is not dead");
    assert_eq!(readiness.explain(), "not sealed: 1 gates so far");
    let wait = tokio::spawn(readiness.wait());
    tokio::time::sleep(s(1)).await;
    assert!(!wait.is_finished());
    readiness.seal().expect("sealed");
    assert!(readiness.is_ready());
    wait.await.expect("no panic").expect("ready");
}

#[tokio::test(start_paused = true)]
async fn an_empty_set_is_not_ready_unless_that_was_asked_for() {
    let readiness = open_set();
    readiness.seal().expect("sealed");
    assert!(!readiness.is_ready());
    assert_eq!(readiness.explain(), "no required gate is expected");

    let readiness = Readiness::builder("orders").ready_when_empty().build().expect("a runtime");
    assert!(!readiness.is_ready(), "not sealed");
    readiness.seal().expect("sealed");
    assert!(readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_set_that_nobody_seals_fails_those_who_wait() {
    let readiness = Readiness::builder("orders").seal_within(s(10)).build().expect("a runtime");
    let db = readiness.register(Spec::new("db")).expect("registered");
    db.ready();
    let stuck = readiness.wait().await.expect_err("nobody seals it");
    assert_eq!((stuck.cause, stuck.waited), (Cause::Failed, s(10)));
    assert_eq!(stuck.explanation, "not sealed, and should be by now: 1 gates so far");
    readiness.seal().expect("late, and still allowed");
    readiness.wait().await.expect("ready");
}

#[tokio::test(start_paused = true)]
async fn a_gate_registered_twice_names_both_places() {
    let readiness = open_set();
    let _db = readiness.register(Spec::new("db")).expect("registered");
    let first = line!() - 1;
    let error = readiness.register(Spec::new("db")).expect_err("twice");
    let file = file!();
    let second = line!() - 2;
    assert_eq!(
        error.to_string(),
        format!("gate db is declared twice: at {file}:{first} and at {file}:{second}")
    );
}

#[tokio::test(start_paused = true)]
async fn a_gate_declared_here_is_claimed_there_and_once() {
    let readiness = open_set();
    readiness.declare(Spec::new("db")).expect("declared");
    readiness.seal().expect("sealed");
    assert!(!readiness.is_ready(), "expected, and claimed by nobody");
    assert!(!readiness.snapshot().gate("db").expect("declared").claimed);
    assert!(matches!(readiness.claim("cache"), Err(Refused::Unknown { what: "gate", .. })));
    let db = readiness.claim("db").expect("claimed");
    let first = line!() - 1;
    let error = readiness.claim("db").expect_err("twice");
    let second = line!() - 1;
    let file = file!();
    assert_eq!(
        error.to_string(),
        format!("gate db is claimed twice: at {file}:{first} and at {file}:{second}")
    );
    let snapshot = readiness.snapshot();
    assert!(snapshot.gate("db").expect("declared").claimed);
    assert_eq!(snapshot.gate("db").expect("declared").place.line(), first, "where it was claimed");
    db.ready();
    assert!(readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn sealed_twice_and_gates_that_wait_for_each_other_are_errors_at_the_seal() {
    let readiness = open_set();
    let _a = readiness.register(Spec::new("a").after(["b"])).expect("registered");
    let line = line!() - 1;
    let error = readiness.seal().expect_err("nobody declared b");
    assert_eq!(
        error.to_string(),
        format!("gate a (declared at {}:{line}) depends on b, which nobody declared", file!())
    );
    let _b = readiness.register(Spec::new("b").after(["a"])).expect("registered");
    let error = readiness.seal().expect_err("a circle");
    assert_eq!(error.to_string(), "gates wait for each other: a -> b -> a");
    assert!(
        readiness.explain().starts_with("not sealed: 2 gates so far"),
        "{}",
        readiness.explain()
    );

    let readiness = open_set();
    readiness.seal().expect("sealed");
    let error = readiness.seal().expect_err("twice");
    assert!(error.to_string().starts_with("orders is sealed twice: at "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn late_gates_are_refused_or_join_or_reopen() {
    let set = |late| {
        let readiness = Readiness::builder("orders").late(late).build().expect("a runtime");
        let db = readiness.register(Spec::new("db")).expect("registered");
        db.ready();
        readiness.seal().expect("sealed");
        assert!(readiness.is_ready());
        (readiness, db)
    };
    let (readiness, _db) = set(Late::Reject);
    let error = readiness.register(Spec::new("late")).expect_err("sealed");
    assert!(error.to_string().starts_with("gate late comes too late: orders was sealed at "));
    assert!(readiness.is_ready());

    let (readiness, _db) = set(Late::Join);
    let late = readiness.register(Spec::new("late")).expect("joins");
    assert!(readiness.is_ready(), "it holds nothing up");
    late.ready();
    assert!(readiness.is_ready());
    assert_eq!(late.state(), GateState::Ready);

    let (readiness, _db) = set(Late::Reopen);
    let late = readiness.register(Spec::new("late")).expect("reopens");
    assert!(!readiness.is_ready());
    let wait = tokio::spawn(readiness.wait());
    late.ready();
    wait.await.expect("no panic").expect("ready");
}

#[tokio::test(start_paused = true)]
async fn stages_open_one_after_the_other_whatever_is_reported() {
    let readiness = Readiness::builder("orders").stages(["inputs", "output"]).build();
    let readiness = readiness.expect("a runtime");
    let input = readiness.register(Spec::new("xds").stage("inputs")).expect("registered");
    let output = readiness.register(Spec::new("port").stage("output")).expect("registered");
    let error = readiness.register(Spec::new("x").stage("middle")).expect_err("no such stage");
    assert_eq!(error.to_string(), "there is no stage \"middle\" in orders");
    readiness.seal().expect("sealed");
    output.ready();
    assert_eq!(output.state(), GateState::Syncing);
    assert_eq!(readiness.explain(), "xds pending for 0 ms (1 more wait for that)");
    input.ready();
    assert_eq!(output.state(), GateState::Ready);
    assert!(readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_gate_of_a_role_holds_up_only_who_has_it() {
    let readiness = open_set();
    let db = readiness.register(Spec::new("db")).expect("registered");
    let lease = readiness.register(Spec::new("lease").when("leader")).expect("registered");
    readiness.seal().expect("sealed");
    db.ready();
    assert!(readiness.is_ready(), "a follower does not wait for the leader's work");
    readiness.set_role("leader", true).expect("a role");
    assert!(!readiness.is_ready());
    let wait = tokio::spawn(readiness.wait());
    lease.ready();
    wait.await.expect("no panic").expect("ready");
    readiness.set_role("leader", false).expect("a role");
    assert!(readiness.is_ready());
    assert!(matches!(readiness.set_role("no role", true), Err(Refused::Name(_))));
}
