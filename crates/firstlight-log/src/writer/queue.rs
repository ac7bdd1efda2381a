use std::collections::VecDeque;
use std::io;

use tracing::Level;

use super::batch::{BATCH, Batch, Mark, Note};
use super::limits::Limits;
use super::lost::Lost;
use super::stats::WriterStats;

/// The accounts of a writer: what waits, what was written, what is missing where. It has no lock, no thread
/// and no clock.
///
/// * Every line that is pushed is one of: dropped, waiting, written, failed.
/// * What is dropped is noted where it is missing: before the next line that is accepted, or when somebody
///   takes what there is.
/// * `T` is where the lines go, which may change between two of them.
#[derive(Debug)]
pub(super) struct Queue<T> {
    limits: Limits,
    /// What waits, the oldest batch first. Batches are small, so that what is written makes room soon.
    batches: VecDeque<Batch<T>>,
    /// What the lines that wait are charged with.
    used: usize,
    /// The memory of the batch that was taken, until whoever took it comes again.
    taken: usize,
    /// One that was emptied, for the next lines.
    spare: Option<Batch<T>>,
    /// What was dropped since the last line that was accepted.
    gap: Lost,
    /// Lines and notes that ever came, and those that are done with.
    entered: u64,
    settled: u64,
    waiting_bytes: u64,
    waiting_notes: u64,
    tally: WriterStats,
    /// Failed lines that a flush has told of.
    told: u64,
    /// Which target it is, from zero.
    generation: u64,
    closed: bool,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushed {
    Accepted,
    Dropped,
    /// There is no room, but it may wait for some: nothing was counted.
    Full,
}

/// What the writer is done with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settled {
    /// Lines that were written, and their bytes.
    pub(super) lines: u64,
    pub(super) bytes: u64,
    /// Lines that were not, and their bytes.
    pub(super) failed: u64,
    pub(super) failed_bytes: u64,
    pub(super) notes: u64,
    pub(super) error: Option<io::ErrorKind>,
}

/// What a line costs besides its bytes: its mark, in a list that doubles when it grows.
const LINE: usize = 2 * size_of::<Mark>();
/// So many bytes of early lines wait at most: what a span says is kept once, and stands in each line in it.
const MOST_EARLY: u64 = 64 * 1024 * 1024;
/// What a note costs.
const NOTE: usize = 128;

