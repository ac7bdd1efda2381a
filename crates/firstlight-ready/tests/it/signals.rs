//! Signals, with real processes and real ones.

use std::io::Read;
use std::time::Duration;

use firstlight_ready::{LameDuck, OnInterrupt, Phase, Readiness, SignalPolicy, Signals, Spec};
use rustix::process::Signal;

use super::child::{Child, role, say};

/// Long enough that a test that waits for its end fails by its patience.
const LONG: LameDuck = LameDuck { seen: 0, max: Duration::from_secs(3_600) };
const SHORT: LameDuck = LameDuck { seen: 0, max: Duration::from_millis(50) };

const SERVICE: &str = concat!(module_path!(), "::a_service_that_is_ended_by_signals");

/// Tells each phase, and ends when it is to stop.
#[test]
fn a_service_that_is_ended_by_signals() {
    let Some(role) = role() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(serve(&role));
}

async fn serve(role: &str) {
    let signals = Signals::install().expect("signals");
    say("installed");
    if role == "slow start" {
        // The slow part of the start, which blocks the only thread.
        std::io::stdin().read_to_end(&mut Vec::new()).expect("the end of it");
    }
    let readiness = Readiness::new("orders").expect("a set");
    let db = readiness.register(Spec::new("db")).expect("a gate");
    readiness.seal().expect("sealed");
    if role != "not ready" {
        db.ready();
    }
    let policy = SignalPolicy::new(LONG);
    match role {
        "short" | "slow start" => signals.drain(&readiness, SHORT),
        "interrupt drains" => signals.drain(&readiness, policy.on_interrupt(OnInterrupt::Drain)),
        _ => signals.drain(&readiness, policy),
    }
    say("serving");
    if role == "not ready" {
        say(readiness.wait().await.expect_err("it never gets ready"));
    }
    readiness.wait_phase(Phase::Draining).await;
    say(readiness.explain());
    readiness.wait_phase(Phase::Stopping).await;
    say(format!("ready: {}", readiness.is_ready()));
    say(readiness.lame_duck_end().expect("it is over"));
    if role == "third" {
        say("stopping");
        // A signal more changes nothing; the end of the input ends it.
        let input = || std::io::stdin().read_to_end(&mut Vec::new());
        tokio::task::spawn_blocking(input).await.expect("no panic").expect("the end of it");
        say(readiness.phase());
    }
}

#[track_caller]
fn serving(role: &str) -> Child {
    let child = Child::begin(SERVICE, role);
    assert_eq!([child.said(), child.said()], ["installed", "serving"]);
    child
}

#[track_caller]
fn ends_with(child: Child, expected: &[&str]) {
    let (status, said) = child.end();
    assert_eq!(said, expected);
    assert!(status.success(), "{status}");
}

#[test]
fn sigterm_begins_the_drain_with_its_lame_duck() {
    let child = serving("short");
    child.kill(Signal::TERM);
    assert_eq!(child.said(), "draining: SIGTERM");
    ends_with(child, &["ready: false", "time is over, and nobody has probed"]);
}

#[test]
fn a_second_signal_cuts_the_lame_duck_of_the_first() {
    for (second, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let child = serving("long");
        child.kill(Signal::TERM);
        assert_eq!(child.said(), "draining: SIGTERM");
        child.kill(second);
        ends_with(child, &["ready: false", &format!("cut: a second signal: {name}")]);
    }
}

#[test]
fn sigint_leaves_the_lame_duck_out() {
    let child = serving("long");
    child.kill(Signal::INT);
    ends_with(child, &["stopping: SIGINT", "ready: false", "cut: SIGINT"]);
}

#[test]
fn sigint_drains_as_sigterm_does_when_that_is_asked_for() {
    let child = serving("interrupt drains");
    child.kill(Signal::INT);
    assert_eq!(child.said(), "draining: SIGINT");
    child.kill(Signal::INT);
    ends_with(child, &["ready: false", "cut: a second signal: SIGINT"]);
}

#[test]
fn a_signal_that_comes_during_the_slow_start_is_remembered() {
    let mut child = Child::begin(SERVICE, "slow start");
    assert_eq!(child.said(), "installed");
    child.kill(Signal::TERM);
    child.close_stdin();
    assert_eq!([child.said(), child.said()], ["serving", "draining: SIGTERM"]);
    ends_with(child, &["ready: false", "time is over, and nobody has probed"]);
}

#[test]
fn a_signal_ends_the_wait_for_a_start_that_never_ends() {
    let child = serving("not ready");
    child.kill(Signal::TERM);
    let said = child.said();
    assert!(said.contains("draining: SIGTERM"), "{said}");
    assert_eq!(child.said(), "draining: SIGTERM");
    child.kill(Signal::TERM);
    ends_with(child, &["ready: false", "cut: a second signal: SIGTERM"]);
}

#[test]
fn a_third_signal_changes_nothing() {
    let mut child = serving("third");
    child.kill(Signal::INT);
    let expected = ["stopping: SIGINT", "ready: false", "cut: SIGINT", "stopping"];
    assert_eq!(expected.map(|_| child.said()), expected);
    child.kill(Signal::TERM);
    child.kill(Signal::INT);
    child.close_stdin();
    ends_with(child, &["stopping"]);
}

#[test]
fn without_a_runtime_that_hears_signals_they_are_refused() {
    let error = Signals::install().expect_err("no runtime");
    assert!(error.to_string().contains("no reactor running"), "{error}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let error = runtime.expect("a runtime").block_on(async { Signals::install() });
    let text = error.expect_err("no I/O").to_string();
    assert_eq!(text, "the tokio runtime cannot hear signals: its I/O is not enabled");
}
