//! A janitor whose workers are threads.

use std::sync::Arc;

use loom::sync::Mutex;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread::{self, JoinHandle};

use super::stand_ins::{Bell, Permit};
use super::{HOME, NOW};
use crate::engine::{After, Call, Engine, Next, Standing, Submitted};
use crate::job::Job;
use crate::outcome::Outcome;
use crate::plain_job::plain_job;
use crate::reason::Certainty;
use crate::settings::Settings;
use crate::shards::ArmedRow;
use crate::shared::Shared;
use crate::sync::lock;

/// Where workers are dropped by a runtime that ends; later ones live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dies {
    Never,
    Coming,
    AtWork,
    Parked,
    /// It does not die: it has slept for long enough, and retires.
    Retires,
}

pub(super) struct Janitor {
    pub(super) shared: Shared,
    wake: Permit,
    changed: Bell,
    workers: Mutex<Vec<JoinHandle<()>>>,
    /// Rings when a clean-up ends.
    pub(super) ended: Bell,
    pub(super) lost: AtomicUsize,
    dies: Dies,
    died: AtomicBool,
}

impl Janitor {
    pub(super) fn new(workers: usize, dies: Dies) -> Arc<Self> {
        Arc::new(Self {
            shared: Shared::new(&Settings::new("loom").with_concurrency(workers)),
            wake: Permit::new(),
            changed: Bell::new(),
            workers: Mutex::new(Vec::new()),
            ended: Bell::new(),
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

    pub(super) fn engine<T>(&self, look: impl FnOnce(&mut Engine) -> T) -> T {
        self.shared.engine(look)
    }

    /// As `Inner::submit`.
    pub(super) fn submit(self: &Arc<Self>, job: Box<Job>) {
        match self.engine(|engine| engine.submit(job, NOW, NOW)) {
            Submitted::Taken(after) => self.act(after),
            Submitted::Refused { job, outcome, .. } => self.finish(&job, None, outcome),
        }
    }

    /// As `Inner::finish`.
    pub(super) fn finish(self: &Arc<Self>, job: &Job, row: Option<usize>, outcome: Outcome) {
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
    pub(super) fn drain(self: &Arc<Self>) {
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
    pub(super) fn guard(self: &Arc<Self>) -> bool {
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
    pub(super) fn end(self: &Arc<Self>) {
        let after = self.engine(Engine::dismiss);
        self.act(after);
        loop {
            let Some(worker) = lock(&self.workers).pop() else { return };
            worker.join().expect("no panic");
        }
    }

    pub(super) fn ended(&self) -> usize {
        self.ended.listen()
    }
}
