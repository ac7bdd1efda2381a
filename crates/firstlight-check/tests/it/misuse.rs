//! Wrong names, wrong settings, wrong moments.

use std::time::Duration;

use firstlight_check::{Check, CheckError, CheckStatus, Checks, Health, Outcome, Trouble};
use firstlight_ready::{Late, Readiness, Refused};

use crate::target::{Target, ready, s, set};

fn check(name: &str) -> Check {
    Target::well().check(name)
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_sense_is_refused_and_leaves_no_gate_behind() {
    let (readiness, checks) = set();
    let zero = Duration::ZERO;
    let table = [
        (check("it").every(zero), "check it runs every 0ns; the shortest is 10ms"),
        (check("it").timeout(zero), "check it has a time-out of zero: no run could succeed"),
        (check("it").jitter(f64::NAN), "check it has a jitter of NaN; it must be within 0 and 0.5"),
        (
            check("it").stale_after(zero),
            "check it goes stale after 0ns although all is well: two results may be 15s apart",
        ),
        (
            check("it").timeout(Duration::MAX).stale_after(s(60)),
            "check it goes stale after 60s although all is well: two results may be 18446744073709551615.999999999s apart",
        ),
        (check(""), "a name is empty"),
        (
            check("a\nb"),
            "the name \"a\\nb\" has the character '\\n': only visible ASCII without \"'\\,<>&?#% may stand in one",
        ),
        (check("d\nb").every(zero), "check d b runs every 0ns; the shortest is 10ms"),
    ];
    for (check, message) in table {
        let error = checks.add(check).expect_err(message);
        assert_eq!(error.to_string(), message);
    }
    let long = checks.add(check(&"x".repeat(10_000))).expect_err("too long").to_string();
    assert!(long.len() < 200, "{long}");
    assert_eq!((readiness.snapshot().gates.len(), checks.statuses().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_second_check_of_a_name_is_refused_with_both_places() {
    let (_readiness, checks) = set();
    checks.add(check("db")).expect("added");
    let error = checks.add(check("db")).expect_err("twice");
    assert!(matches!(error, CheckError::Gate(Refused::Duplicate { .. })), "{error:?}");
    assert_eq!(error.to_string().matches("misuse.rs:").count(), 2, "{error}");
    assert_eq!(checks.statuses().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_seal_and_the_drain_decide_about_late_checks() {
    let late = |late| {
        let readiness = Readiness::builder("it").late(late).build().expect("a runtime");
        let checks = Checks::new(&readiness);
        checks.add(check("early")).expect("added");
        readiness.seal().expect("sealed");
        (readiness, checks)
    };
    let (_readiness, checks) = late(Late::Reject);
    let error = checks.add(check("db")).expect_err("sealed");
    assert!(matches!(error, CheckError::Gate(Refused::Sealed { .. })), "{error:?}");
    let (readiness, checks) = late(Late::Join);
    ready(&readiness).await;
    let slow = Target::answering(Err(Trouble::new("no")));
    checks.add(slow.check("db")).expect("added");
    checks.refresh("db", s(0)).await.expect("a result");
    assert!(readiness.is_ready(), "it joins when it is well");
    readiness.drain("SIGTERM");
    let error = checks.add(check("later")).expect_err("draining");
    assert!(matches!(error, CheckError::Gate(Refused::Ending { .. })), "{error:?}");
}

#[test]
fn without_a_runtime_or_its_timers_a_check_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("one");
    let readiness = runtime.block_on(async { Readiness::new("it") }).expect("a set");
    let checks = Checks::new(&readiness);
    let message = "check db is added outside a tokio runtime with a timer, which has to run it";
    assert_eq!(checks.add(check("db")).expect_err("no runtime").to_string(), message);
    let timeless = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let error = timeless.block_on(async { checks.add(check("db")).map(|_| ()) });
    assert_eq!(error.expect_err("no timers").to_string(), message);
    runtime
        .block_on(async { checks.add(check("db")).map(|_| ()) })
        .expect("the name is still free");
}

#[tokio::test(start_paused = true)]
async fn unknown_names_are_told_and_bounded() {
    let (_readiness, checks) = set();
    let error = checks.refresh("nobody", s(0)).await.expect_err("unknown");
    assert_eq!(error.to_string(), "there is no check \"nobody\"");
    let error = checks.refresh(&"x".repeat(100_000), s(0)).await.expect_err("unknown");
    assert!(error.to_string().len() < 300);
    assert_eq!(checks.status("nobody"), None);
    assert!(!checks.remove("nobody"));
}

#[tokio::test(start_paused = true)]
async fn an_observer_may_ask_the_checks_while_they_tell_it() {
    use std::sync::{Arc, OnceLock};
    let checks: Arc<OnceLock<Checks>> = Arc::default();
    let (inside, seen) = (checks.clone(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let kept = seen.clone();
    let observer = move |_: &firstlight_ready::Transition| {
        if let Some(checks) = inside.get() {
            kept.lock().expect("no panic").push(checks.statuses().len());
        }
    };
    let readiness = Readiness::builder("it").observer(observer).build().expect("a runtime");
    let new = Checks::new(&readiness);
    let checks = checks.get_or_init(|| new);
    checks.add(check("db").initial_delay(s(1))).expect("added");
    readiness.seal().expect("sealed");
    ready(&readiness).await;
    assert!(seen.lock().expect("no panic").contains(&1));
}

#[test]
fn each_outcome_has_a_word_a_text_and_a_reason() {
    let table = [
        (Outcome::Ready, "ready", "ready", None),
        (
            Outcome::Empty(firstlight_ready::Evidence::new(0, "7")),
            "ready-empty",
            "ready and empty: 0 items at revision 7",
            Some("0 items at revision 7"),
        ),
        (Outcome::Degraded("slow".into()), "degraded", "degraded: slow", Some("slow")),
        (Outcome::NotReady("no".into()), "not-ready", "not ready: no", Some("no")),
        (Outcome::Failed("no".into()), "failed", "failed: no", Some("no")),
        (Outcome::TimedOut(s(2)), "timed-out", "timed out after 2s", Some("timed out after 2s")),
        (Outcome::Panicked("x".into()), "panicked", "panicked: x", Some("panicked: x")),
        (
            Outcome::Hung(s(9)),
            "hung",
            "its thread has not returned for 9 s",
            Some("its thread has not returned for 9 s"),
        ),
    ];
    for (outcome, word, text, reason) in table {
        assert_eq!((outcome.as_str(), outcome.to_string().as_str()), (word, text));
        assert_eq!(outcome.reason().as_ref().map(firstlight_ready::Reason::as_str), reason);
        assert_eq!(outcome.is_good(), ["ready", "ready-empty", "degraded"].contains(&word));
    }
}

#[test]
fn what_crosses_threads_can() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Checks>();
    crosses::<CheckStatus>();
    crosses::<CheckError>();
    crosses::<Trouble>();
    crosses::<Health>();
    fn send<T: Send>(_: T) {}
    send(check("db"));
}