impl<T> Queue<T> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            batches: VecDeque::new(),
            used: 0,
            taken: 0,
            spare: None,
            gap: Lost::default(),
            entered: 0,
            settled: 0,
            waiting_bytes: 0,
            waiting_notes: 0,
            tally: WriterStats::default(),
            told: 0,
            generation: 0,
            closed: false,
        }
    }

    /// Takes a line, whole, or drops it, whole; `may_wait` says whether a lossless queue may ask it to come
    /// again.
    pub(super) fn push(&mut self, level: Level, line: &[u8], may_wait: bool) -> Pushed {
        if self.closed || self.tally.dead {
            return self.drop_one(level);
        }
        let Ok(len) = u32::try_from(line.len()) else { return self.drop_one(level) };
        let note = if self.gap.is_empty() { 0 } else { NOTE };
        let cost = line.len() + LINE + note;
        let free = self.limits.capacity.saturating_sub(self.taken);
        let room = match level {
            Level::ERROR | Level::WARN => free,
            _ => free.saturating_sub(self.limits.reserve),
        };
        let fits = self.used.checked_add(cost).is_some_and(|used| used <= room);
        // One that is too large for an empty queue will never fit: in a lossless one it goes alone.
        let goes_alone = self.limits.lossless && self.used == 0;
        if !(fits || goes_alone) {
            return match self.limits.lossless && may_wait {
                true => Pushed::Full,
                false => self.drop_one(level),
            };
        }
        let pushed = self.accept(Mark::new(len, level), line, free.min(BATCH));
        if pushed == Pushed::Accepted {
            self.used += cost;
            if let Some(batch) = self.batches.back_mut() {
                batch.charge += cost;
            }
        }
        pushed
    }

    /// Takes a line whether there is room or not, and charges nothing for it; more than [`MOST_EARLY`] is
    /// dropped.
    pub(super) fn push_early(&mut self, level: Level, line: &[u8]) -> Pushed {
        match u32::try_from(line.len()) {
            Ok(len) if !(self.closed || self.tally.dead) && self.has_room_early(line.len()) => {
                self.accept(Mark::new(len, level), line, BATCH)
            }
            _ => self.drop_one(level),
        }
    }

    fn has_room_early(&self, len: usize) -> bool {
        self.waiting_bytes.saturating_add(len as u64) <= MOST_EARLY
    }

    fn accept(&mut self, mark: Mark, line: &[u8], most: usize) -> Pushed {
        self.note_gap();
        if self.last().bytes.len() + line.len() > BATCH && !self.last().is_empty() {
            self.open();
        }
        if !self.last().push(mark, line, most) {
            return self.drop_one(mark.level());
        }
        self.entered += 1;
        self.waiting_bytes += mark.len() as u64;
        Pushed::Accepted
    }

    /// Sends what follows elsewhere; what was sent nowhere is returned, for a caller without a lock to drop.
    pub(super) fn retarget(&mut self, limits: Limits, to: T) -> Option<T> {
        if self.closed {
            return Some(to);
        }
        self.limits = limits;
        let was_dead = std::mem::replace(&mut self.tally.dead, false);
        // What a dead one lost is the new one's to tell.
        if !was_dead {
            self.note_gap();
        }
        match self.batches.back_mut().and_then(Batch::last_note) {
            Some(Note::Retarget(unused)) => Some(std::mem::replace(unused, to)),
            _ => {
                self.generation += 1;
                self.note(Note::Retarget(to));
                None
            }
        }
    }

    /// Hands over the batch that has waited longest, against an empty one; false if there is nothing.
    pub(super) fn take(&mut self, into: &mut Batch<T>) -> bool {
        if !self.tally.dead {
            self.note_gap();
        }
        self.taken = 0;
        let Some(batch) = self.batches.pop_front() else { return false };
        self.used -= batch.charge;
        self.taken = batch.memory();
        self.spare = Some(std::mem::replace(into, batch));
        true
    }

    /// Accounts for what was taken.
    pub(super) fn settle(&mut self, done: Settled) {
        self.settled += done.lines + done.failed + done.notes;
        self.waiting_bytes -= done.bytes + done.failed_bytes;
        self.waiting_notes -= done.notes;
        self.tally.lines += done.lines;
        self.tally.bytes += done.bytes;
        self.tally.failed += done.failed;
        self.tally.last_error = done.error.or(self.tally.last_error);
    }

    /// The target of that generation takes no more.
    pub(super) fn died(&mut self, generation: u64) {
        if generation == self.generation {
            self.tally.dead = true;
        }
    }

    /// Accepts nothing from now on; what waits can still be taken.
    pub(super) fn close(&mut self) {
        if !self.closed && !self.tally.dead {
            self.note_gap();
        }
        self.closed = true;
    }

    /// Stands for all that has come until now.
    pub(super) fn mark(&mut self) -> u64 {
        if !self.closed && !self.tally.dead {
            self.note_gap();
        }
        self.entered
    }

    /// Whether all that had come by that mark is done with.
    pub(super) fn is_settled(&self, mark: u64) -> bool {
        self.settled >= mark
    }

    /// How many lines have failed since this was last asked.
    pub(super) fn newly_failed(&mut self) -> u64 {
        let failed = self.tally.failed;
        failed - std::mem::replace(&mut self.told, failed)
    }

    pub(super) fn stats(&self) -> WriterStats {
        WriterStats { waiting: self.waiting(), ..self.tally }
    }

    /// Lines that wait, here or with who took them.
    pub(super) fn waiting(&self) -> u64 {
        self.entered - self.settled - self.waiting_notes
    }

    pub(super) fn waiting_bytes(&self) -> u64 {
        self.waiting_bytes
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn is_half_full(&self) -> bool {
        self.used + self.taken >= self.limits.capacity / 2
    }

    pub(super) fn is_front_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Whether somebody should take what there is.
    pub(super) fn has_work(&self) -> bool {
        !self.batches.is_empty() || !(self.gap.is_empty() || self.tally.dead || self.closed)
    }

    fn drop_one(&mut self, level: Level) -> Pushed {
        self.tally.dropped.drop_one(level);
        // Nobody is there any more to tell after the end.
        if !self.closed {
            self.gap.drop_one(level);
        }
        Pushed::Dropped
    }

    fn note_gap(&mut self) {
        if self.gap.is_empty() {
            return;
        }
        let gap = std::mem::take(&mut self.gap);
        match self.batches.back_mut().and_then(Batch::last_note) {
            // No line came between them: one gap.
            Some(Note::Gap(before)) => before.add(&gap),
            _ => self.note(Note::Gap(gap)),
        }
    }

    /// The batch that is filled.
    fn last(&mut self) -> &mut Batch<T> {
        if self.batches.is_empty() {
            self.open();
        }
        let last = self.batches.len() - 1;
        &mut self.batches[last]
    }

    fn open(&mut self) {
        self.batches.push_back(self.spare.take().unwrap_or_default());
    }

    fn note(&mut self, note: Note<T>) {
        self.last().note(note);
        self.entered += 1;
        self.waiting_notes += 1;
    }
}
