use std::collections::BTreeMap;
use std::time::Duration;

use crate::schedule::nanos;

/// What is due when, to the next multiple of a slack: all that falls into one slack shares one entry and one
/// wake-up of the timer.
///
/// Never early; late by less than the slack. There are as many entries as there are different moments, not as
/// there are targets.
#[derive(Debug)]
pub(super) struct Wheel {
    slack: u64,
    slots: BTreeMap<u64, Vec<Entry>>,
    /// Emptied slots, kept for their memory.
    spare: Vec<Vec<Entry>>,
}

/// A target's place, and which of its appointments this is: an appointment that was moved leaves its old entry behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) target: u32,
    pub(super) appointment: u32,
}

/// How many emptied slots are kept.
const SPARE: usize = 64;
/// tokio's timer knows no shorter time.
const SMALLEST_SLACK: u64 = 1_000_000;

impl Wheel {
    /// A slack below 1 ms counts as 1 ms.
    pub(super) fn new(slack: Duration) -> Self {
        Self { slack: nanos(slack).max(SMALLEST_SLACK), slots: BTreeMap::new(), spare: Vec::new() }
    }

    pub(super) const fn slack(&self) -> Duration {
        Duration::from_nanos(self.slack)
    }

    /// What is due already comes with the next tick: a schedule without delays is asked once a slack.
    pub(super) fn insert(&mut self, now: Duration, due: Duration, entry: Entry) {
        let tick = nanos(due).div_ceil(self.slack).max(nanos(now) / self.slack + 1);
        let spare = &mut self.spare;
        self.slots.entry(tick).or_insert_with(|| spare.pop().unwrap_or_default()).push(entry);
    }

    /// When the timer must fire next.
    pub(super) fn next(&self) -> Option<Duration> {
        self.slots.keys().next().map(|tick| Duration::from_nanos(tick.saturating_mul(self.slack)))
    }

    /// Takes the earliest slot, when it is due.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Vec<Entry>> {
        let slot = self
            .slots
            .first_entry()
            .filter(|slot| slot.key().saturating_mul(self.slack) <= nanos(now))?;
        Some(slot.remove())
    }

    /// Forgets the entries that were overtaken.
    pub(super) fn retain(&mut self, is_current: impl Fn(&Entry) -> bool) {
        self.slots.retain(|_, slot| {
            slot.retain(&is_current);
            !slot.is_empty()
        });
    }

    /// Gives a slot back whose entries have been read.
    pub(super) fn give_back(&mut self, mut slot: Vec<Entry>) {
        slot.clear();
        if self.spare.len() < SPARE {
            self.spare.push(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_overtaken_is_cleared_away() {
        let mut wheel = Wheel::new(Duration::from_millis(1));
        for appointment in 0..100 {
            wheel.insert(Duration::ZERO, Duration::MAX, Entry { target: 0, appointment });
        }
        wheel.retain(|entry| entry.appointment == 99);
        assert_eq!(wheel.slots.values().map(Vec::len).sum::<usize>(), 1);
    }

    proptest! {
        #[test]
        fn each_entry_comes_once_never_early_and_late_by_less_than_the_slack(
            slack in 0u64..50,
            dues in prop::collection::vec(0u64..1_000, 1..100),
        ) {
            let ms = Duration::from_millis;
            let mut wheel = Wheel::new(ms(slack));
            for (target, due) in (0..).zip(&dues) {
                wheel.insert(Duration::ZERO, ms(*due), Entry { target, appointment: 0 });
            }
            let mut seen = vec![false; dues.len()];
            while let Some(now) = wheel.next() {
                let slot = wheel.take_due(now).expect("the timer fires when something is due");
                for entry in &slot {
                    let due = ms(dues[entry.target as usize]);
                    let due = due.max(Duration::from_nanos(1));
                    prop_assert!(due <= now && now - due < ms(slack.max(1)), "{due:?} {now:?}");
                    prop_assert!(!std::mem::replace(&mut seen[entry.target as usize], true));
                }
                prop_assert_eq!(wheel.next().is_some_and(|next| next <= now), false);
                wheel.give_back(slot);
            }
            prop_assert!(seen.into_iter().all(|seen| seen));
        }
    }
}
