//! Bad use and bad input: a clear error, or a bounded and correct result.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use firstlight_clock::Clock;
use firstlight_ready::{
    Cause, Empty, Evidence, Gate, GateState, Hysteresis, MAX_REASON, Mode, NameError, Phase,
    Readiness, Refused, Spec, Wait,
};

use crate::support::{Counter, block_on, ms, open_set, poll, s, sealed};

#[tokio::test(start_paused = true)]
async fn a_gate_set_twice_is_set_once() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let mut stream = readiness.transitions();
    db.ready();
    db.ready();
    readiness.stopped();
    let mut opened = 0;
    while let Some(transition) = stream.next().await {
        opened += usize::from(format!("{transition:?}").contains("first_open: true"));
    }
    assert_eq!(opened, 1);
    assert_eq!(readiness.snapshot().gate("db").map(|gate| gate.flips), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_gate_set_after_the_seal_after_the_drain_and_after_the_set_has_gone_does_no_harm() {
    let (readiness, [sealed_gate, drained, dropped]) =
        sealed([Spec::new("a"), Spec::new("b"), Spec::new("c")]);
    sealed_gate.ready();
    assert_eq!(sealed_gate.state(), GateState::Ready);
    readiness.drain("over");
    drained.ready();
    assert!(!readiness.is_ready());
    assert_eq!(drained.state(), GateState::Ready, "recorded");
    readiness.stopped();
    drained.failed("after the end");
    drop(readiness);
    dropped.ready();
    dropped.failed("nobody hears");
    assert_eq!(dropped.name().as_str(), "c");
}

/// Where the state does not tell whether it is open.
#[tokio::test(start_paused = true)]
async fn a_gate_tells_whether_it_is_open_after_each_transition() {
    let slow = Hysteresis { rise: 2, fall: 2, ..Hysteresis::default() };
    let live = |name, hysteresis| Spec::new(name).mode(Mode::Live(hysteresis));
    let (readiness, [accepted, rejected, sluggish, latched]) = sealed([
        Spec::new("accepted"),
        live("rejected", Hysteresis::default()).empty(Empty::Reject),
        live("sluggish", slow),
        Spec::new("latched"),
    ]);
    let now = || [&accepted, &rejected, &sluggish, &latched].map(Gate::is_open);
    assert_eq!(now(), [false; 4]);
    for gate in [&accepted, &rejected] {
        gate.ready_empty(Evidence::new(0, "7"));
        assert_eq!(gate.state(), GateState::ReadyEmpty);
    }
    assert_eq!(now(), [true, false, false, false]);
    sluggish.ready();
    assert_eq!(now(), [true, false, false, false], "once is not enough");
    [&rejected, &sluggish, &latched].into_iter().for_each(Gate::ready);
    assert_eq!(now(), [true; 4]);
    [&rejected, &sluggish, &latched].into_iter().for_each(|gate| gate.not_ready("away"));
    assert_eq!(now(), [true, false, true, true], "once is not enough, and a latched one stays");
    sluggish.not_ready("away");
    assert_eq!(now(), [true, false, false, true]);
    latched.failed("broken");
    rejected.degraded("half of it");
    assert_eq!(now(), [true, true, false, true]);
    readiness.stopped();
    drop(readiness);
    assert_eq!(now(), [true, true, false, true], "after the end it is what it was");
}

#[test]
fn a_gate_set_after_its_runtime_has_gone_does_no_harm() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let (readiness, [db]) = runtime.block_on(async { sealed([Spec::new("db")]) });
    drop(runtime);
    db.ready();
    assert_eq!(readiness.phase(), Phase::Stopping);
    let (_, waker) = Counter::new();
    let mut wait = Box::pin(readiness.wait().with_timeout(s(1)));
    assert!(matches!(poll(&mut wait, &waker), Poll::Ready(Err(_))));
    // A live view that is not live, a patient wait: nothing may come to the dead runtime's timer.
    let live = readiness.view("live").expect("always").wait().through_failures();
    block_on(live.with_timeout(s(1))).expect("it is alive");
    drop(db);
}

