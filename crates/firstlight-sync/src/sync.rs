//! The one lock of this crate: std's, or loom's in its models.

#[cfg(firstlight_loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
#[cfg(not(firstlight_loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};
