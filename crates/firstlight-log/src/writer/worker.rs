use std::cell::Cell;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use firstlight_clock::Clock;

use super::batch::{BATCH, Batch, Mark, Note, Place, piece};
use super::bell::Bell;
use super::config::Config;
use super::lost::Lost;
use super::outlet::Trouble;
use super::queue::Settled;
use super::shared::{Next, Shared};
use crate::contain::contain;
use crate::own_thread;

/// Who writes: the thread, or where there is none, who flushes.
#[derive(Debug)]
pub(super) struct Worker {
    shared: Arc<Shared<Arc<Config>>>,
    bell: Arc<Bell>,
    config: Arc<Config>,
    generation: u64,
    /// The target takes no more.
    dead: bool,
    /// It is not waited for any more.
    given_up: bool,
    /// The last write ended in the middle of a line.
    torn: bool,
    /// What could not be written, and was not told yet.
    owed: Lost,
    /// What tells it.
    words: Vec<u8>,
    batch: Batch<Arc<Config>>,
    /// When it gives up, for one that is not a thread.
    deadline: Option<Duration>,
    clock: Clock,
}

thread_local! {
    /// The queue that this thread empties, by its address.
    static EMPTIES: Cell<usize> = const { Cell::new(0) };
}

/// How long a target that was exchanged may stall before what is left for it is given up: the new one waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where lines have just come, more will: they are collected so long, unless one is urgent.
const NAP: Duration = Duration::from_millis(1);

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared<Arc<Config>>>,
        config: Arc<Config>,
        bell: Arc<Bell>,
    ) -> Self {
        Self {
            shared,
            bell,
            config,
            generation: 0,
            dead: false,
            given_up: false,
            torn: false,
            owed: Lost::default(),
            words: Vec::new(),
            batch: Batch::default(),
            deadline: None,
            clock: Clock::real(),
        }
    }

    /// The thread's life: until the queue is closed and empty.
    pub(super) fn run(mut self) {
        EMPTIES.set(address(&self.shared));
        let mut nap = None;
        loop {
            let timeout = self.bell.rings_in(self.clock.now());
            match self.shared.next(&mut self.batch, timeout, nap.take()) {
                Next::Write => {
                    self.write();
                    nap = Some(NAP);
                }
                Next::Nothing => {}
                Next::End => break,
            }
            self.bell.look(self.clock.now());
        }
        self.go_to(Arc::new(Config::nowhere()));
    }

    /// Writes what there is, by the deadline; what then is left of what it has taken, is lost.
    pub(super) fn work_off(&mut self, deadline: Duration) {
        // What a writer of the user's logs here would be work again, without end.
        own_thread::as_ours(|| self.work_off_here(deadline));
    }

    fn work_off_here(&mut self, deadline: Duration) {
        let before = EMPTIES.replace(address(&self.shared));
        self.deadline = Some(deadline);
        self.given_up = false;
        while self.clock.now() < deadline
            && self.shared.next(&mut self.batch, Some(Duration::ZERO), None) == Next::Write
        {
            self.write();
        }
        EMPTIES.set(before);
    }

    /// Writes what it has taken.
    fn write(&mut self) {
        let mut batch = mem::take(&mut self.batch);
        let mut place = Place::default();
        for (at, note) in batch.notes.drain(..) {
            self.write_lines(&batch.lines, &batch.bytes, &mut place, at);
            match note {
                Note::Gap(lost) => {
                    self.owed.add(&lost);
                    self.tell();
                }
                Note::Retarget(config) => self.go_to(config),
            }
            self.shared.settle(Settled { notes: 1, ..Settled::default() });
        }
        self.write_lines(&batch.lines, &batch.bytes, &mut place, batch.lines.len());
        batch.clear(BATCH);
        self.batch = batch;
    }

    /// Writes lines up to one, in pieces.
    fn write_lines(&mut self, lines: &[Mark], bytes: &[u8], place: &mut Place, until: usize) {
        let most = self.config.open.outlet().piece();
        while let Some(left) = lines.get(place.line..until).filter(|left| !left.is_empty()) {
            let (marks, range) = place.advance(piece(left, most));
            let marks = lines.get(marks).unwrap_or_default();
            self.write_piece(marks, bytes.get(range).unwrap_or_default());
            self.bell.look(self.clock.now());
        }
    }

    /// Writes lines at once; those that were not written whole have failed.
    fn write_piece(&mut self, marks: &[Mark], bytes: &[u8]) {
        let wrote = if self.tell() { self.put(bytes) } else { 0 };
        let mut done = Settled::default();
        let mut end = 0;
        for mark in marks {
            end += mark.len();
            if end <= wrote {
                done.lines += 1;
                done.bytes += mark.len() as u64;
            } else {
                done.failed += 1;
                done.failed_bytes += mark.len() as u64;
                self.owed.fail_one(mark.level());
            }
        }
        self.torn = (self.torn && wrote == 0) || wrote as u64 > done.bytes;
        self.shared.settle(done);
    }

    /// Tells of what is missing, if something is; false if that was not possible.
    ///
    /// What comes after a gap is not written before the gap is told.
    fn tell(&mut self) -> bool {
        if self.dead || self.given_up {
            return false;
        }
        if self.owed.is_empty() {
            return true;
        }
        let mut words = mem::take(&mut self.words);
        words.clear();
        if self.torn {
            words.push(b'\n');
        }
        let (config, owed) = (self.config.clone(), self.owed);
        // If it panics, nothing but what it has said so far can be said.
        contain(|| (config.announce)(&owed, &mut words));
        let wrote = self.put(&words);
        let told = wrote == words.len();
        self.words = words;
        if told {
            self.owed = Lost::default();
            self.torn = false;
        } else {
            self.torn |= wrote > 0;
        }
        told
    }

    /// Writes bytes as far as that is possible, and returns how far.
    fn put(&mut self, bytes: &[u8]) -> usize {
        let config = self.config.clone();
        let outlet = config.open.outlet();
        let began = self.clock.now();
        let (wrote, trouble) = outlet.write(bytes, &mut || self.goes_on(began));
        // What a writer of the user's keeps for later and then cannot pass on, has not arrived.
        let kept = if trouble.is_none() { outlet.flush() } else { None };
        if let Some(trouble) = trouble.or(kept) {
            self.heed(trouble);
        }
        if kept.is_some() { 0 } else { wrote }
    }

    /// Asked while the sink stalls.
    fn goes_on(&self, began: Duration) -> bool {
        let now = self.clock.now();
        self.bell.look(now);
        let is_over = self.deadline.is_some_and(|deadline| now >= deadline);
        let is_replaced = self.shared.generation() != self.generation;
        let is_tried = is_replaced && now.saturating_sub(began) >= PATIENCE;
        !(is_over || is_tried || self.shared.is_abandoned())
    }

    /// After fatal trouble the target is not written to again.
    fn heed(&mut self, trouble: Trouble) {
        self.shared.settle(Settled { error: Some(trouble.kind), ..Settled::default() });
        if trouble == Trouble::GAVE_UP {
            self.given_up = true;
        } else if trouble.fatal {
            self.dead = true;
            self.shared.died(self.generation);
        }
    }

    /// Goes on elsewhere.
    fn go_to(&mut self, config: Arc<Config>) {
        let before = mem::replace(&mut self.config, config);
        self.generation += 1;
        self.dead = false;
        self.given_up = false;
        self.torn = false;
        // The last one drops a writer of the user's.
        contain(|| drop(before));
    }
}

/// Whether this thread is the one that empties that queue.
pub(super) fn empties(shared: &Arc<Shared<Arc<Config>>>) -> bool {
    EMPTIES.get() == address(shared)
}

fn address(shared: &Arc<Shared<Arc<Config>>>) -> usize {
    Arc::as_ptr(shared).addr()
}
