//! A writer that cannot hang: lines go into a bounded queue, and one thread of ours takes them to where they
//! are wanted.
//!
//! # What it promises
//! * [`Writer::push`] holds one short lock and copies the line; it never writes, and never waits for who
//!   reads.
//! * A line is written whole or not at all. What is not written is counted by level, and announced in the
//!   stream, where it is missing.
//! * WARN and ERROR have room that lower levels cannot use.
//! * Waiting for the writer ([`Writer::flush`], [`Writer::close`]) is bounded, whatever the sink, the thread
//!   or the lock does.
//! * A line after a pause wakes the thread. It then looks again every millisecond as long as lines come, so
//!   that they need not wake it; an ERROR, a buffer that is half full, and a flush do.
//! * Memory: [`Limits::capacity`], and two batches of 64 KiB that are kept for the next lines. It is taken as
//!   it is needed; what a burst took is given back. What was kept early goes beyond that, once: it is bounded
//!   where it was kept, and lost here it would be lost after all.
//!
//! # What it cannot help
//! * Who ends a process while lines wait loses them: a bare `process::exit` or `abort` without a flush.
//! * A blocking descriptor that is shared with another process may take our write and then block, if the
//!   other fills the pipe in between: the thread waits, nobody else does. Outside Unix there is no poll
//!   before a write at all.
//! * SIGPIPE: Rust's `main` ignores it. In a program whose `main` is C's and which did not ignore it, a
//!   closed pipe ends the process.
//! * After a fork without exec, the child's lines go through a queue and a thread of its own. Lines that
//!   waited are the parent's to write. Where the parent was writing at that moment, up to [`ASK_EVERY`] of
//!   the child's first lines are lost with them; and a [`Target::Write`] that was being written to at that
//!   moment is of no use in the child.
//! * A global allocator that logs would meet our lock on its own thread: it must not.

mod alarm;
mod batch;
mod bell;
mod config;
mod error;
mod handle;
mod limits;
mod local;
mod lost;
mod open;
mod outlet;
mod pause;
mod queue;
mod shared;
mod stats;
mod target;
mod worker;

#[cfg(all(test, firstlight_loom))]
mod loom_models;
#[cfg(all(test, not(firstlight_loom)))]
mod tests;

pub(crate) use self::alarm::Alarm;
pub(crate) use self::config::Announce;
pub use self::error::FlushError;
pub(crate) use self::handle::{Leaving, Writer};
pub(crate) use self::limits::Limits;
pub(crate) use self::lost::Lost;
pub(crate) use self::open::Open;
pub use self::stats::WriterStats;
pub(crate) use self::target::Target;
