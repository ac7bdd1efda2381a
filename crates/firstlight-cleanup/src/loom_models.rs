//! All interleavings of the few that matter; the engine, the shards and the flag in them are the real ones.
//!
//! Stand-ins are tokio's: its tasks are threads here, `Notify` with its one permit is [`Permit`], `notify_waiters` is [`Bell`]. Where one
//! lock or ownership alone gives a law there is no model: that a guard fires once (`armed.rs`), that a clean-up is in one queue or in one
//! pair of hands (`engine`, whose laws are in `engine/laws`), that one drain runs at a time (a tokio mutex).

use std::sync::Arc;
use std::time::Duration;

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread::{self, JoinHandle};

use crate::claim::Claim;
use crate::engine::{After, Call, Crew, Engine, Next, Standing, Submitted};
use crate::job::Job;
use crate::key::Key;
use crate::outcome::Outcome;
use crate::plain_job::plain_job;
use crate::reason::Certainty;
use crate::settings::Settings;
use crate::shards::ArmedRow;
use crate::shared::Shared;
use crate::sync::lock;

const NOW: Duration = Duration::ZERO;
const HOME: Crew = Crew::Home;

/// `Notify` as workers use it: a call that finds nobody asleep is kept.
struct Permit(Mutex<bool>, Condvar);

impl Permit {
    fn notify(&self) {
        *lock(&self.0) = true;
        self.1.notify_one();
    }

    fn wait(&self) {
        let mut there = lock(&self.0);
        while !std::mem::take(&mut *there) {
            there = self.1.wait(there).expect("no panic");
        }
    }
}

/// `Notify` as drains use it: who has listened before a ring, and waits after it, does not wait.
struct Bell(Mutex<usize>, Condvar);

impl Bell {
    fn ring(&self) {
        *lock(&self.0) += 1;
        self.1.notify_all();
    }

    fn listen(&self) -> usize {
        *lock(&self.0)
    }

    /// Waits until it has rung so often.
    fn wait(&self, rings: usize) {
        let mut rung = lock(&self.0);
        while *rung < rings {
            rung = self.1.wait(rung).expect("no panic");
        }
    }
}

/// Where workers are dropped by a runtime that ends; later ones live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dies {
    Never,
    Coming,
    AtWork,
    Parked,
    /// It does not die: it has slept for long enough, and retires.
    Retires,
}

struct Janitor {
    shared: Shared,
    wake: Permit,
    changed: Bell,
    workers: Mutex<Vec<JoinHandle<()>>>,
    /// Rings when a clean-up ends.
    ended: Bell,
    lost: AtomicUsize,
    dies: Dies,
    died: AtomicBool,
}

impl Janitor {
    fn new(workers: usize, dies: Dies) -> Arc<Self> {
        Arc::new(Self {
            shared: Shared::new(&Settings::new("loom").with_concurrency(workers)),
            wake: Permit(Mutex::new(false), Condvar::new()),
            changed: Bell(Mutex::new(0), Condvar::new()),
            workers: Mutex::new(Vec::new()),
            ended: Bell(Mutex::new(0), Condvar::new()),
            lost: AtomicUsize::new(0),
            dies,
            died: AtomicBool::new(false),
        })
    }

    /// As `Inner::act`.
    fn act(self: &Arc<Self>, after: After) {
        match after.home {
            Call::Nobody => {}
            Call::Wake => self.wake.notify(),
            Call::Spawn => {
                let janitor = self.clone();
                let worker = thread::spawn(move || janitor.work());
                lock(&self.workers).push(worker);
            }
        }
        if after.drains {
            self.changed.ring();
        }
    }

    fn engine<T>(&self, look: impl FnOnce(&mut Engine) -> T) -> T {
        self.shared.engine(look)
    }

    /// As `Inner::submit`.
    fn submit(self: &Arc<Self>, job: Box<Job>) {
        match self.engine(|engine| engine.submit(job, NOW, NOW)) {
            Submitted::Taken(after) => self.act(after),
            Submitted::Refused { job, outcome, .. } => self.finish(&job, None, outcome),
        }
    }

    /// As `Inner::finish`.
    fn finish(self: &Arc<Self>, job: &Job, row: Option<usize>, outcome: Outcome) {
        if outcome == Outcome::Lost {
            self.lost.fetch_add(1, Ordering::SeqCst);
        } else {
            self.ended.ring();
        }
        let after = self.engine(|engine| engine.end(job, row, outcome, NOW));
        self.act(after);
    }

    /// As `worker::work`, with the drop of its ticket.
    fn work(self: &Arc<Self>) {
        if self.dies_here(Dies::Coming) {
            return self.dropped(Standing::Coming);
        }
        self.engine(|engine| engine.staff(HOME).arrived());
        loop {
            match self.engine(|engine| engine.next(HOME, NOW)) {
                Next::Run { job, row, after } => {
                    self.act(after);
                    if self.dies_here(Dies::AtWork) {
                        self.put_back(job, row);
                        return self.dropped(Standing::AtWork);
                    }
                    self.finish(&job, Some(row), Outcome::Completed);
                }
                Next::End { job, outcome, after } => {
                    self.act(after);
                    self.finish(&job, None, outcome);
                }
                Next::Park { .. } => {
                    if self.dies_here(Dies::Parked) {
                        return self.dropped(Standing::Parked);
                    }
                    if !self.dies_here(Dies::Retires) {
                        self.wake.wait();
                    } else if self.engine(|engine| engine.staff(HOME).retire()) {
                        return;
                    }
                    self.engine(|engine| engine.staff(HOME).awake());
                }
                Next::Leave => return,
            }
        }
    }

    fn dies_here(&self, here: Dies) -> bool {
        self.dies == here && !self.died.swap(true, Ordering::SeqCst)
    }

    /// As `Held::drop`.
    fn put_back(self: &Arc<Self>, job: Box<Job>, row: usize) {
        let outcome = Outcome::Interrupted;
        match self.engine(|engine| engine.put_back(job, row, NOW, outcome, NOW)) {
            Ok(after) => self.act(after),
            Err((job, outcome)) => self.finish(&job, Some(row), outcome),
        }
    }

    /// As `Ticket::drop`.
    fn dropped(self: &Arc<Self>, standing: Standing) {
        let after = self.engine(|engine| engine.lost(HOME, standing));
        self.act(after);
    }

    /// As the drain's phases, with one phase and without a deadline.
    fn drain(self: &Arc<Self>) {
        self.shared.begin_closing();
        let after = self.engine(|engine| engine.enter_phase(0, NOW));
        self.act(after);
        loop {
            let listened = self.changed.listen();
            if self.shared.close_if_idle() {
                return;
            }
            self.changed.wait(listened + 1);
        }
    }

    /// As `Tracked::new` and its drop: whether it was accepted.
    fn guard(self: &Arc<Self>) -> bool {
        let row = ArmedRow {
            name: "law",
            key: None,
            place: std::panic::Location::caller(),
            since: NOW,
            phase: 0,
            certainty: Certainty::Yes,
            warned: false,
        };
        let Some(slip) = self.shared.shards.enter(row) else { return false };
        self.submit(plain_job(None, None));
        if self.shared.shards.leave(slip) {
            self.changed.ring();
        }
        true
    }

    /// As the drop of the last handle; then waits for all workers.
    fn end(self: &Arc<Self>) {
        let after = self.engine(Engine::dismiss);
        self.act(after);
        loop {
            let Some(worker) = lock(&self.workers).pop() else { return };
            worker.join().expect("no panic");
        }
    }

    fn ended(&self) -> usize {
        self.ended.listen()
    }
}

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
