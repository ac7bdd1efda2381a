//! Checks on threads of their own. In real time: paused time would run on while a thread works.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use firstlight_check::{Check, Checks, Health, Outcome, Trouble};
use firstlight_ready::{GateState, Readiness};
use tokio::runtime::{Builder, Runtime};

use crate::target::{Target, gate, ms, ready, s, set, status};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// A check that blocks until it is let go, and tells when it has begun.
struct Stuck {
    begun: Receiver<Option<String>>,
    go: Sender<()>,
}

impl Stuck {
    fn new() -> (Self, Check) {
        let ((began, begun), (go, gone)) = (channel(), channel());
        let (began, gone) = (Mutex::new(began), Mutex::new(gone));
        let check = Check::blocking("disk", move || {
            let name = thread::current().name().map(ToOwned::to_owned);
            began.lock().expect("no panic").send(name)?;
            // Let go for ever, once nobody can any more.
            let _ = gone.lock().expect("no panic").recv();
            Ok(Health::Ready)
        });
        (Self { begun, go }, check.jitter(0.0))
    }
}

async fn until(what: impl Fn() -> bool) {
    let poll = async {
        while !what() {
            tokio::time::sleep(ms(1)).await;
        }
    };
    tokio::time::timeout(s(60), poll).await.expect("it happens");
}

#[test]
fn a_call_that_blocks_holds_up_neither_the_other_checks_nor_the_runtime() {
    runtime().block_on(async {
        let (readiness, checks) = set();
        let (stuck, disk) = Stuck::new();
        let other = Target::well();
        checks.add(disk).and_then(|it| it.add(other.check("other").every(ms(10)))).expect("added");
        until(|| other.asked() > 5).await;
        assert_eq!(stuck.begun.recv().expect("begun").as_deref(), Some("disk"));
        assert_eq!(status(&checks, "disk").runs, 0);
        assert!(status(&checks, "disk").in_flight_for.is_some());
        stuck.go.send(()).expect("there");
        ready(&readiness).await;
    });
}

#[test]
fn a_thread_that_hangs_is_the_only_one_is_named_with_its_age_and_its_gate_goes_stale() {
    runtime().block_on(async {
        let (readiness, checks) = set();
        let (stuck, disk) = Stuck::new();
        let disk = disk.every(ms(20)).timeout(ms(50)).gate(|spec| spec.in_live());
        checks.add(disk.stale_after(ms(300))).expect("added");
        stuck.go.send(()).expect("there");
        ready(&readiness).await;
        until(|| gate(&readiness, "disk").0 == GateState::Pending).await;
        assert_eq!(gate(&readiness, "disk").1, "timed out after 50ms");
        let hung = || matches!(status(&checks, "disk").last, Some(Outcome::Hung(_)));
        until(hung).await;
        for _ in 0..10 {
            let found = checks.refresh("disk", s(0)).await.expect("told at once");
            assert!(matches!(found.last, Some(Outcome::Hung(age)) if age >= ms(50)), "{found:?}");
            assert!(found.in_flight_for >= Some(ms(50)), "{found:?}");
        }
        until(|| gate(&readiness, "disk").0 == GateState::Stale).await;
        assert!(!readiness.is_live() && !readiness.is_ready());
        // The first, and the one that hangs: no third, whoever asks.
        assert_eq!(stuck.begun.try_iter().count(), 2);
        drop(stuck.go);
        // It has returned, and the next one is well.
        ready(&readiness).await;
        assert!(readiness.is_live());
        assert_eq!(status(&checks, "disk").in_flight_for, None);
    });
}

#[test]
fn threads_that_hang_do_not_take_the_places_of_others() {
    runtime().block_on(async {
        let (_readiness, checks) = set();
        let checks = checks.max_concurrent(1);
        let (stuck, disk) = Stuck::new();
        checks.add(disk.timeout(ms(20))).expect("added");
        stuck.begun.recv_timeout(ms(0)).expect_err("not before the runtime turns");
        let other = Target::well();
        checks.add(other.check("other").every(ms(10))).expect("added");
        until(|| other.asked() > 5).await;
        assert_eq!(stuck.begun.try_iter().count(), 1);
    });
}

#[test]
fn a_hung_thread_does_not_hold_up_the_end_of_the_runtime() {
    let runtime = runtime();
    let (stuck, disk) = Stuck::new();
    let checks = runtime.block_on(async {
        let (_readiness, checks) = set();
        checks.add(disk.timeout(ms(10))).expect("added");
        until(|| status(&checks, "disk").runs > 0).await;
        checks
    });
    drop(runtime);
    drop(checks);
    assert_eq!(stuck.begun.try_iter().count(), 1);
    assert!(stuck.go.send(()).is_ok(), "it is still there");
}

#[test]
fn errors_and_panics_of_a_call_are_told_as_those_of_a_future() {
    runtime().block_on(async {
        let (readiness, checks) = set();
        let answers = Arc::new(Mutex::new(vec![
            Box::new(|| Ok(Health::Ready)) as Box<dyn Fn() -> Result<Health, Trouble> + Send>,
            Box::new(|| panic!("broken")),
            Box::new(|| Err("no space left".into())),
        ]));
        let check = Check::blocking("disk", move || {
            let next = answers.lock().expect("no panic").pop();
            next.map_or(Ok(Health::Ready), |answer| answer())
        });
        checks.add(check.initial_delay(Duration::MAX).every(s(60))).expect("added");
        let table = [
            (GateState::Pending, "no space left"),
            (GateState::Pending, "panicked: broken"),
            (GateState::Ready, ""),
        ];
        for (state, reason) in table {
            checks.refresh("disk", s(0)).await.expect("a result");
            assert_eq!(gate(&readiness, "disk"), (state, reason.to_owned()));
        }
    });
}

#[test]
fn checks_work_without_a_runtime_of_many_threads_and_from_any_thread() {
    let runtime = Builder::new_multi_thread().enable_time().build().expect("a runtime");
    let entered = runtime.enter();
    let readiness = Readiness::new("it").expect("a set");
    let checks = Checks::new(&readiness);
    checks.add(Check::blocking("disk", || Ok(Health::Ready))).expect("added");
    drop(entered);
    thread::scope(|scope| {
        scope.spawn(|| readiness.seal().expect("sealed"));
        scope.spawn(|| readiness.wait_blocking(s(20)).expect("ready"));
    });
    let found = runtime.block_on(checks.refresh("disk", Duration::MAX)).expect("a result");
    assert_eq!(found.last, Some(Outcome::Ready));
}

#[test]
fn a_future_that_blocks_its_thread_holds_up_no_check_on_another() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("one");
    let ((began, begun), (go, gone)) = (channel(), channel::<()>());
    let gone = Arc::new(Mutex::new(gone));
    runtime.block_on(async {
        let (_readiness, checks) = set();
        let rude = Check::new("rude", move || {
            let (began, gone) = (began.clone(), gone.clone());
            async move {
                began.send(())?;
                let _ = gone.lock().expect("no panic").recv();
                Ok(Health::Ready)
            }
        });
        checks.add(rude.timeout(ms(10))).expect("added");
        begun.recv().expect("begun");
        let other = Target::well();
        checks.add(other.check("other").every(ms(10))).expect("added");
        until(|| other.asked() > 5).await;
        assert_eq!(status(&checks, "rude").runs, 0, "nobody can give it up");
        go.send(()).expect("there");
        let found = checks.refresh("rude", Duration::MAX).await.expect("a result");
        assert_eq!(found.last, Some(Outcome::Ready), "late, and a success");
    });
}
