use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::time::Duration;

use super::{AtExpiry, Counters, Decision, Expired, Limits, Permit, Warmth};

/// Keeps items back, each on its own, each for a bounded time.
///
/// * One hold, one deadline: an item that is kept back again does not get more time.
/// * Each item for itself: one that never becomes whole holds up no other.
/// * What is given out because a time was over never replaces something newer; see [`Hold::redeem`].
/// * It remembers items while they are kept back, and no longer; so many as [`Limits::max_items`] at most.
///
/// Times are of one clock, any: since the start of the process, say. While it stands still, no hold ends.
///
/// Share it under the lock under which you publish: it cannot know of a publication that it is not told of.
#[derive(Debug)]
pub struct Hold<K> {
    limits: Limits,
    held: HashMap<K, Episode>,
    /// Those whose end was not told yet, the next one first.
    ends: BTreeMap<(Duration, u64), K>,
    counters: Counters,
}

/// One item's hold, from the first time it was kept back until it is given out.
#[derive(Debug, Clone, Copy)]
struct Episode {
    /// Unique among all that this value ever began, so that a permit of an earlier one is worth nothing.
    number: u64,
    until: Duration,
    then: AtExpiry,
}

impl<K: Clone + Eq + Hash> Hold<K> {
    /// Makes one that holds nothing.
    pub fn new(limits: Limits) -> Self {
        Self { limits, held: HashMap::new(), ends: BTreeMap::new(), counters: Counters::default() }
    }

    /// Keeps back an item that is not whole, or says that its time is over.
    ///
    /// The first call begins the hold and takes its rule from `warmth`; later ones change neither.
    pub fn withhold(&mut self, key: &K, warmth: Warmth, now: Duration) -> Decision<K> {
        let known = self.held.get(key).copied();
        let Some(episode) = known.or_else(|| self.begin(key, warmth, now)) else {
            self.counters.refused += 1;
            return Decision::Full(self.limits.of(warmth).then);
        };
        if now < episode.until {
            return Decision::Hold { until: episode.until };
        }
        let first = self.ends.remove(&(episode.until, episode.number)).is_some();
        Decision::Expired(self.tell(key.clone(), episode, first))
    }

    /// Says that the whole item is given out now: its hold is over. True when there was one.
    ///
    /// Permits for it are worth nothing from here on.
    pub fn published(&mut self, key: &K) -> bool {
        let ended = self.end(key);
        self.counters.recoveries += u64::from(ended);
        ended
    }

    /// Forgets an item that has gone: a client that left, say. True when it was kept back.
    pub fn forget(&mut self, key: &K) -> bool {
        let ended = self.end(key);
        self.counters.forgotten += u64::from(ended);
        ended
    }

    /// Tells whose time is over, each once, in the order of their ends.
    ///
    /// They count as kept back until they are given out, or forgotten.
    #[must_use = "an item whose time is over and that nobody treats stays kept back"]
    pub fn expire(&mut self, now: Duration) -> Vec<Expired<K>> {
        let mut expired = Vec::new();
        while let Some(first) = self.ends.first_entry() {
            if first.key().0 > now {
                break;
            }
            let key = first.remove();
            if let Some(episode) = self.held.get(&key).copied() {
                expired.push(self.tell(key, episode, true));
            }
        }
        expired
    }

    /// Takes a permit: with the item in return, give out what there is of it, under the same lock.
    ///
    /// That ends the hold. `None`: meanwhile it was given out, or forgotten; what you have is older, drop it.
    #[must_use = "without looking at the answer, something older may replace something newer"]
    pub fn redeem(&mut self, permit: Permit<K>) -> Option<K> {
        let episode = self.held.get(&permit.key)?;
        if episode.number != permit.episode {
            return None;
        }
        self.end(&permit.key);
        self.counters.bounded_publishes += 1;
        Some(permit.key)
    }

    /// Tells when [`expire`](Self::expire) has something to tell next.
    pub fn next_expiry(&self) -> Option<Duration> {
        self.ends.first_key_value().map(|((until, _), _)| *until)
    }

    /// Tells how many items are kept back.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Tells whether nothing is kept back.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Tells whether this item is kept back.
    pub fn is_held(&self, key: &K) -> bool {
        self.held.contains_key(key)
    }

    /// Tells what became of all holds.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn begin(&mut self, key: &K, warmth: Warmth, now: Duration) -> Option<Episode> {
        if self.held.len() >= self.limits.items() {
            return None;
        }
        let limit = self.limits.of(warmth);
        let number = self.counters.defers;
        self.counters.defers += 1;
        let until = now.saturating_add(limit.time);
        let episode = Episode { number, until, then: limit.then };
        self.held.insert(key.clone(), episode);
        self.ends.insert((until, number), key.clone());
        Some(episode)
    }

    fn end(&mut self, key: &K) -> bool {
        let Some(episode) = self.held.remove(key) else { return false };
        self.ends.remove(&(episode.until, episode.number));
        true
    }

    /// An end is counted once, however often it is told.
    fn tell(&mut self, key: K, episode: Episode, first: bool) -> Expired<K> {
        match episode.then {
            AtExpiry::PublishBestEffort => {
                Expired::PublishBestEffort(Permit { key, episode: episode.number })
            }
            AtExpiry::KeepLastGood => {
                self.counters.withheld += u64::from(first);
                Expired::KeepLastGood(key)
            }
            AtExpiry::Fail => {
                self.counters.failed += u64::from(first);
                Expired::Fail(key)
            }
        }
    }
}
