use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::http::connection::Connection;

/// What one attempt leaves for the next. Clones of a probe share it.
#[derive(Default)]
pub(crate) struct Memory {
    idle: Mutex<Option<Connection>>,
    has_fallen_back: AtomicBool,
}

impl Memory {
    pub(crate) fn take_idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn keep(&self, connection: Connection) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    /// Relaxed: the flag guards no other memory.
    pub(crate) fn has_fallen_back(&self) -> bool {
        self.has_fallen_back.load(Ordering::Relaxed)
    }

    pub(crate) fn fall_back(&self) {
        self.has_fallen_back.store(true, Ordering::Relaxed);
    }
}
