//! The hand-over under every interleaving; `cargo test --release --lib -- loom` with `--cfg firstlight_loom`.
//!
//! After one round of telling, or three, the passage closes here, so that the waits of its last rounds are in
//! the models; and no wait times out.

use std::collections::HashMap;
use std::time::Duration;

use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::frozen::{Frozen, Thawed, early_id};
use super::passage::{Bearer, Passage, Phase, Refused, Who};
use crate::sync::atomic::AtomicUsize;

const LONG: Duration = Duration::from_secs(3_600);

/// Early events, by their numbers, and how many there is room for.
#[derive(Debug)]
struct Shelf {
    events: Vec<u32>,
    room: usize,
}

/// Where events end up, told or gone through.
type Out = Arc<Mutex<Vec<u32>>>;

struct Teller {
    out: Out,
    next: Phase,
}

impl Bearer<Shelf> for Teller {
    type Batch = Vec<u32>;

    fn take(&mut self, shelf: &mut Shelf, round: u32) -> Option<Vec<u32>> {
        let batch = std::mem::take(&mut shelf.events);
        (round == 0 || !batch.is_empty()).then_some(batch)
    }

    fn tell(&mut self, batch: Vec<u32>) {
        self.out.lock().unwrap().extend(batch);
    }

    fn finish(&mut self, shelf: &mut Shelf) -> Phase {
        assert!(shelf.events.is_empty());
        self.next
    }
}

fn passage(room: usize, rounds: u32) -> (Arc<Passage<Shelf>>, Out) {
    (
        Arc::new(Passage::with_rounds(Shelf { events: Vec::new(), room }, rounds)),
        Arc::new(Mutex::new(Vec::new())),
    )
}

/// With three interruptions of a thread at most: without that bound, three threads take minutes.
fn check(model: impl Fn(u32) + Copy + Sync + Send + 'static) {
    for rounds in [1, 3] {
        let mut all = loom::model::Builder::new();
        all.preemption_bound = Some(3);
        all.check(move || model(rounds));
    }
}

/// Logs an event as a logger does: into the passage, or, if that is through, by itself.
fn log(passage: &Passage<Shelf>, out: &Out, event: u32) {
    let push = |shelf: &mut Shelf| {
        assert!(shelf.events.len() < shelf.room, "something is lost");
        shelf.events.push(event);
    };
    if passage.enter(Who::Any, |shelf| shelf.events.len() < shelf.room, push).is_none() {
        out.lock().unwrap().push(event);
    }
}

fn hand_over(passage: &Passage<Shelf>, out: &Out, next: Phase) -> Result<(), Refused> {
    passage.hand_over(LONG, &mut Teller { out: Arc::clone(out), next })
}

/// All of them are there, once, and those of a thread, which share their hundreds, in order.
fn assert_all(out: &Out, all: &[u32]) {
    let out = out.lock().unwrap();
    let mut sorted = out.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, all, "lost or doubled");
    for thread in 0..4 {
        let own: Vec<_> = out.iter().filter(|event| **event / 100 == thread).collect();
        assert!(own.is_sorted(), "out of order: {out:?}");
    }
}

fn spawn_logger(
    passage: &Arc<Passage<Shelf>>,
    out: &Out,
    events: &'static [u32],
) -> thread::JoinHandle<()> {
    let (passage, out) = (Arc::clone(passage), Arc::clone(out));
    thread::spawn(move || events.iter().for_each(|event| log(&passage, &out, *event)))
}

#[test]
fn loom_nothing_is_lost_doubled_or_reordered_at_the_hand_over() {
    check(|rounds| {
        let (passage, out) = passage(10, rounds);
        log(&passage, &out, 0);
        let logger = spawn_logger(&passage, &out, &[100, 101]);
        assert_eq!(hand_over(&passage, &out, Phase::Through), Ok(()));
        log(&passage, &out, 1);
        logger.join().unwrap();
        assert_all(&out, &[0, 1, 100, 101]);
    });
}

#[test]
fn loom_two_threads_that_log_meet_the_hand_over() {
    check(|rounds| {
        let (passage, out) = passage(10, rounds);
        let loggers = [spawn_logger(&passage, &out, &[100]), spawn_logger(&passage, &out, &[200])];
        assert_eq!(hand_over(&passage, &out, Phase::Through), Ok(()));
        loggers.into_iter().for_each(|logger| logger.join().unwrap());
        assert_all(&out, &[100, 200]);
    });
}

