//! Blocking steps: on threads of their own, which nobody waits for.

use std::future::Future;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::task::Context;
use std::time::Duration;

use firstlight_ready::{GateState, Spec, StepFailure};

use super::child::{Child, role, say};
use super::steps::{Woken, db, ends, is, look};
use super::support::{Counter, poll, s, sealed};

#[tokio::test]
async fn a_call_that_returns_opens_the_gate_from_a_thread_with_its_name() {
    let (readiness, db) = db();
    let here = std::thread::current().id();
    let call = move || {
        let thread = std::thread::current();
        assert_ne!(thread.id(), here);
        Ok::<_, String>(thread.name().map(str::to_owned))
    };
    let name = db.run_blocking(s(60), call).await.expect("a success");
    assert_eq!(name.as_deref(), Some("db"));
    is(&readiness, GateState::Ready, "");
    let name = db.step_blocking("load", s(60), call).await.expect("a success");
    assert_eq!(name.as_deref(), Some("load"));
}

#[tokio::test]
async fn an_error_and_a_panic_of_a_call_fail_the_gate() {
    let (readiness, db) = db();
    let error = db.run_blocking(s(60), || Err::<(), _>("no disk")).await.expect_err("an error");
    assert_eq!(error.to_string(), "gate db: failed: no disk");
    is(&readiness, GateState::Failed, "failed: no disk");
    let panics = || -> Result<(), String> { panic!("bad block") };
    let error = db.step_blocking("read", s(60), panics).await.expect_err("a panic");
    assert_eq!(error.to_string(), "gate db: read panicked: bad block");
    is(&readiness, GateState::Failed, "read panicked: bad block");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_left_behind_and_its_late_result_is_told() {
    let (events, _guard) = ends();
    for (late, told) in [(Ok(7), "succeeded"), (Err("no disk"), "failed: no disk")] {
        let (readiness, db) = db();
        let (release, released) = channel::<()>();
        let call = move || {
            let _ = released.recv();
            late
        };
        let error = db.step_blocking("load", s(5), call).await.expect_err("a time-out");
        assert_eq!(error.to_string(), "gate db: load timed out after 5.0 s");
        is(&readiness, GateState::Failed, "load timed out after 5.0 s");
        drop(release);
        let line = loop {
            let line = events.recv_timeout(s(30)).expect("an event");
            if line.contains("given up") {
                break line;
            }
        };
        assert!(
            line.starts_with("WARN set=\"orders\" gate=\"db\" step=\"load\" outcome="),
            "{line}"
        );
        assert!(line.contains("start_ns end_ns"), "{line}");
        assert!(line.ends_with(&format!("ended after 5.0 s: load {told}")), "{line}");
        is(&readiness, GateState::Failed, "load timed out after 5.0 s");
    }
}

#[tokio::test]
async fn a_result_that_came_and_that_nobody_read_is_told_as_well() {
    let (events, _guard) = ends();
    let (readiness, db) = db();
    let (release, released) = channel::<()>();
    let mut step = Box::pin(db.run_blocking(Duration::MAX, move || {
        let _ = released.recv();
        Ok::<(), String>(())
    }));
    let (waker, woken) = Woken::waker();
    assert!(step.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(release);
    woken.recv_timeout(s(30)).expect("the result is there");
    drop(step);
    let line = loop {
        let line = events.recv_timeout(s(30)).expect("an event");
        if line.contains("given up") {
            break line;
        }
    };
    assert!(line.contains("outcome=\"ready\""), "{line}");
    let (state, reason) = look(&readiness);
    assert_eq!(state, GateState::Failed);
    assert!(reason.starts_with("cancelled after "), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn with_no_time_left_a_call_is_not_made() {
    let (readiness, db) = db();
    let (tx, rx) = channel();
    let call = move || {
        tx.send(()).expect("open");
        Ok::<(), String>(())
    };
    let error = db.run_blocking(Duration::ZERO, call).await.expect_err("no time");
    assert!(matches!(error.failure, StepFailure::OverBudget));
    rx.recv().expect_err("it was not called");
    is(&readiness, GateState::Failed, "not begun: no time was left");
}

/// What a service does whose database driver hangs for ever: it says so, and ends.
#[test]
fn a_service_with_a_hanging_call() -> ExitCode {
    if role().is_none() {
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let hang = || loop {
        std::thread::park();
    };
    let error = runtime.block_on(async {
        let (_readiness, db) = db();
        let hangs =
            db.run_blocking(Duration::from_millis(50), move || -> Result<(), String> { hang() });
        hangs.await.expect_err("it hangs")
    });
    say(error);
    drop(runtime);
    say("main returns");
    ExitCode::FAILURE
}

const SERVICE: &str = concat!(module_path!(), "::a_service_with_a_hanging_call");

#[test]
fn a_process_ends_in_bounded_time_though_a_call_hangs_for_ever() {
    let child = Child::begin(SERVICE, "own thread");
    let (status, said) = child.end();
    assert!(!status.success(), "{status}");
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("gate db: timed out after "), "{said:?}");
    assert_eq!(said[1], "main returns");
}

/// A process that may not have more memory has none for a thread's stack either.
#[cfg(target_os = "linux")]
#[test]
fn a_service_without_memory_for_a_thread() -> ExitCode {
    use rustix::process::{Resource, Rlimit, setrlimit};
    if role().is_none() {
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        let (readiness, db) = db();
        setrlimit(Resource::As, Rlimit { current: Some(1), maximum: None }).expect("a limit");
        let error = db.run_blocking(s(60), || Ok::<(), String>(())).await.expect_err("no thread");
        setrlimit(Resource::As, Rlimit { current: None, maximum: None }).expect("no limit");
        say(error);
        say(look(&readiness).0);
    });
    ExitCode::SUCCESS
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_thread_the_gate_fails() {
    let child =
        Child::begin(concat!(module_path!(), "::a_service_without_memory_for_a_thread"), "");
    let (status, said) = child.end();
    assert!(status.success(), "{status}");
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("gate db: not begun: no thread for it: "), "{said:?}");
    assert_eq!(said[1], "failed");
}

#[tokio::test(start_paused = true)]
async fn polled_again_after_its_end_a_step_stays_pending_and_changes_nothing() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let mut step = Box::pin(db.run_blocking(Duration::MAX, || Ok::<_, String>(7)));
    assert_eq!(step.as_mut().await.ok(), Some(7));
    let (_, waker) = Counter::new();
    assert!(poll(&mut step, &waker).is_pending());
    drop(step);
    assert!(readiness.is_ready());
}
