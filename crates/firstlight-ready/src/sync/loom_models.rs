//! All interleavings of the few that matter; the machine in them is the real one.

use std::sync::Arc;
use std::task::{Poll, Wake, Waker};

use firstlight_clock::Clock;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

use crate::drain::LameDuck;
use crate::machine::{Event, GateId, Machine, Report, Settings, ViewId};
use crate::name::Name;
use crate::not_ready::Cause;
use crate::place::Place;
use crate::spec::{Hysteresis, Mode, Spec};
use crate::sync::{Read, Shared, Told, Watch};
use crate::transition::Transition;

const READY: ViewId = ViewId::READY;

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Flag {
    fn new() -> (Arc<Self>, Waker) {
        let flag = Arc::new(Self(AtomicBool::new(false)));
        (flag.clone(), Waker::from(flag))
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A sealed set of these gates.
fn sealed(specs: impl IntoIterator<Item = Spec>) -> Arc<Shared> {
    let (clock, _) = Clock::by_hand();
    let machine = Machine::new(Settings::new(Name::new("set").expect("a name")), clock.now());
    let shared = Arc::new(Shared::new(machine, clock));
    for spec in specs {
        send(&shared, Event::Declare { spec: Box::new(spec), place: Place::here() });
    }
    send(&shared, Event::Seal { place: Place::here() });
    shared
}

fn send(shared: &Shared, event: Event) {
    tell(shared, event, |_| {});
}

/// What the layer above does with an event, and in its order.
fn tell(shared: &Shared, event: Event, hear: impl Fn(Told)) {
    let (done, after) = shared.change(|change| change.apply(event));
    done.expect("not refused");
    after.woken.wake();
    let mut next = after.told;
    while let Some(told) = next {
        hear(told);
        next = shared.next_notice();
    }
}

fn ready(gate: u32) -> Event {
    Event::Report { gate: GateId(gate), report: Report::Ready }
}

fn dropped(gate: u32) -> Event {
    Event::Drop { gate: GateId(gate), panicking: false }
}

fn in_background(shared: &Arc<Shared>, event: Event) -> thread::JoinHandle<()> {
    let shared = shared.clone();
    thread::spawn(move || send(&shared, event))
}

#[test]
fn a_waiter_sees_the_last_gate_open_or_is_woken() {
    loom::model(|| {
        let shared = sealed([Spec::new("a"), Spec::new("b")]);
        let opener = in_background(&shared, ready(0));
        let last = in_background(&shared, ready(1));
        let (flag, waker) = Flag::new();
        let mut watch = Watch::view(READY);
        let polled = shared.poll(&mut watch, &waker);
        opener.join().expect("no panic");
        last.join().expect("no panic");
        assert!(shared.is_ready(READY));
        assert!(polled.is_ready() || flag.is_set(), "asleep for ever");
        assert!(matches!(shared.poll(&mut watch, &waker), Poll::Ready(Ok(_))));
        shared.forget(&mut watch);
        assert_eq!(shared.waiting(), 0);
    });
}

#[test]
fn a_wait_whose_time_is_over_is_ready_or_says_what_is_missing() {
    loom::model(|| {
        let shared = sealed([Spec::new("a")]);
        let (_flag, waker) = Flag::new();
        let mut watch = Watch::view(READY);
        assert!(shared.poll(&mut watch, &waker).is_pending());
        let opener = in_background(&shared, ready(0));
        if let Err(stuck) = shared.give_up(&watch, Cause::Deadline) {
            assert_eq!((stuck.cause, stuck.blockers.len()), (Cause::Deadline, 1));
        }
        opener.join().expect("no panic");
        assert!(shared.give_up(&watch, Cause::Deadline).is_ok(), "it is over after all");
        shared.forget(&mut watch);
    });
}

#[test]
fn who_sees_ready_sees_what_was_written_before_it() {
    loom::model(|| {
        let shared = sealed([Spec::new("a")]);
        let written = Arc::new(AtomicBool::new(false));
        let opener = {
            let (shared, written) = (shared.clone(), written.clone());
            thread::spawn(move || {
                written.store(true, Ordering::Relaxed);
                send(&shared, ready(0));
            })
        };
        if shared.is_ready(READY) {
            assert!(written.load(Ordering::Relaxed));
        }
        opener.join().expect("no panic");
    });
}

#[test]
fn a_gate_that_is_dropped_while_it_opens_is_one_or_the_other_for_everybody() {
    loom::model(|| {
        let shared = sealed([Spec::new("a")]);
        let opener = in_background(&shared, ready(0));
        let dropper = in_background(&shared, dropped(0));
        let (flag, waker) = Flag::new();
        let mut watch = Watch::view(READY);
        let polled = shared.poll(&mut watch, &waker);
        opener.join().expect("no panic");
        dropper.join().expect("no panic");
        assert!(polled.is_ready() || flag.is_set(), "asleep for ever");
        match shared.poll(&mut watch, &waker) {
            Poll::Ready(Ok(_)) => assert!(shared.is_ready(READY)),
            Poll::Ready(Err(stuck)) => {
                assert_eq!(stuck.cause, Cause::Failed);
                assert!(!shared.is_ready(READY));
            }
            Poll::Pending => panic!("neither open nor failed"),
        }
    });
}

#[test]
fn nobody_is_told_ready_after_the_drain_has_begun() {
    loom::model(|| {
        let shared = sealed([Spec::new("a")]);
        let opener = in_background(&shared, ready(0));
        let drainer = {
            let shared = shared.clone();
            thread::spawn(move || {
                let lame_duck = LameDuck::default();
                send(&shared, Event::Drain { reason: "term".into(), lame_duck });
                assert!(!shared.is_ready(READY), "drained");
            })
        };
        let (flag, waker) = Flag::new();
        let mut watch = Watch::view(READY);
        let polled = shared.poll(&mut watch, &waker);
        opener.join().expect("no panic");
        drainer.join().expect("no panic");
        assert!(!shared.is_ready(READY));
        assert!(polled.is_ready() || flag.is_set(), "asleep for ever");
        match shared.poll(&mut watch, &waker) {
            Poll::Ready(Err(stuck)) => assert_eq!(stuck.cause, Cause::Draining),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn who_watches_a_view_sees_its_last_state_or_is_woken() {
    loom::model(|| {
        let live = Mode::Live(Hysteresis::default());
        let shared = sealed([Spec::new("a").mode(live)]);
        let opener = in_background(&shared, ready(0));
        let dropper = in_background(&shared, dropped(0));
        let (flag, waker) = Flag::new();
        let mut watch = Watch::view(READY);
        let mut seen = None;
        while let Poll::Ready(next) = shared.next_change(&mut watch, seen, &waker) {
            assert!(next.is_some() && next != seen, "the same twice, or an end");
            seen = next;
        }
        opener.join().expect("no panic");
        dropper.join().expect("no panic");
        assert!(seen == Some(shared.is_ready(READY)) || flag.is_set(), "asleep for ever");
        shared.forget(&mut watch);
        assert_eq!(shared.waiting(), 0);
    });
}

#[test]
fn every_transition_is_told_once_and_in_order_by_one_thread_at_a_time() {
    loom::model(|| {
        let live = Mode::Live(Hysteresis::default());
        let shared = sealed([Spec::new("a").mode(live), Spec::new("b").mode(live)]);
        let mut at = shared.enter();
        let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
        let telling = Arc::new(AtomicUsize::new(0));
        let senders = [0, 1].map(|gate| {
            let (shared, heard, telling) = (shared.clone(), heard.clone(), telling.clone());
            thread::spawn(move || {
                tell(&shared, ready(gate), |told| {
                    assert_eq!(telling.fetch_add(1, Ordering::SeqCst), 0, "two tell at once");
                    assert_eq!(told.missed, 0);
                    let transition = told.notice.transition().cloned();
                    heard.lock().expect("no panic").extend(transition);
                    telling.fetch_sub(1, Ordering::SeqCst);
                });
            })
        });
        for sender in senders {
            sender.join().expect("no panic");
        }
        let mut read: Vec<Transition> = Vec::new();
        let (_, waker) = Flag::new();
        let mut ticket = None;
        while let Poll::Ready(next) = shared.read(&mut at, &mut ticket, &waker) {
            match next {
                Read::Transition(transition) => read.push(transition),
                Read::Lagged(missed) => panic!("{missed} lost"),
                Read::End => panic!("not stopped"),
            }
        }
        // Two gates, and the views startup and ready.
        assert_eq!(read.len(), 4);
        assert_eq!(*heard.lock().expect("no panic"), read);
        shared.leave(ticket);
        assert_eq!(shared.waiting(), 0);
    });
}

#[test]
fn a_waiter_that_leaves_while_it_is_woken_leaves_nothing_behind() {
    loom::model(|| {
        let shared = sealed([Spec::new("a")]);
        let opener = in_background(&shared, ready(0));
        let (_, waker) = Flag::new();
        let mut watch = Watch::view(READY);
        let mut other = Watch::gates(crate::sync::Rule::AnyGate, [GateId(0)]);
        let _ = shared.poll(&mut watch, &waker);
        let _ = shared.poll(&mut other, &waker);
        shared.forget(&mut watch);
        shared.forget(&mut other);
        opener.join().expect("no panic");
        assert_eq!(shared.waiting(), 0);
    });
}
