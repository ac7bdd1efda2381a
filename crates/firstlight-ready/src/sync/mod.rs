//! What threads share: one lock, the flags beside it, and those who wait. No tokio in here: all of it runs under loom.

#[cfg(all(test, firstlight_loom))]
mod loom_models;
mod outbox;
mod shared;
mod wakers;
mod watch;

#[cfg(firstlight_loom)]
use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
#[cfg(not(firstlight_loom))]
use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

pub(crate) use self::outbox::{Notice, Read, Told};
pub(crate) use self::shared::{After, Change, Shared};
pub(crate) use self::wakers::Ticket;
pub(crate) use self::watch::{Rule, Stuck, Watch};