#[test]
fn loom_of_two_hand_overs_at_once_one_happens() {
    check(|rounds| {
        let (passage, out) = passage(10, rounds);
        log(&passage, &out, 0);
        let other = {
            let (passage, out) = (Arc::clone(&passage), Arc::clone(&out));
            thread::spawn(move || hand_over(&passage, &out, Phase::Through))
        };
        let own = hand_over(&passage, &out, Phase::Through);
        log(&passage, &out, 1);
        let other = other.join().unwrap();
        assert!(matches!(
            (own, other),
            (Ok(()), Err(Refused::Through)) | (Err(Refused::Through), Ok(()))
        ));
        assert_all(&out, &[0, 1]);
    });
}

#[test]
fn loom_a_hand_over_to_stderr_leaves_the_passage_for_the_one_after_it() {
    check(|rounds| {
        let (passage, out) = passage(10, rounds);
        log(&passage, &out, 0);
        let fallback = {
            let (passage, out) = (Arc::clone(&passage), Arc::clone(&out));
            thread::spawn(move || {
                log(&passage, &out, 100);
                let _ = hand_over(&passage, &out, Phase::Early);
                log(&passage, &out, 101);
            })
        };
        assert_eq!(hand_over(&passage, &out, Phase::Through), Ok(()));
        fallback.join().unwrap();
        assert_all(&out, &[0, 100, 101]);
    });
}

#[test]
fn loom_who_finds_no_room_waits_for_it() {
    check(|rounds| {
        let (passage, out) = passage(1, rounds);
        let taking = {
            let (passage, out) = (Arc::clone(&passage), Arc::clone(&out));
            passage.inspect(|_, shelf| shelf.events.push(0));
            thread::spawn(move || hand_over(&passage, &out, Phase::Through))
        };
        // Only in a hand-over does anybody wait; before it an event would take the place of another one.
        if passage.inspect(|phase, _| phase != Phase::Early) {
            log(&passage, &out, 1);
            log(&passage, &out, 2);
            assert_eq!(taking.join().unwrap(), Ok(()));
            assert_all(&out, &[0, 1, 2]);
        } else {
            assert_eq!(taking.join().unwrap(), Ok(()));
        }
    });
}

#[test]
fn loom_the_teller_does_not_wait_for_itself() {
    struct Chatty(Out, Arc<Passage<Shelf>>, bool);
    impl Bearer<Shelf> for Chatty {
        type Batch = Vec<u32>;
        fn take(&mut self, shelf: &mut Shelf, round: u32) -> Option<Vec<u32>> {
            let batch = std::mem::take(&mut shelf.events);
            (round == 0 || !batch.is_empty()).then_some(batch)
        }
        fn tell(&mut self, batch: Vec<u32>) {
            if !std::mem::replace(&mut self.2, true) {
                assert!(
                    self.1.enter(Who::Teller, |_| false, |shelf| shelf.events.push(9)).is_some()
                );
            }
            self.0.lock().unwrap().extend(batch);
        }
        fn finish(&mut self, _: &mut Shelf) -> Phase {
            Phase::Through
        }
    }
    check(|rounds| {
        let (passage, out) = passage(10, rounds);
        let logger = spawn_logger(&passage, &out, &[100]);
        let mut chatty = Chatty(Arc::clone(&out), Arc::clone(&passage), false);
        assert_eq!(passage.hand_over(LONG, &mut chatty), Ok(()));
        logger.join().unwrap();
        assert_all(&out, &[9, 100]);
    });
}

/// What the last one sees: all that the others did with the span before they let it go.
#[test]
fn loom_of_the_last_handles_of_a_span_one_closes_it_and_sees_what_the_other_did() {
    loom::model(|| {
        let span = early_id(1);
        let thawed = Thawed { own: None, around: None, handles: AtomicUsize::new(2) };
        let frozen = Arc::new(Frozen::new(HashMap::from([(span.into_u64(), thawed)])));
        let done = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let threads: Vec<_> = (0..2)
            .map(|thread| {
                let (frozen, done, span) = (Arc::clone(&frozen), Arc::clone(&done), span.clone());
                thread::spawn(move || {
                    frozen.clone_handle(&span);
                    assert!(frozen.drop_handle(&span).is_none(), "it holds one itself");
                    done[thread].store(1, Ordering::Relaxed);
                    let is_last = frozen.drop_handle(&span).is_some();
                    if is_last {
                        assert_eq!(
                            done.each_ref().map(|done| done.load(Ordering::Relaxed)),
                            [1, 1]
                        );
                    }
                    is_last
                })
            })
            .collect();
        let last: Vec<bool> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(last.iter().filter(|last| **last).count(), 1, "{last:?}");
    });
}
