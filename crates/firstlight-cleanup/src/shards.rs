use std::panic::Location;
use std::time::Duration;

use crate::engine::PHASES;
use crate::key::Key;
use crate::reason::Certainty;
use crate::sync::{Mutex, MutexGuard, lock};

/// A power of two, about twice the threads of a large machine.
pub(crate) const SHARDS: usize = if cfg!(firstlight_loom) { 2 } else { 32 };

/// How many rows a shard keeps when nothing of it is armed any more.
const KEPT: usize = 1_024;

/// The tracked guards that are armed, in shards: each thread uses its own, so that no two wait for each other.
pub(crate) struct Shards(Box<[OwnLine]>);

/// Alone on its cache line and the one that is fetched with it.
#[repr(align(128))]
struct OwnLine(Mutex<Shard>);

#[derive(Default)]
struct Shard {
    slots: Vec<Slot>,
    free: Option<u32>,
    /// How many are armed, by phase.
    armed: [usize; PHASES],
    closed: bool,
}

/// A row, or the place of one: what was written there stays until it is written over, but for its key.
struct Slot {
    row: ArmedRow,
    armed: bool,
    /// The free one after this.
    next: Option<u32>,
}

/// What is known of an armed guard.
#[derive(Debug, Clone)]
pub(crate) struct ArmedRow {
    pub(crate) name: &'static str,
    pub(crate) key: Option<Key>,
    pub(crate) place: &'static Location<'static>,
    pub(crate) since: Duration,
    pub(crate) phase: u8,
    pub(crate) certainty: Certainty,
    pub(crate) warned: bool,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slip {
    shard: u32,
    slot: u32,
}

impl Shards {
    pub(crate) fn new() -> Self {
        Self((0..SHARDS).map(|_| OwnLine(Mutex::default())).collect())
    }

    /// Writes a row down; none when it is closed. Whoever closed sees every row that was written.
    #[inline]
    pub(crate) fn enter(&self, row: ArmedRow) -> Option<Slip> {
        let of = of_this_thread();
        let mut guard = self.lock(of);
        let shard = &mut *guard;
        if shard.closed {
            return None;
        }
        shard.armed[usize::from(row.phase) % PHASES] += 1;
        let free = shard.free;
        if let Some((at, slot)) = free.and_then(|at| Some((at, shard.slots.get_mut(at as usize)?)))
        {
            let next = slot.next;
            slot.row = row;
            slot.armed = true;
            shard.free = next;
            return Some(Slip { shard: of, slot: at });
        }
        // 4 294 967 296 armed guards in one shard do not fit into memory.
        let slot = u32::try_from(shard.slots.len()).ok()?;
        shard.slots.push(Slot { row, armed: true, next: None });
        Some(Slip { shard: of, slot })
    }

    /// Strikes a row out; whether a drain waits for that.
    #[inline]
    pub(crate) fn leave(&self, slip: Slip) -> bool {
        let mut guard = self.lock(slip.shard);
        let shard = &mut *guard;
        let Some(slot) = shard.slots.get_mut(slip.slot as usize) else { return false };
        slot.armed = false;
        slot.next = shard.free.replace(slip.slot);
        let key = slot.row.key.take();
        shard.armed[usize::from(slot.row.phase) % PHASES] -= 1;
        let closed = shard.closed;
        let many = if shard.slots.len() > KEPT { shard.empty() } else { None };
        drop(guard);
        drop((key, many));
        closed
    }

    pub(crate) fn set_certainty(&self, slip: Slip, certainty: Certainty) {
        if let Some(slot) = self.lock(slip.shard).slots.get_mut(slip.slot as usize) {
            slot.row.certainty = certainty;
        }
    }

    pub(crate) fn close(&self) {
        for at in self.each() {
            self.lock(at).closed = true;
        }
    }

    /// How many are armed.
    pub(crate) fn armed(&self) -> usize {
        self.each().map(|at| self.lock(at).armed.iter().sum::<usize>()).sum()
    }

    /// How many of this phase are armed.
    pub(crate) fn armed_in(&self, phase: usize) -> usize {
        self.each().map(|at| self.lock(at).armed[phase]).sum()
    }

    /// At most `most` rows, and how many there are in all.
    pub(crate) fn all(&self, most: usize) -> (Vec<ArmedRow>, usize) {
        let (mut rows, mut total) = (Vec::new(), 0);
        for at in self.each() {
            let shard = self.lock(at);
            let armed = shard.slots.iter().filter(|slot| slot.armed).map(|slot| slot.row.clone());
            rows.extend(armed.take(most.saturating_sub(rows.len())));
            total += shard.armed.iter().sum::<usize>();
        }
        (rows, total)
    }

    /// At most `most` rows for which `pick` says so; it may mark them.
    pub(crate) fn pick(
        &self,
        most: usize,
        mut pick: impl FnMut(&mut ArmedRow) -> bool,
    ) -> Vec<ArmedRow> {
        let mut rows = Vec::new();
        for at in self.each() {
            for slot in &mut self.lock(at).slots {
                if rows.len() >= most {
                    return rows;
                }
                if slot.armed && pick(&mut slot.row) {
                    rows.push(slot.row.clone());
                }
            }
        }
        rows
    }

    fn each(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    #[inline]
    fn lock(&self, at: u32) -> MutexGuard<'_, Shard> {
        lock(&self.0[at as usize].0)
    }
}

impl Shard {
    /// Its memory, when nothing of it is armed any more: a crowd has gone.
    #[cold]
    fn empty(&mut self) -> Option<Vec<Slot>> {
        if self.armed != [0; PHASES] {
            return None;
        }
        self.free = None;
        Some(std::mem::take(&mut self.slots))
    }
}

/// Threads take shards in turn as they come; a thread whose locals are gone takes the first.
#[inline]
pub(crate) fn of_this_thread() -> u32 {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    thread_local! {
        static MINE: Cell<u32> = const { Cell::new(u32::MAX) };
    }
    let shards = u32::try_from(SHARDS).unwrap_or(1);
    MINE.try_with(|mine| {
        if mine.get() == u32::MAX {
            mine.set(NEXT.fetch_add(1, Ordering::Relaxed) % shards);
        }
        mine.get()
    })
    .unwrap_or(0)
}