#[tokio::test(start_paused = true)]
async fn one_million_transitions_need_bounded_memory_and_end_right() {
    let live = Mode::Live(Hysteresis::default());
    let (readiness, [db]) = sealed([Spec::new("db").mode(live)]);
    let mut lazy = readiness.transitions();
    for _ in 0..500_000 {
        db.ready();
        db.not_ready("full");
    }
    assert!(!readiness.is_ready());
    assert_eq!(readiness.explain(), "db pending for 0 ms: full");
    assert_eq!(readiness.snapshot().gate("db").map(|gate| gate.flips), Some(1_000_000));
    let lagged = lazy.next().await.expect("goes on").expect_err("nobody has read");
    // The gate's million, the view's million, and the one of startup.
    assert_eq!(lagged.0, 2_000_001 - 16_384);
    db.ready();
    assert!(readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_gates_are_one_set() {
    let readiness = open_set();
    let gates: Vec<_> = (0..10_000)
        .map(|number| readiness.register(Spec::new(format!("gate-{number}"))).expect("registered"))
        .collect();
    readiness.seal().expect("sealed");
    let stuck = readiness.wait().with_timeout(s(1)).await.expect_err("pending");
    assert_eq!(stuck.blockers.len(), 64);
    assert!(stuck.explanation.len() < 1_000, "{}", stuck.explanation);
    assert!(stuck.explanation.ends_with("9992 more"), "{}", stuck.explanation);
    let wait = tokio::spawn(readiness.wait());
    let all = readiness.wait_all(gates.iter().map(|gate| gate.name().as_str())).expect("known");
    let all = tokio::spawn(all);
    tokio::task::yield_now().await;
    for gate in &gates {
        assert!(!readiness.is_ready());
        gate.ready();
    }
    assert!(readiness.is_ready());
    wait.await.expect("no panic").expect("ready");
    assert_eq!(all.await.expect("no panic").expect("open").gates().len(), 10_000);
    assert_eq!(readiness.snapshot().gates.len(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn more_gates_than_there_can_be_are_refused() {
    let readiness = open_set();
    for number in 0..65_536 {
        readiness.declare(Spec::new(format!("{number}"))).expect("declared");
    }
    let error = readiness.declare(Spec::new("more")).expect_err("full");
    assert_eq!(error.to_string(), "orders has 65536 gates already, which is the limit");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_waiters_are_each_woken() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let (counter, waker) = Counter::new();
    let mut waits: Vec<_> = (0..100_000).map(|_| Box::pin(readiness.wait())).collect();
    for wait in &mut waits {
        assert!(poll(wait, &waker).is_pending());
    }
    // Every other one leaves.
    let mut number = 0;
    waits.retain(|_| {
        number += 1;
        number % 2 == 0
    });
    db.syncing("connecting");
    assert_eq!(counter.woken(), 0);
    db.ready();
    assert_eq!(counter.woken(), 50_000);
    for wait in &mut waits {
        assert!(matches!(poll(wait, &waker), Poll::Ready(Ok(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn no_time_looks_once_and_all_time_is_no_end() {
    let (readiness, [db]) = sealed([Spec::new("db").within(Duration::MAX).stall(Duration::MAX)]);
    let began = tokio::time::Instant::now();
    let none = readiness.wait().with_timeout(Duration::ZERO).await.expect_err("pending");
    assert_eq!((none.cause, none.waited), (Cause::Deadline, Duration::ZERO));
    let all = tokio::spawn(readiness.wait().with_timeout(Duration::MAX));
    tokio::time::sleep(s(365 * 24 * 3_600)).await;
    assert!(!all.is_finished());
    db.ready();
    all.await.expect("no panic").expect("ready");
    readiness.wait().with_timeout(Duration::ZERO).await.expect("ready");
    assert!(began.elapsed() >= s(365 * 24 * 3_600));

    let (readiness, [_db]) = sealed([Spec::new("db").within(Duration::ZERO)]);
    let stuck = readiness.wait().await.expect_err("it had no time at all");
    assert_eq!((stuck.cause, stuck.waited), (Cause::Failed, Duration::ZERO));

    let builder = Readiness::builder("orders").seal_within(Duration::ZERO);
    let stuck = builder.build().expect("a runtime").wait().await.expect_err("never sealed");
    assert_eq!(stuck.cause, Cause::Failed);
    let builder = Readiness::builder("orders").seal_within(Duration::MAX);
    let stuck = builder.build().expect("a runtime").wait().with_timeout(s(999)).await;
    assert_eq!(stuck.expect_err("never sealed").cause, Cause::Deadline);
}

#[tokio::test(start_paused = true)]
async fn names_that_would_break_a_line_a_list_or_a_path_are_refused() {
    let long = "x".repeat(10_240);
    let bad = ["a\nb", "a\"b", "a'b", "a\u{1b}[2Jb", "a\0b", "a b", "a,b", "ä", "", &long];
    let readiness = open_set();
    for name in bad {
        let error = readiness.register(Spec::new(name)).expect_err(name);
        let message = error.to_string();
        assert!(matches!(error, Refused::Name(_)), "{name:?}");
        assert!(message.len() < 300 && !message.contains(char::is_control), "{message}");
        for spec in [
            Spec::new("db").after([name]),
            Spec::new("db").views([name]),
            Spec::new("db").when(name),
            Spec::new("db").stage(name),
        ] {
            assert!(matches!(readiness.declare(spec), Err(Refused::Name(_))), "{name:?}");
        }
        // Where a name is only looked up it is not there, and the message is as harmless.
        let unknown = [
            readiness.claim(name).err(),
            readiness.view(name).err(),
            readiness.wait_gate(name).err(),
        ];
        for error in unknown {
            let message = error.expect("not there").to_string();
            assert!(message.len() < 400 && !message.contains(char::is_control), "{message}");
        }
        assert!(Readiness::new(name).is_err());
    }
    assert!(matches!(
        Readiness::new(&long),
        Err(Refused::Name(NameError::TooLong { length: 10_240, .. }))
    ));
    readiness.declare(Spec::new("x".repeat(128))).expect("as long as it may be");
}

#[tokio::test(start_paused = true)]
async fn reasons_are_one_bounded_line_whatever_is_in_them() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let evil = format!("a\nREADY=1\r\u{1b}[2J\u{202e}{}", "x".repeat(10_240));
    let checks = || {
        let line = readiness.explain();
        assert!(!line.contains(char::is_control) && !line.contains('\u{202e}'), "{line:?}");
        assert!(line.len() < MAX_REASON + 100, "{}", line.len());
    };
    db.syncing(evil.as_str());
    checks();
    db.not_ready(evil.as_str());
    checks();
    db.failed(evil.as_str());
    checks();
    db.ready_empty(Evidence::new(0, evil.as_str()));
    let evidence = readiness.snapshot().gate("db").and_then(|gate| gate.evidence.clone());
    assert!(evidence.is_some_and(|evidence| evidence.revision.as_str().len() <= MAX_REASON));
    readiness.delivered(&evil, true);
    readiness.drain(evil.as_str());
    checks();
}

#[tokio::test]
async fn a_clock_that_stands_still_ends_neither_gates_nor_starves_waits() {
    let (clock, hand) = Clock::by_hand();
    let builder = Readiness::builder("orders").clock(clock);
    let readiness = builder.build().expect("a runtime");
    let db = readiness.register(Spec::new("db").within(s(30))).expect("registered");
    readiness.seal().expect("sealed");
    let stuck = readiness.wait().with_timeout(ms(10)).await.expect_err("pending");
    assert_eq!((stuck.cause, stuck.waited), (Cause::Deadline, Duration::ZERO));
    assert_eq!(db.state(), GateState::Pending);
    // What is due happens with the next event, whoever causes it.
    hand.advance(s(30));
    readiness.set_role("leader", true).expect("a role");
    assert_eq!(db.state(), GateState::Failed);
    assert_eq!(readiness.wait().await.expect_err("failed").cause, Cause::Failed);
    db.ready();
    assert_eq!(readiness.wait().await.expect("ready").at(), s(30));
}

/// Calls back into the set, and then panics or not.
struct Rude(Readiness, bool, Mutex<Option<Pin<Box<Wait>>>>);

impl Wake for Rude {
    fn wake(self: Arc<Self>) {
        assert!(self.0.is_ready() && self.0.explain() == "ready");
        let (_, waker) = Counter::new();
        let mut wait = Box::pin(self.0.wait());
        assert!(poll(&mut wait, &waker).is_ready());
        // Its own wait's drop, which takes the lock too.
        drop(self.2.lock().expect("no panic").take());
        assert!(!self.1, "on purpose");
    }
}

#[tokio::test(start_paused = true)]
async fn a_waker_may_call_back_in_and_one_that_panics_keeps_nobody_asleep() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let (before, before_waker) = Counter::new();
    let (after, after_waker) = Counter::new();
    let mut first = Box::pin(readiness.wait());
    let mut last = Box::pin(readiness.wait());
    assert!(poll(&mut first, &before_waker).is_pending());
    for panics in [false, true] {
        let rude = Arc::new(Rude(readiness.clone(), panics, Mutex::new(None)));
        let waker = Waker::from(rude.clone());
        let mut own = Box::pin(readiness.wait());
        assert!(poll(&mut own, &waker).is_pending());
        *rude.2.lock().expect("no panic") = Some(own);
    }
    assert!(poll(&mut last, &after_waker).is_pending());
    let reported = catch_unwind(AssertUnwindSafe(|| db.ready()));
    assert!(reported.is_ok(), "the reporter does not pay for it");
    assert_eq!((before.woken(), after.woken()), (1, 1));
}

/// A waker whose drop calls back in.
struct DropCaller(Readiness);

impl Wake for DropCaller {
    fn wake(self: Arc<Self>) {}
}

impl Drop for DropCaller {
    fn drop(&mut self) {
        assert!(!self.0.explain().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_waker_that_calls_back_in_when_it_is_dropped_meets_no_lock() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let waker = || Waker::from(Arc::new(DropCaller(readiness.clone())));
    let mut replaced = Box::pin(readiness.wait());
    assert!(poll(&mut replaced, &waker()).is_pending());
    assert!(poll(&mut replaced, &waker()).is_pending(), "drops the first one");
    let mut left = Box::pin(readiness.wait_all(["db", "db"]).expect("known"));
    assert!(poll(&mut left, &waker()).is_pending());
    assert!(poll(&mut left, &waker()).is_pending());
    drop(left);
    let mut stream = readiness.transitions();
    assert!(poll(&mut Box::pin(stream.next()), &waker()).is_pending());
    assert!(poll(&mut Box::pin(stream.next()), &waker()).is_pending());
    drop(stream);
    db.ready();
    assert!(poll(&mut replaced, &waker()).is_ready());
}

#[tokio::test(start_paused = true)]
async fn two_sets_in_one_process_know_nothing_of_each_other() {
    let (one, [db_one]) = sealed([Spec::new("db")]);
    let (two, [_db_two]) = sealed([Spec::new("db")]);
    db_one.ready();
    assert!(one.is_ready() && !two.is_ready());
    two.drain("over");
    assert!(one.is_ready());
    assert_eq!(one.phase(), Phase::Serving);
    one.wait().await.expect("ready");
}

#[tokio::test(start_paused = true)]
async fn the_epoch_grows_with_what_can_be_read_and_with_nothing_else() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let mut last = readiness.epoch();
    let mut grows = |what: &str, grown: bool| {
        let now = readiness.epoch();
        assert_eq!(now > last, grown, "{what}");
        assert_eq!(now, readiness.snapshot().epoch, "{what}");
        last = now;
    };
    grows("nothing", false);
    db.progress(1, 2);
    grows("progress", true);
    db.ready();
    grows("ready", true);
    db.beat();
    grows("a beat", false);
    tokio::time::sleep(s(60)).await;
    grows("time alone", false);
    readiness.delivered("10.0.0.1", true);
    grows("a probe", false);
    readiness.drain("over");
    grows("the drain", true);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_taken_again_is_the_same_as_a_new_one() {
    let (readiness, [db, _cache]) = sealed([Spec::new("db"), Spec::new("cache").after(["db"])]);
    let mut again = readiness.snapshot();
    db.syncing("connecting");
    readiness.snapshot_into(&mut again);
    assert_eq!(again, readiness.snapshot());
    let other = open_set();
    other.snapshot_into(&mut again);
    assert_eq!(again, other.snapshot(), "whatever it held before");
}

#[test]
fn a_wait_polled_by_hand_needs_nothing_but_a_waker() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
    let runtime = runtime.expect("a runtime");
    let (readiness, [db]) = runtime.block_on(async { sealed([Spec::new("db")]) });
    let (counter, waker) = Counter::new();
    let mut wait = Box::pin(readiness.wait());
    assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    db.ready();
    assert_eq!(counter.woken(), 1);
    assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
}
