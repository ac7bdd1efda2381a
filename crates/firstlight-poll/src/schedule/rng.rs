use std::hash::{BuildHasher, RandomState};

/// A SplitMix64 generator: one addition, two multiplications a draw. Jitter needs spread, not secrecy.
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that differs between processes, and within one between calls.
    pub(super) fn random() -> Self {
        Self(RandomState::new().hash_one(0))
    }

    #[inline]
    pub(super) const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
