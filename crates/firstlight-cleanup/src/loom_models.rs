//! All interleavings of the few that matter; the engine, the shards and the flag in them are the real ones.
//!
//! Stand-ins are tokio's: its tasks are threads here, `Notify` with its one permit is a permit, `notify_waiters` is a bell. Where one
//! lock or ownership alone gives a law there is no model: that a guard fires once (`armed.rs`), that a clean-up is in one queue or in one
//! pair of hands (`engine`, whose laws are in `engine/laws`), that one drain runs at a time (a tokio mutex).

mod janitor;
mod stand_ins;

use std::sync::Arc;
use std::time::Duration;

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread::{self, JoinHandle};

use self::janitor::{Dies, Janitor};
use crate::claim::Claim;
use crate::engine::{Crew, Next, Submitted};
use crate::key::Key;
use crate::outcome::Outcome;
use crate::plain_job::plain_job;

const NOW: Duration = Duration::ZERO;
const HOME: Crew = Crew::Home;

fn in_background(
    janitor: &Arc<Janitor>,
    what: impl FnOnce(&Arc<Janitor>) + 'static,
) -> JoinHandle<()> {
    let janitor = janitor.clone();
    thread::spawn(move || what(&janitor))
}

/// Workers are threads here: more than a few switches in the middle of something find nothing new, and take hours.
fn check(switches: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(model);
}

#[test]
fn a_drain_sees_every_guard_that_was_accepted_and_none_is_accepted_after_it() {
    check(4, || {
        let janitor = Janitor::new(1, Dies::Never);
        let accepted = Arc::new(AtomicUsize::new(0));
        let counts = accepted.clone();
        let guard = in_background(&janitor, move |janitor| {
            counts.fetch_add(usize::from(janitor.guard()), Ordering::SeqCst);
        });
        janitor.drain();
        let ended = janitor.ended();
        assert!(!janitor.guard(), "accepted after the drain");
        guard.join().expect("no panic");
        janitor.end();
        assert_eq!(ended, accepted.load(Ordering::SeqCst), "the drain missed it");
        assert_eq!(janitor.lost.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn who_sees_it_closing_is_refused() {
    check(4, || {
        let janitor = Janitor::new(1, Dies::Never);
        let closer = in_background(&janitor, |janitor| janitor.shared.begin_closing());
        if janitor.shared.is_closing() {
            assert!(!janitor.guard(), "accepted though it is closing");
        }
        closer.join().expect("no panic");
        janitor.end();
    });
}

#[test]
fn a_drain_hears_of_the_last_end() {
    check(4, || {
        let janitor = Janitor::new(2, Dies::Never);
        janitor.submit(plain_job(None, None));
        janitor.submit(plain_job(None, None));
        janitor.drain();
        assert_eq!(janitor.ended(), 2);
        janitor.end();
    });
}

#[test]
fn two_drains_both_end() {
    check(3, || {
        let janitor = Janitor::new(1, Dies::Never);
        janitor.submit(plain_job(None, None));
        let other = in_background(&janitor, Janitor::drain);
        janitor.drain();
        assert_eq!(janitor.ended(), 1);
        other.join().expect("no panic");
        janitor.end();
    });
}

#[test]
fn whatever_becomes_of_a_worker_nothing_is_stranded() {
    let all = [Dies::Never, Dies::Coming, Dies::AtWork, Dies::Parked, Dies::Retires];
    for dies in all {
        check(3, move || {
            let janitor = Janitor::new(1, dies);
            let other = in_background(&janitor, |janitor| janitor.submit(plain_job(None, None)));
            janitor.submit(plain_job(None, None));
            other.join().expect("no panic");
            // Before anybody is sent home: that would wake who sleeps.
            janitor.ended.wait(2);
            janitor.end();
            assert_eq!(janitor.ended(), 2, "once each");
            assert!(janitor.shared.is_idle());
        });
    }
}

#[test]
fn what_waits_for_its_key_is_not_stranded_when_the_one_before_it_goes_with_its_worker() {
    for dies in [Dies::Never, Dies::AtWork, Dies::Parked] {
        check(3, move || {
            let janitor = Janitor::new(2, dies);
            let key = || Some(Key::from("a"));
            janitor.submit(plain_job(key(), None));
            janitor.submit(plain_job(key(), None));
            // Before anybody is sent home: that would wake who sleeps.
            janitor.ended.wait(2);
            janitor.end();
            assert_eq!(janitor.ended(), 2, "once each");
            assert!(janitor.engine(|engine| engine.lanes.over("a")).is_none());
        });
    }
}

/// Looks what is next; it must not be an old one's when the new claim has been returned.
fn look(janitor: &Arc<Janitor>, returned: &AtomicBool) {
    let returned = returned.load(Ordering::SeqCst);
    janitor.engine(|engine| engine.staff(HOME).arrived());
    match janitor.engine(|engine| engine.next(HOME, NOW)) {
        Next::Run { job, row, .. } => {
            assert!(!returned, "begun after the claim");
            janitor.finish(&job, Some(row), Outcome::Completed);
        }
        Next::End { job, outcome, .. } => janitor.finish(&job, None, outcome),
        Next::Park { .. } | Next::Leave => {}
    }
}

/// Somebody else hands in what an old claim left behind, before or after this, and looks for it; who claims, waits at the fence.
fn claim_against(submitted_before: bool) {
    check(4, move || {
        let janitor = Janitor::new(1, Dies::Never);
        let (old, _) = janitor.shared.claim(Key::from("a"));
        let returned = Arc::new(AtomicBool::new(false));
        let submit = |janitor: &Arc<Janitor>, old: Claim| {
            // The worker that is called is the one below.
            match janitor.engine(|engine| {
                engine.submit(plain_job(Some(Key::from("a")), Some(old)), NOW, NOW)
            }) {
                Submitted::Taken(_) => {}
                Submitted::Refused { job, outcome, .. } => janitor.finish(&job, None, outcome),
            }
        };
        if submitted_before {
            submit(&janitor, old.clone());
        }
        let told = returned.clone();
        let worker = in_background(&janitor, move |janitor| {
            if !submitted_before {
                submit(janitor, old);
            }
            look(janitor, &told);
        });
        let (new, gone) = janitor.shared.claim(Key::from("a"));
        returned.store(true, Ordering::SeqCst);
        for job in gone {
            janitor.finish(&job, None, Outcome::Superseded);
        }
        worker.join().expect("no panic");
        assert!(new.is_current());
        assert_eq!(janitor.ended(), 1, "once");
        assert!(janitor.shared.is_idle());
    });
}

#[test]
fn an_old_one_that_waits_is_not_begun_after_a_claim() {
    claim_against(true);
}

#[test]
fn an_old_one_that_comes_meanwhile_is_not_begun_after_a_claim() {
    claim_against(false);
}
