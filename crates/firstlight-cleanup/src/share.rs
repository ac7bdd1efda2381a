use std::ops::Deref;
use std::sync::Arc;

use crate::inner::Inner;
use crate::shards::{SHARDS, of_this_thread};

/// The janitor, once for each shard of the inventory.
///
/// A tracked guard keeps its janitor by its thread's copy: were it the janitor's own count, all threads would write to one place, and the
/// shards would gain nothing.
pub(crate) struct Shares(Box<[Arc<Share>]>);

/// Its count stands alone on its cache line and the one that is fetched with it.
#[repr(align(128))]
pub(crate) struct Share(Arc<Inner>);

impl Shares {
    pub(crate) fn new(inner: &Arc<Inner>) -> Self {
        Self((0..SHARDS).map(|_| Arc::new(Share(Arc::clone(inner)))).collect())
    }

    #[inline]
    pub(crate) fn of_this_thread(&self) -> Arc<Share> {
        Arc::clone(&self.0[of_this_thread() as usize % SHARDS])
    }
}

impl Deref for Share {
    type Target = Arc<Inner>;

    #[inline]
    fn deref(&self) -> &Arc<Inner> {
        &self.0
    }
}
