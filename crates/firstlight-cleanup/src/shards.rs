use std::panic::Location;
use std::time::Duration;

use crate::engine::PHASES;
use crate::key::Key;
use crate::reason::Certainty;
use crate::sync::{Mutex, MutexGuard, lock};

/// A power of two, about twice the threads of a large machine.
const SHARDS: usize = if cfg!(firstlight_loom) { 2 } else { 32 };

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

enum Slot {
    Free(Option<u32>),
    Armed(ArmedRow),
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
    pub(crate) fn enter(&self, row: ArmedRow) -> Option<Slip> {
        let at = of_this_thread();
        let mut shard = self.lock(at);
        if shard.closed {
            return None;
        }
        shard.armed[usize::from(row.phase)] += 1;
        let slot = match shard.free {
            Some(slot) => {
                let place = &mut shard.slots[slot as usize];
                let next = if let Slot::Free(next) = place { *next } else { None };
                *place = Slot::Armed(row);
                shard.free = next;
                slot
            }
            None => {
                // 4 294 967 296 armed guards in one shard do not fit into memory.
                let slot = u32::try_from(shard.slots.len()).ok()?;
                shard.slots.push(Slot::Armed(row));
                slot
            }
        };
        Some(Slip { shard: at, slot })
    }

    /// Strikes a row out; whether a drain waits for that.
    pub(crate) fn leave(&self, slip: Slip) -> bool {
        let mut guard = self.lock(slip.shard);
        let shard = &mut *guard;
        let free = shard.free.replace(slip.slot);
        let mut key = None;
        if let Slot::Armed(row) = &mut shard.slots[slip.slot as usize] {
            shard.armed[usize::from(row.phase)] -= 1;
            key = row.key.take();
        }
        shard.slots[slip.slot as usize] = Slot::Free(free);
        // A crowd has gone: its memory is given back.
        let many = if shard.slots.len() > KEPT && shard.armed == [0; PHASES] {
            shard.free = None;
            std::mem::take(&mut shard.slots)
        } else {
            Vec::new()
        };
        let closed = shard.closed;
        drop(guard);
        drop((key, many));
        closed
    }

    pub(crate) fn set_certainty(&self, slip: Slip, certainty: Certainty) {
        if let Slot::Armed(row) = &mut self.lock(slip.shard).slots[slip.slot as usize] {
            row.certainty = certainty;
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
            let armed = shard.slots.iter().filter_map(|slot| match slot {
                Slot::Armed(row) => Some(row.clone()),
                Slot::Free(_) => None,
            });
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
                if let Slot::Armed(row) = slot {
                    if pick(row) {
                        rows.push(row.clone());
                    }
                }
            }
        }
        rows
    }

    fn each(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    fn lock(&self, at: u32) -> MutexGuard<'_, Shard> {
        lock(&self.0[at as usize].0)
    }
}

/// Threads take shards in turn as they come; a thread whose locals are gone takes the first.
fn of_this_thread() -> u32 {
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
