//! Who sees what has happened, and in which order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use firstlight_ready::{
    Gate, GateState, Hysteresis, Lagged, Mode, Observer, Phase, Readiness, Spec, Transition,
};
use futures_util::StreamExt;

use crate::support::{Counter, Lines, poll, s, sealed};

fn told(transition: &Transition) -> String {
    match transition {
        Transition::Gate(gate) => format!("{} {} -> {}", gate.gate, gate.from, gate.to),
        Transition::View { view, ready, .. } => format!("{view} {ready}"),
        Transition::Phase { from, to, .. } => format!("{from} -> {to}"),
        other => panic!("{other:?}"),
    }
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

impl Observer for Seen {
    fn transition(&self, transition: &Transition) {
        self.0.lock().expect("no panic").push(told(transition));
    }
}

#[tokio::test(start_paused = true)]
async fn observers_and_streams_see_all_in_the_same_order() {
    let seen = [Seen::default(), Seen::default()];
    let [first, second] = seen.clone();
    let builder = Readiness::builder("orders").observer(first).observer(second);
    let readiness = builder.build().expect("a runtime");
    let stream = readiness.transitions();
    let db = readiness.register(Spec::new("db")).expect("registered");
    readiness.seal().expect("sealed");
    db.syncing("connecting");
    tokio::time::sleep(s(1)).await;
    db.ready();
    db.ready();
    readiness.drain("SIGTERM");
    readiness.cut("SIGINT");
    readiness.stopped();
    let streamed: Vec<_> = stream.map(|item| told(&item.expect("no lag"))).collect().await;
    let expected = [
        "db pending -> syncing",
        "db syncing -> ready",
        "startup true",
        "ready true",
        "serving -> draining",
        "ready false",
        "draining -> stopping",
        "stopping -> stopped",
    ];
    assert_eq!(streamed, expected);
    assert_eq!(seen.map(|seen| seen.take()), [expected, expected]);
}

#[tokio::test(start_paused = true)]
async fn a_transition_tells_since_when_and_that_it_was_the_first_opening() {
    let live = Mode::Live(Hysteresis::default());
    let (readiness, [db]) = sealed([Spec::new("db").mode(live)]);
    let start = readiness.clock().now();
    let mut stream = readiness.transitions();
    let mut gate = async || loop {
        if let Transition::Gate(gate) = stream.next().await.expect("goes on").expect("no lag") {
            return gate;
        }
    };
    tokio::time::sleep(s(2)).await;
    db.ready();
    let opened = gate().await;
    assert_eq!(
        (opened.from, opened.to, opened.open, opened.first_open),
        (GateState::Pending, GateState::Ready, true, true)
    );
    assert_eq!((opened.began, opened.since, opened.at), (start, start, start + s(2)));
    tokio::time::sleep(s(1)).await;
    db.not_ready("full");
    let closed = gate().await;
    assert_eq!((closed.open, closed.first_open), (false, false));
    assert_eq!((closed.since, closed.at), (start + s(2), start + s(3)));
    assert_eq!(closed.reason, Some("full".into()));
    db.ready();
    assert!(!gate().await.first_open);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_lags_says_how_much_and_goes_on() {
    let live = Mode::Live(Hysteresis::default());
    let (readiness, [db]) = sealed([Spec::new("db").mode(live).views(["other"])]);
    let mut lazy = readiness.transitions();
    // Two transitions each: the gate's and the view's.
    for _ in 0..5_000 {
        db.ready();
        db.not_ready("");
    }
    let mut eager = readiness.transitions();
    assert_eq!(lazy.next().await, Some(Err(Lagged(20_000 - 16_384))));
    let mut read = 0;
    let (_, waker) = Counter::new();
    while let std::task::Poll::Ready(next) = poll(&mut Box::pin(lazy.next()), &waker) {
        next.expect("goes on").expect("no lag");
        read += 1;
    }
    assert_eq!(read, 16_384);
    db.ready();
    for stream in [&mut lazy, &mut eager] {
        let next = stream.next().await.expect("goes on").expect("no lag");
        assert_eq!(told(&next), "db pending -> ready", "a stream begins where it was made");
    }
    assert_eq!(Lagged(3).to_string(), "3 transitions were not read in time, and are gone");
}

#[tokio::test(start_paused = true)]
async fn each_of_several_streams_is_woken() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    let wakers = [Counter::new(), Counter::new(), Counter::new()];
    let mut streams = wakers.each_ref().map(|_| readiness.transitions());
    for (stream, (_, waker)) in streams.iter_mut().zip(&wakers) {
        assert!(poll(&mut Box::pin(stream.next()), waker).is_pending());
    }
    db.ready();
    assert_eq!(wakers.each_ref().map(|(counter, _)| counter.woken()), [1, 1, 1]);
}

/// Calls everything that may be called, from within.
#[derive(Default)]
struct Meddler {
    readiness: OnceLock<Readiness>,
    gate: Mutex<Option<Gate>>,
    late: Mutex<Option<Gate>>,
    depth: AtomicUsize,
    seen: Mutex<Vec<String>>,
}

struct Meddling(Arc<Meddler>);

impl Observer for Meddling {
    fn transition(&self, transition: &Transition) {
        let meddler = &self.0;
        assert_eq!(meddler.depth.fetch_add(1, Ordering::SeqCst), 0, "never called within itself");
        let told = told(transition);
        let readiness = meddler.readiness.get().expect("set before anything happens");
        if told == "db pending -> ready" {
            let late = readiness.register(Spec::new("late")).expect("not sealed yet");
            late.ready();
            *meddler.late.lock().expect("no panic") = Some(late);
            readiness.seal().expect("sealed");
            assert!(readiness.explain() == "ready" && readiness.is_ready());
            let (_, waker) = Counter::new();
            assert!(poll(&mut Box::pin(readiness.wait()), &waker).is_ready());
            assert_eq!(readiness.snapshot().gates.len(), 2);
            drop(readiness.transitions());
            drop(meddler.gate.lock().expect("no panic").take());
            readiness.drain("enough");
        }
        meddler.seen.lock().expect("no panic").push(told);
        meddler.depth.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_may_call_back_in_and_is_told_of_it_afterwards() {
    let meddler = Arc::new(Meddler::default());
    let builder = Readiness::builder("orders").observer(Meddling(meddler.clone()));
    let readiness = builder.build().expect("a runtime");
    let gate = readiness.register(Spec::new("db")).expect("registered");
    assert!(meddler.readiness.set(readiness.clone()).is_ok());
    gate.ready();
    let mut seen = std::mem::take(&mut *meddler.seen.lock().expect("no panic"));
    assert_eq!(seen.remove(0), "db pending -> ready");
    assert_eq!(
        seen,
        [
            "late pending -> ready",
            "startup true",
            "ready true",
            "serving -> draining",
            "ready false"
        ]
    );
    assert_eq!(readiness.phase(), Phase::Draining);
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_harms_neither_the_reporter_nor_the_next_observer() {
    let (lines, _guard) = Lines::captured();
    let seen = Seen::default();
    let builder = Readiness::builder("orders")
        .observer(|_: &Transition| panic!("on purpose"))
        .observer(seen.clone());
    let readiness = builder.build().expect("a runtime");
    let db = readiness.register(Spec::new("db")).expect("registered");
    readiness.seal().expect("sealed");
    db.ready();
    assert!(readiness.is_ready());
    assert_eq!(seen.take(), ["db pending -> ready", "startup true", "ready true"]);
    let warned = lines.take();
    let warned = warned.iter().filter(|line| line.level == tracing::Level::WARN);
    assert!(warned.clone().all(|line| line.message == "orders: an observer has panicked"));
    assert_eq!(warned.count(), 3);
    drop(db);
}

#[test]
fn transitions_of_many_threads_are_seen_in_one_order_by_one_thread_at_a_time() {
    struct Strict(Seen, AtomicUsize);
    impl Observer for Strict {
        fn transition(&self, transition: &Transition) {
            assert_eq!(self.1.fetch_add(1, Ordering::SeqCst), 0, "two at once");
            self.0.transition(transition);
            self.1.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let _entered = runtime.enter();
    let seen = Seen::default();
    let builder = Readiness::builder("orders").observer(Strict(seen.clone(), AtomicUsize::new(0)));
    let readiness = builder.build().expect("a runtime");
    let live = Mode::Live(Hysteresis::default());
    let gates = ["a", "b", "c", "d"]
        .map(|name| readiness.register(Spec::new(name).mode(live)).expect("registered"));
    readiness.seal().expect("sealed");
    let stream = readiness.transitions();
    std::thread::scope(|scope| {
        for gate in &gates {
            scope.spawn(|| {
                for _ in 0..200 {
                    gate.ready();
                    gate.not_ready("");
                }
            });
        }
    });
    readiness.stopped();
    let streamed: Vec<_> =
        runtime.block_on(stream.map(|item| told(&item.expect("no lag"))).collect());
    assert_eq!(seen.take(), streamed);
    assert!(streamed.len() > 4 * 400, "{}", streamed.len());
    drop(gates);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_though_it_was_made_after_the_end_or_has_lost_it() {
    let (readiness, [gate]) = sealed([Spec::new("db").mode(Mode::Live(Hysteresis::default()))]);
    let mut early = readiness.transitions();
    readiness.stopped();
    assert!(readiness.transitions().next().await.is_none());
    for _ in 0..20_000 {
        gate.ready();
        gate.not_ready("flaps");
    }
    assert!(matches!(early.next().await, Some(Err(Lagged(_)))), "its end is among what was lost");
    while early.next().await.is_some() {}
    gate.ready();
    assert!(early.next().await.is_none(), "the end is the end");
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_until_the_set_has_stopped() {
    let (readiness, [_db]) = sealed([Spec::new("db")]);
    let mut stream = readiness.transitions();
    let (_, waker) = Counter::new();
    readiness.cut("end");
    while let std::task::Poll::Ready(read) = poll(&mut StreamExt::next(&mut stream), &waker) {
        assert!(read.is_some(), "it has not stopped");
    }
    readiness.stopped();
    assert!(matches!(stream.next().await, Some(Ok(Transition::Phase { .. }))));
    assert!(stream.next().await.is_none());
}
