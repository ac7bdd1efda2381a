use std::collections::VecDeque;

/// The keys that wait, and how many calls are on their way for them. No clock, no lock, no runtime.
///
/// There are always as many calls on their way as it takes for the keys that wait, and no more: so each finds
/// some, and none is left over. Calls are alike: the first that comes takes the oldest keys.
pub(crate) struct Waiting<K> {
    keys: VecDeque<K>,
    calls: usize,
    most: usize,
    limit: usize,
    overflowing: bool,
}

/// What follows from a key that came in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed<K> {
    /// A call for it is on its way.
    Joined,
    /// The same, and that call is full now: it need not wait for more.
    Filled,
    /// A call is to be sent; it waits for more keys.
    Opened,
    /// A call is to be sent at once.
    OpenedFull,
    /// There is no place for it; `first` says that this is so just now.
    Overflowed { key: K, first: bool },
}

impl<K> Waiting<K> {
    pub(crate) fn new(most: usize, limit: usize) -> Self {
        let most = most.max(1);
        Self { keys: VecDeque::new(), calls: 0, most, limit, overflowing: false }
    }

    pub(crate) fn push(&mut self, key: K) -> Pushed<K> {
        if self.keys.len() >= self.limit {
            let first = !std::mem::replace(&mut self.overflowing, true);
            return Pushed::Overflowed { key, first };
        }
        self.keys.push_back(key);
        if self.keys.len() > self.room() {
            self.calls += 1;
            return if self.most == 1 { Pushed::OpenedFull } else { Pushed::Opened };
        }
        if self.is_full() { Pushed::Filled } else { Pushed::Joined }
    }

    /// For a call that begins, or will not: the oldest keys.
    pub(crate) fn take(&mut self) -> Vec<K> {
        let most = self.keys.len().min(self.most);
        self.calls = self.calls.saturating_sub(1);
        let keys = self.keys.drain(..most).collect();
        self.give_back();
        keys
    }

    /// For a call that found no place to wait: the newest keys, as few as possible.
    pub(crate) fn take_excess(&mut self) -> Vec<K> {
        self.calls = self.calls.saturating_sub(1);
        let kept = self.keys.len().min(self.room());
        let keys = self.keys.drain(kept..).collect();
        self.give_back();
        keys
    }

    /// Whether no call on its way waits for more keys.
    pub(crate) fn is_full(&self) -> bool {
        self.keys.len() == self.room()
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    fn room(&self) -> usize {
        self.calls.saturating_mul(self.most)
    }

    fn give_back(&mut self) {
        if self.keys.len() <= self.limit / 2 {
            self.overflowing = false;
        }
        // A storm is over: its memory is given back.
        if self.keys.is_empty() && self.keys.capacity() > 1_024 {
            self.keys = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The model: a list of keys, cut into calls of `most`.
        #[test]
        fn every_key_goes_out_once_in_order_and_no_call_is_too_many(
            most in 0_usize..6,
            limit in 0_usize..20,
            steps in proptest::collection::vec(0_u8..8, 0..200),
        ) {
            let mut waiting = Waiting::new(most, limit);
            let most = most.max(1);
            let mut model = Vec::new();
            let mut overflowed = false;
            for (key, step) in steps.into_iter().enumerate() {
                let took = step < 2 && !model.is_empty();
                match step {
                    0 if took => {
                        let rest = model.split_off(most.min(model.len()));
                        prop_assert_eq!(waiting.take(), std::mem::replace(&mut model, rest));
                    }
                    1 if took => {
                        let excess = model.split_off((model.len() - 1) / most * most);
                        prop_assert_eq!(waiting.take_excess(), excess);
                    }
                    _ if model.len() == limit => {
                        let first = !std::mem::replace(&mut overflowed, true);
                        prop_assert_eq!(waiting.push(key), Pushed::Overflowed { key, first });
                    }
                    _ => {
                        model.push(key);
                        let expected = match (model.len() % most, most) {
                            (0, 1) => Pushed::OpenedFull,
                            (0, _) => Pushed::Filled,
                            (1, _) => Pushed::Opened,
                            _ => Pushed::Joined,
                        };
                        prop_assert_eq!(waiting.push(key), expected);
                    }
                }
                overflowed &= !took || model.len() > limit / 2;
                prop_assert_eq!(waiting.len(), model.len());
                prop_assert_eq!(waiting.calls, model.len().div_ceil(most));
                prop_assert_eq!(waiting.is_full(), model.len() % most == 0);
            }
        }
    }

    #[test]
    fn the_memory_of_a_storm_is_given_back() {
        let mut waiting = Waiting::new(usize::MAX, usize::MAX);
        for key in 0_u64..100_000 {
            let _ = waiting.push(key);
        }
        // About the key: a vector that doubles has room for less than twice as many.
        assert!(waiting.keys.capacity() < 200_000);
        assert_eq!(waiting.take().len(), 100_000);
        assert_eq!(waiting.keys.capacity(), 0);
    }
}
