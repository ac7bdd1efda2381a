use std::collections::BTreeMap;
use std::task::Waker;

use crate::contain::contain;
use crate::machine::{GateId, ViewId};

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    View(ViewId),
    Gate(GateId),
    Phase,
    Transition,
}

/// All who wait, each with a waker of its own; a list is made with its first waiter and taken whole.
///
/// Sixteen bytes for each waiter, twice that while a list grows.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    /// Few as a rule, one or two: no hash is as cheap as these comparisons.
    lists: BTreeMap<Key, List>,
    /// How many lists were made: a ticket for one that was taken must not fit the next.
    made: u64,
}

/// A place in one list.
#[derive(Debug)]
pub(crate) struct Ticket {
    key: Key,
    list: u64,
    slot: u32,
}

#[derive(Debug)]
struct List {
    number: u64,
    slots: Vec<Slot>,
    free: Option<u32>,
    used: u32,
}

#[derive(Debug)]
enum Slot {
    /// Not in use; the next such slot.
    Free(Option<u32>),
    Used(Waker),
}

impl Wakers {
    /// Puts a waker where the ticket says, or into a new place when the list was taken since.
    ///
    /// Returns the waker that it replaces, to be dropped outside the lock.
    #[must_use]
    pub(crate) fn put(
        &mut self,
        key: Key,
        ticket: &mut Option<Ticket>,
        waker: Waker,
    ) -> Option<Waker> {
        let list = self.lists.entry(key).or_insert_with(|| {
            self.made += 1;
            List { number: self.made, slots: Vec::new(), free: None, used: 0 }
        });
        match ticket {
            Some(ticket) if ticket.list == list.number => list.replace(ticket.slot, waker),
            _ => {
                *ticket = Some(Ticket { key, list: list.number, slot: list.add(waker) });
                None
            }
        }
    }

    /// Gives a place up. Returns its waker, to be dropped outside the lock.
    #[must_use]
    pub(crate) fn remove(&mut self, ticket: &Ticket) -> Option<Waker> {
        let list = self.lists.get_mut(&ticket.key).filter(|list| list.number == ticket.list)?;
        let waker = list.remove(ticket.slot);
        if list.used == 0 {
            self.lists.remove(&ticket.key);
        }
        waker
    }

    /// Takes all who wait for this.
    pub(crate) fn take(&mut self, key: Key, into: &mut Woken) {
        // Mostly nobody waits, and then there is nothing to look up.
        if self.lists.is_empty() {
            return;
        }
        if let Some(list) = self.lists.remove(&key) {
            into.add(list.slots);
        }
    }

    /// Takes all who wait for anything.
    pub(crate) fn take_all(&mut self, into: &mut Woken) {
        for list in std::mem::take(&mut self.lists).into_values() {
            into.add(list.slots);
        }
    }

    #[cfg(all(test, firstlight_loom))]
    pub(crate) fn waiting(&self) -> usize {
        self.lists.values().map(|list| list.used as usize).sum()
    }
}

impl List {
    fn add(&mut self, waker: Waker) -> u32 {
        self.used += 1;
        let Some(slot) = self.free else {
            self.slots.push(Slot::Used(waker));
            // More waiters than a u32 can count do not fit into memory.
            return (self.slots.len() - 1) as u32;
        };
        if let Slot::Free(next) = self.set(slot, Slot::Used(waker)) {
            self.free = next;
        }
        slot
    }

    fn replace(&mut self, slot: u32, waker: Waker) -> Option<Waker> {
        match self.set(slot, Slot::Used(waker)) {
            Slot::Used(old) => Some(old),
            Slot::Free(_) => None,
        }
    }

    fn remove(&mut self, slot: u32) -> Option<Waker> {
        let freed = Slot::Free(self.free);
        let Slot::Used(waker) = self.set(slot, freed) else { return None };
        self.free = Some(slot);
        self.used -= 1;
        Some(waker)
    }

    fn set(&mut self, slot: u32, to: Slot) -> Slot {
        std::mem::replace(&mut self.slots[slot as usize], to)
    }
}

/// Those who must look again, to be woken outside the lock.
#[derive(Debug, Default)]
#[must_use = "who is not woken waits for ever"]
pub(crate) struct Woken {
    first: Vec<Slot>,
    others: Vec<Vec<Slot>>,
}

impl Woken {
    fn add(&mut self, list: Vec<Slot>) {
        // A single list is the rule, and costs no allocation.
        if self.first.is_empty() {
            self.first = list;
        } else {
            self.others.push(list);
        }
    }

    /// Wakes them; one whose waker panics does not keep the others asleep.
    pub(crate) fn wake(self) {
        if self.first.is_empty() {
            return;
        }
        // List by list: a chain of all slots costs as much again as the waking.
        for list in std::iter::once(self.first).chain(self.others) {
            for slot in list {
                if let Slot::Used(waker) = slot {
                    contain(|| waker.wake());
                }
            }
        }
    }
}
