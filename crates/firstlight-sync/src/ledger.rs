/// A tracker's books: counts of each source, and what follows from them.
///
/// Pure: no clock, no lock, no runtime. Every entry that makes no sense is refused and changes nothing.
///
/// Its laws, proved against a model: it is synced iff at some moment every source was done, nothing was in
/// flight and no source had failed; what it has become once, it stays; no count is ever negative.
#[derive(Debug, Clone)]
pub struct Ledger {
    tallies: Vec<Tally>,
    phase: Phase,
    /// Sources that are not done.
    undone: usize,
    in_flight: u64,
}

/// What is counted of one source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Its initial items have all been announced.
    pub done: bool,
    /// It failed, or was given up before it was done.
    pub failed: bool,
    /// Items that have begun and not finished.
    pub in_flight: u64,
    /// Initial items, by how they finished.
    pub relevant: u64,
    /// See [`Finish::Irrelevant`].
    pub irrelevant: u64,
    /// See [`Finish::Rejected`].
    pub rejected: u64,
    /// See [`Finish::Abandoned`].
    pub abandoned: u64,
    /// Items that began after the tracker had its verdict.
    pub later: u64,
    /// How often the source began its list anew.
    pub relists: u64,
    relisting: bool,
    settled: bool,
}

/// Something that happens to one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// An item is in flight from now on.
    Began,
    /// An item is no longer in flight.
    Finished(Finish),
    /// All initial items have been announced, or will be counted anyway.
    Done,
    /// It will never be done.
    Failed,
    /// Its handle is gone: a failure, unless it is done.
    Dropped,
    /// It lists everything once more, and may then be done once more.
    Relisted,
}

/// How an item finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// It has a part in the output.
    Relevant,
    /// It is none of our business.
    Irrelevant,
    /// It is ours, and wrong.
    Rejected,
    /// Nobody finished it: an early return, a panic, a cancelled task.
    Abandoned,
}

/// What the tracker as a whole has become; all but the first are for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Something is not done, or in flight.
    Pending,
    /// Everything was done, and nothing in flight.
    Synced,
    /// This source failed, as the first.
    Failed(usize),
    /// Somebody called it off.
    Cancelled,
    /// There is nothing that it could be synced with.
    NoSources,
}

/// What an entry brought about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effects {
    /// The source is done and has nothing in flight, for the first time.
    pub settled: bool,
    /// The source has failed just now.
    pub failed: bool,
    /// The phase is no longer pending.
    pub ended: bool,
}

/// Why an entry was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no source of that number.
    UnknownSource,
    /// Done twice, with no relist in between.
    AlreadyDone,
    /// Done or failed after it had failed.
    AlreadyFailed,
    /// More items finished than began.
    NothingInFlight,
}

impl Ledger {
    /// Opens the books of so many sources.
    ///
    /// Without any it is over at once: synced if `none_is_fine`.
    pub fn new(sources: usize, none_is_fine: bool) -> Self {
        let phase = match (sources, none_is_fine) {
            (0, true) => Phase::Synced,
            (0, false) => Phase::NoSources,
            _ => Phase::Pending,
        };
        Self { tallies: vec![Tally::default(); sources], phase, undone: sources, in_flight: 0 }
    }

    /// Makes an entry.
    ///
    /// # Errors
    /// An entry that makes no sense; then nothing has changed.
    pub fn apply(&mut self, source: usize, entry: Entry) -> Result<Effects, Refusal> {
        let pending = self.phase == Phase::Pending;
        let tally = self.tallies.get_mut(source).ok_or(Refusal::UnknownSource)?;
        let mut effects = Effects::default();
        match entry {
            Entry::Began => {
                tally.in_flight += 1;
                self.in_flight += 1;
                tally.later += u64::from(!pending);
            }
            Entry::Finished(finish) => {
                tally.in_flight = tally.in_flight.checked_sub(1).ok_or(Refusal::NothingInFlight)?;
                self.in_flight -= 1;
                // What finishes after the verdict does not change it.
                *tally.count(finish) += u64::from(pending);
            }
            Entry::Done if tally.failed => return Err(Refusal::AlreadyFailed),
            Entry::Done if tally.done && !tally.relisting => return Err(Refusal::AlreadyDone),
            Entry::Done => {
                self.undone -= usize::from(!tally.done);
                tally.done = true;
                tally.relisting = false;
            }
            Entry::Failed if tally.failed => return Err(Refusal::AlreadyFailed),
            Entry::Dropped if tally.failed || tally.done => {}
            Entry::Failed | Entry::Dropped => {
                tally.failed = true;
                effects.failed = true;
                if pending {
                    self.phase = Phase::Failed(source);
                    effects.ended = true;
                }
            }
            Entry::Relisted => {
                tally.relists += 1;
                tally.relisting = tally.done;
            }
        }
        if tally.done && !tally.failed && tally.in_flight == 0 && !tally.settled {
            tally.settled = true;
            effects.settled = true;
        }
        if self.phase == Phase::Pending && self.undone == 0 && self.in_flight == 0 {
            self.phase = Phase::Synced;
            effects.ended = true;
        }
        Ok(effects)
    }

    /// Calls it off; returns whether that changed anything.
    pub fn cancel(&mut self) -> bool {
        let pending = self.phase == Phase::Pending;
        if pending {
            self.phase = Phase::Cancelled;
        }
        pending
    }

    /// What the tracker has become.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The counts of every source, in the order of their numbers.
    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }
}

impl Tally {
    /// Whether it was once done with nothing in flight.
    pub const fn was_settled(&self) -> bool {
        self.settled
    }

    /// Whether the sync waits for this source.
    pub const fn is_pending(&self) -> bool {
        !self.done || self.in_flight > 0
    }

    const fn count(&mut self, finish: Finish) -> &mut u64 {
        match finish {
            Finish::Relevant => &mut self.relevant,
            Finish::Irrelevant => &mut self.irrelevant,
            Finish::Rejected => &mut self.rejected,
            Finish::Abandoned => &mut self.abandoned,
        }
    }
}
