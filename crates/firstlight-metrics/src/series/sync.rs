//! The atomics of this crate: std's, or loom's in a model.

#[cfg(firstlight_loom)]
pub(super) use loom::sync::atomic::{Ordering, fence};
#[cfg(not(firstlight_loom))]
pub(super) use std::sync::atomic::{Ordering, fence};
