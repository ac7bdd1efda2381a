use std::time::Duration;

use super::AtExpiry;

/// What to do with an item that is not whole.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an item that is neither held nor given out is lost"]
pub enum Decision<K> {
    /// Keep it back; [`Hold::expire`](super::Hold::expire) tells when its time is over.
    Hold {
        /// When that is, at the latest.
        until: Duration,
    },
    /// Its time is over.
    Expired(Expired<K>),
    /// It cannot be held, since too many are: treat it at once as one whose time is over.
    Full(AtExpiry),
}

/// An item that was kept back for as long as it may be, and what happens to it now.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an item whose time is over and that nobody treats stays kept back"]
pub enum Expired<K> {
    /// Give out what there is, if [`Hold::redeem`](super::Hold::redeem) says that nothing better was given
    /// out meanwhile.
    PublishBestEffort(Permit<K>),
    /// Leave what was given out before; tell somebody.
    KeepLastGood(K),
    /// Let the part that holds it fail.
    Fail(K),
}

/// Permits to give out an item that is not whole, as long as its hold lasts.
///
/// It is worth nothing by itself: [`Hold::redeem`](super::Hold::redeem) takes it and says whether it is still
/// good. Dropped, the item stays kept back until it is whole or asked for again.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is not redeemed gives nothing out"]
pub struct Permit<K> {
    pub(super) key: K,
    pub(super) episode: u64,
}

impl<K> Permit<K> {
    /// The item.
    pub fn key(&self) -> &K {
        &self.key
    }
}

impl<K> Expired<K> {
    /// The item.
    pub fn key(&self) -> &K {
        match self {
            Self::PublishBestEffort(permit) => permit.key(),
            Self::KeepLastGood(key) | Self::Fail(key) => key,
        }
    }
}
