//! Waits until something is true, and is late by no more than it says.
//!
//! ```
//! # #[cfg(feature = "tokio")]
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use firstlight_poll::{ErrorClass, Verdict, Wait};
//!
//! let wait = Wait::local("migrations").with_timeout(std::time::Duration::from_secs(60));
//! let ready = wait.until(|cx| async move {
//!     match cx.attempt() {
//!         1 => Verdict::transient(ErrorClass::Refused, "connection refused"),
//!         _ => Verdict::Ready("schema 7"),
//!     }
//! });
//! println!("{}", ready.await.expect("ready in time").report);
//! # }
//! # #[cfg(not(feature = "tokio"))] fn main() {}
//! ```
//!
//! * [`Wait`] and [`SharedPoll`]: one wait; one loop for any number of waiters. [`Group`]: thousands of
//!   targets on one task.
//! * [`Verdict`]: what a probe returns. [`Classifier`]: which errors are worth waiting for.
//! * [`Envelope`]: the schedule, and the bound that it keeps. [`Schedule`], [`Heuristic`]: your own.
//! * [`WaitReport`]: what the wait saw, in `Ok` and in `Err`. [`Hint`], [`Observer`], [`Wait::statuses`]: in and out.
//!
//! The crate does no I/O: the `firstlight-probe` crate has probes for HTTP, TCP, gRPC, commands and files.
//!
//! # Time
//! All times are tokio's, so that a test under paused time is exact; there, a probe on a real socket makes
//! every time-out fire at once, since tokio moves the clock on whenever nothing else can run. On Linux the
//! clock stands still while the machine is suspended.
//!
//! # Logs
//! By `tracing`, with the target `firstlight_poll`: an INFO event when the status changes, a heartbeat
//! whenever the wait has lasted half as long again, and one at the end (WARN unless it is ready or
//! cancelled). Never one for each poll. Without a subscriber there is nothing to see.
//!
//! # Features
//! * `tokio` (default): everything asynchronous. Without it: schedules, classifier, reports and
//!   [`Wait::until_blocking`].
//! * `serde`: `Serialize` for reports.
//!
//! # What it refuses to do
//! It spawns no task and starts no thread, does not retry work (a probe asks, it does not change anything),
//! and has no global state.

#![cfg_attr(not(feature = "tokio"), allow(rustdoc::broken_intra_doc_links))]

mod blocking;
mod classifier;
mod clock;
mod config;
mod context;
#[cfg(feature = "tokio")]
mod drive;
mod engine;
#[cfg(test)]
mod engine_laws;
mod error;
mod error_class;
mod fault;
#[cfg(feature = "tokio")]
mod group;
mod hint;
mod interrupts;
mod narrator;
mod normalise;
mod observer;
mod pending;
#[cfg(feature = "tokio")]
mod probe;
mod ready;
mod redact;
mod report;
mod schedule;
#[cfg(feature = "tokio")]
mod shared;
mod status;
#[cfg(feature = "tokio")]
mod statuses;
mod text;
#[cfg(feature = "tokio")]
mod until;
mod verdict;
mod wait;

pub use classifier::{Classifier, Disposition, Grace, Streak};
pub use context::Context;
pub use error::{Failure, WaitError};
pub use error_class::ErrorClass;
pub use fault::Fault;
#[cfg(feature = "tokio")]
pub use group::Group;
pub use hint::Hint;
pub use observer::{Attempt, Observer};
pub use pending::{MAX_FAILING, MAX_ITEM, Pending, Progress};
pub use ready::Ready;
pub use redact::redact;
pub use report::{ItemReport, MAX_ITEMS, MAX_RUNS, Outcome, Run, WaitReport};
pub use schedule::{
    AttemptTimeout, Bound, ByStatus, Envelope, Exponential, Fixed, Heuristic, Moment, Pause, Rate,
    Schedule,
};
#[cfg(feature = "tokio")]
pub use shared::{SharedPoll, SharedWait};
pub use status::{Status, StatusKind};
#[cfg(feature = "tokio")]
pub use statuses::Update;
pub use text::{MAX_TEXT, Text};
pub use verdict::{Overload, Verdict};
pub use wait::Wait;
