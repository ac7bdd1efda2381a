//! What a check finds is what its gate says.

use firstlight_check::{Checks, Health, Outcome, Trouble};
use firstlight_ready::{Cause, Empty, GateState, Hysteresis, Mode, OnDrop, Readiness, Spec};

use crate::target::{Target, gate, ms, ready, s, set, settle, status};

#[tokio::test(start_paused = true)]
async fn each_answer_reaches_the_gate() {
    let late = || Target::well().taking(s(60));
    let table = [
        (Target::answering(Ok(Health::Ready)), GateState::Ready, "", "ready"),
        (
            Target::answering(Ok(Health::empty(0, "rev 7"))),
            GateState::ReadyEmpty,
            "",
            "ready-empty",
        ),
        (Target::answering(Ok(Health::degraded("slow"))), GateState::Degraded, "slow", "degraded"),
        (
            Target::answering(Err(Trouble::new("refused"))),
            GateState::Pending,
            "refused",
            "not-ready",
        ),
        (
            Target::answering(Err(Trouble::failed("no such table"))),
            GateState::Failed,
            "no such table",
            "failed",
        ),
        (late(), GateState::Pending, "timed out after 2s", "timed-out"),
    ];
    let (readiness, checks) = set();
    for (nth, (target, state, reason, word)) in table.into_iter().enumerate() {
        let name = format!("check-{nth}");
        checks.add(target.check(&name).timeout(s(2))).expect("added");
        let found = checks.refresh(&name, s(0)).await.expect("a result");
        assert_eq!(gate(&readiness, &name), (state, reason.to_owned()), "{word}");
        let outcome = found.last.expect("a result");
        assert_eq!(outcome.as_str(), word);
        assert_eq!(outcome.is_good(), state.is_good(), "{word}");
        assert_eq!(found.failures_in_a_row == 0, state.is_good(), "{word}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_follows_its_check_down_and_up_again() {
    let (readiness, checks) = set();
    let db = Target::well();
    checks.add(db.check("db")).expect("added");
    ready(&readiness).await;
    db.answers(Err(Trouble::new("connection refused")));
    let found = checks.refresh("db", s(0)).await.expect("a result");
    assert!(!readiness.is_ready(), "the gate knows before the caller does");
    assert_eq!(found.last, Some(Outcome::NotReady("connection refused".into())));
    assert!(readiness.explain().contains("connection refused"), "{}", readiness.explain());
    db.answers(Ok(Health::Ready));
    checks.refresh("db", s(0)).await.expect("a result");
    assert!(readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn with_hysteresis_one_failed_run_closes_nothing_and_three_do() {
    let (readiness, checks) = set();
    let db = Target::well();
    let sluggish = Mode::Live(Hysteresis { fall: 3, ..Hysteresis::default() });
    checks.add(db.check("db").gate(|spec| spec.mode(sluggish))).expect("added");
    ready(&readiness).await;
    db.answers(Err(Trouble::new("connection refused")));
    for (run, still) in [(1, true), (2, true), (3, false)] {
        checks.refresh("db", s(0)).await.expect("a result");
        assert_eq!(readiness.is_ready(), still, "after {run} failed runs");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_for_good_ends_the_wait_for_it_and_may_still_be_mended() {
    let (readiness, checks) = set();
    let schema = Target::answering(Err(Trouble::failed("schema 7 is unknown")));
    checks.add(schema.check("schema")).expect("added");
    let error = readiness.wait().await.expect_err("failed");
    assert!(matches!(error.cause, Cause::Failed), "{error}");
    assert!(error.to_string().contains("schema 7 is unknown"), "{error}");
    schema.answers(Ok(Health::Ready));
    readiness.wait().through_failures().await.expect("mended");
}

#[tokio::test(start_paused = true)]
async fn trouble_is_not_the_end_of_a_wait() {
    let (readiness, checks) = set();
    let db = Target::answering(Err(Trouble::new("refused")));
    checks.add(db.check("db")).expect("added");
    let wait = tokio::spawn(readiness.wait());
    tokio::time::sleep(s(3)).await;
    db.answers(Ok(Health::Ready));
    wait.await.expect("no panic").expect("ready");
}

#[tokio::test(start_paused = true)]
async fn any_error_becomes_trouble_with_its_text_on_one_line() {
    fn io() -> std::io::Result<()> {
        Err(std::io::Error::other("refused\nINFO forged \u{1b}[31m"))
    }
    let ask = || -> Result<Health, Trouble> {
        io()?;
        Ok(Health::Ready)
    };
    let trouble = ask().expect_err("an error");
    assert_eq!(trouble.reason().as_str(), "refused INFO forged  [31m");
    let ask = || -> Result<Health, Trouble> { Err("x".repeat(10_000))? };
    assert!(ask().expect_err("an error").reason().as_str().len() <= 256);
}

#[tokio::test(start_paused = true)]
async fn the_gate_keeps_the_rules_that_it_is_given() {
    let (readiness, checks) = set();
    let check = |name: &str, answer| Target::answering(answer).check(name);
    let no = || Err(Trouble::new("no"));
    checks
        .add(check("report", no()).gate(Spec::optional))
        .and_then(|checks| {
            checks.add(check("list", Ok(Health::empty(0, ""))).gate(|s| s.empty(Empty::Reject)))
        })
        .and_then(|checks| {
            checks.add(check("db", Ok(Health::Ready)).gate(|s| s.in_live().shared()))
        })
        .expect("added");
    tokio::time::sleep(s(1)).await;
    assert!(!readiness.is_ready());
    assert!(readiness.explain().contains("list"), "{}", readiness.explain());
    assert!(!readiness.explain().contains("report"), "{}", readiness.explain());
    assert!(checks.remove("report") && !checks.remove("report"));
}

#[tokio::test(start_paused = true)]
async fn a_shared_thing_that_is_lost_later_only_degrades() {
    let (readiness, checks) = set();
    let db = Target::well();
    checks.add(db.check("db").gate(Spec::shared)).expect("added");
    ready(&readiness).await;
    db.answers(Err(Trouble::new("saturated")));
    checks.refresh("db", s(0)).await.expect("a result");
    assert!(readiness.is_ready());
    assert_eq!(gate(&readiness, "db"), (GateState::Degraded, "saturated".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_checks_stops_them_and_closes_their_gates() {
    let (readiness, checks) = set();
    let db = Target::well();
    checks.add(db.check("db")).expect("added");
    ready(&readiness).await;
    drop(checks);
    settle().await;
    assert!(!readiness.is_ready());
    assert_eq!(gate(&readiness, "db").0, GateState::Failed);
    let asked = db.asked();
    tokio::time::sleep(s(100)).await;
    assert_eq!(db.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_run_under_way_is_dropped_with_the_checks() {
    let (_readiness, checks) = set();
    let db = Target::well().taking(s(1));
    checks.add(db.check("db")).expect("added");
    settle().await;
    assert_eq!((db.asked(), db.given_up()), (1, 0));
    drop(checks);
    settle().await;
    assert_eq!(db.given_up(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_removed_check_asks_no_more_and_its_gate_is_as_its_rules_say() {
    let (readiness, checks) = set();
    let (stays, fails) = (Target::well(), Target::well());
    let spec = |spec: Spec| spec.on_drop(OnDrop::Stay);
    checks.add(stays.check("stays").gate(spec)).expect("added");
    checks.add(fails.check("fails")).expect("added");
    ready(&readiness).await;
    assert!(checks.remove("stays"));
    settle().await;
    assert!(readiness.is_ready());
    assert!(checks.remove("fails"));
    settle().await;
    assert!(!readiness.is_ready());
    assert_eq!((checks.status("stays"), checks.statuses().len()), (None, 0));
    let asked = (stays.asked(), fails.asked());
    tokio::time::sleep(s(100)).await;
    assert_eq!((stays.asked(), fails.asked()), asked);
}

#[tokio::test(start_paused = true)]
async fn after_the_drain_checks_go_on_and_open_nothing() {
    let (readiness, checks) = set();
    let db = Target::answering(Err(Trouble::new("refused")));
    checks.add(db.check("db")).expect("added");
    checks.refresh("db", s(0)).await.expect("a result");
    readiness.drain("SIGTERM");
    db.answers(Ok(Health::Ready));
    let found = checks.refresh("db", s(0)).await.expect("a result");
    assert_eq!(found.last, Some(Outcome::Ready));
    assert!(!readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_status_tells_the_last_result_its_age_and_the_run_under_way() {
    let (_readiness, checks) = set();
    let db = Target::answering(Err(Trouble::new("refused"))).taking(ms(500));
    checks.add(db.check("db").initial_delay(s(1)).every(s(10))).expect("added");
    let none = status(&checks, "db");
    assert_eq!((none.last, none.age, none.runs, none.in_flight_for), (None, None, 0, None));
    tokio::time::sleep(ms(1_200)).await;
    let under_way = status(&checks, "db").in_flight_for.expect("under way");
    assert!(under_way >= ms(199) && under_way <= ms(200), "{under_way:?}");
    tokio::time::sleep(ms(400)).await;
    let first = status(&checks, "db");
    assert_eq!(first.name, *"db");
    assert_eq!(first.last, Some(Outcome::NotReady("refused".into())));
    assert_eq!((first.runs, first.failures_in_a_row, first.in_flight_for), (1, 1, None));
    assert!(first.age.is_some_and(|age| age >= ms(98) && age <= ms(100)), "{first:?}");
    for _ in 0..3 {
        checks.refresh("db", s(0)).await.expect("a result");
    }
    assert_eq!(status(&checks, "db").failures_in_a_row, 4);
    db.answers(Ok(Health::Ready));
    let well = checks.refresh("db", s(0)).await.expect("a result");
    assert_eq!((well.runs, well.failures_in_a_row), (5, 0));
    assert_eq!(checks.statuses(), [status(&checks, "db")]);
}

#[test]
fn when_the_runtime_ends_the_gates_of_its_checks_close() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().expect("one");
    let other = tokio::runtime::Builder::new_multi_thread().enable_time().build().expect("one");
    let readiness = runtime.block_on(async { Readiness::new("it") }).expect("a set");
    let checks = Checks::new(&readiness);
    let db = Target::well();
    other.block_on(async { checks.add(db.check("db")).map(|_| ()) }).expect("added");
    readiness.seal().expect("sealed");
    readiness.wait_blocking(s(20)).expect("ready");
    drop(other);
    assert!(!readiness.is_ready());
    assert_eq!(gate(&readiness, "db").0, GateState::Failed);
    let stopped = runtime.block_on(checks.refresh("db", s(0))).expect_err("stopped");
    assert_eq!(stopped.to_string(), "check db was stopped");
}
