//! Where lines end: they are counted, and forgotten.

use std::cell::Cell;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

thread_local! {
    static HERE: Cell<u64> = const { Cell::new(0) };
}

/// For who writes on the thread that logs, a line at a time: the cheapest there is, nothing is shared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Here;

impl Here {
    /// How many lines this thread has written since it was asked last.
    pub fn take() -> u64 {
        HERE.take()
    }
}

impl Write for Here {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.ends_with(b"\n") {
            HERE.set(HERE.get() + 1);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// For who writes on a thread of his own, perhaps many lines at a time; it can be stalled.
#[derive(Debug, Clone, Default)]
pub struct There(Arc<Inside>);

#[derive(Debug, Default)]
struct Inside {
    lines: AtomicU64,
    stalled: AtomicBool,
    gate: Mutex<()>,
    opened: Condvar,
}

impl There {
    /// How many lines were written since this was asked last.
    pub fn take(&self) -> u64 {
        self.0.lines.swap(0, Ordering::AcqRel)
    }

    /// How many lines were written so far.
    pub fn lines(&self) -> u64 {
        self.0.lines.load(Ordering::Acquire)
    }

    /// Whoever writes waits from now on, or no longer.
    ///
    /// # Panics
    /// When a writer panicked.
    pub fn stall(&self, stalled: bool) {
        let _gate = self.0.gate.lock().expect("no panic under it");
        self.0.stalled.store(stalled, Ordering::Release);
        self.0.opened.notify_all();
    }
}

impl Write for There {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.stalled.load(Ordering::Acquire) {
            let mut gate = self.0.gate.lock().expect("no panic under it");
            while self.0.stalled.load(Ordering::Acquire) {
                gate = self.0.opened.wait(gate).expect("no panic under it");
            }
        }
        let lines = bytes.chunks(255).map(breaks).sum();
        self.0.lines.fetch_add(lines, Ordering::AcqRel);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// In a byte, so that the compiler counts many at once: the peers' writers have only one line to look at.
fn breaks(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0_u8, |count, byte| count + u8::from(*byte == b'\n')).into()
}
