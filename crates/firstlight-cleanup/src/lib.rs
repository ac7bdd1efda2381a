//! Clean-up that still happens: guards that outlive cancellation, panics and the runtime, and a drain that says what is left.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use firstlight_cleanup::{Attempt, Cleanup, Janitor};
//! use std::time::Duration;
//!
//! let janitor = Janitor::new("orders");
//! let release = |_: Attempt| async { /* DELETE FROM leases ... */ };
//! let guard = janitor.scope(Cleanup::idempotent("release lease", release));
//! // ... an early return, a `?`, a panic, an abort, a lost `select!`: the lease is released ...
//! drop(guard);
//!
//! let report = janitor.drain(Duration::from_secs(5)).await;
//! assert!(report.is_clean(), "{report}");
//! # }
//! ```
//!
//! | to | use |
//! |---|---|
//! | guard a scope; a task, a struct | [`Janitor::scope`]; [`Janitor::track`] |
//! | guard what is only being acquired; stay armed until a commit is done | [`Janitor::acquire`]; [`Tracked::commit`] |
//! | finish what was begun, though its caller has gone | [`Janitor::shield`] |
//! | undo steps in reverse; clean up many keys in few calls | [`Janitor::stack`]; [`Janitor::batch`] |
//! | keep an old owner's clean-up away from a new one | [`Janitor::claim`], [`Janitor::fence`] |
//! | end, and hear what is left | [`Janitor::drain`]; at the end of `main` [`Janitor::drain_blocking`] |
//! | see what is there; be told | [`Janitor::inventory`], [`Janitor::stats`]; [`Settings::with_observer`], [`Settings::with_sweeper`] |
//!
//! It is not for what `Drop` alone can do, nor for what must survive the process: that is a lease, an outbox or a transaction in the store. The
//! crate's README compares it to its peers.
//!
#![doc = include_str!("ways_of_ending.md")]

mod acquire;
mod any;
mod armed;
mod attempt;
mod batch;
mod capture;
mod claim;
mod cleanup;
mod clock;
mod closed;
mod commit;
mod contain;
mod detaching;
mod drain;
mod ending;
mod engine;
mod failure;
mod faults;
mod fence;
mod finishing;
mod guard;
mod half_run;
mod held;
mod home;
mod inner;
mod inventory;
mod janitor;
mod job;
mod key;
#[cfg(all(test, firstlight_loom))]
mod loom_models;
mod not_acquired;
mod notice;
mod outcome;
mod parts;
#[cfg(test)]
mod plain_job;
mod plan;
mod polling;
mod reason;
mod remainder;
mod report;
mod retry;
mod run;
mod settings;
mod shards;
mod share;
mod shared;
mod shield;
mod stack;
mod stats;
mod sync;
mod telling;
mod text;
mod tracked;
mod unfinished;
mod watch;
mod within;
mod worker;

pub use self::acquire::Acquire;
pub use self::any::{AnyAsync, AnySync};
pub use self::attempt::Attempt;
pub use self::batch::{Batch, BatchGuard, Batching};
pub use self::capture::Capture;
pub use self::claim::Claim;
pub use self::cleanup::Cleanup;
pub use self::closed::Closed;
pub use self::commit::Commit;
pub use self::ending::Ending;
pub use self::failure::{Failure, IntoOutcome};
pub use self::fence::Fence;
pub use self::guard::Guard;
pub use self::inventory::Inventory;
pub use self::janitor::Janitor;
pub use self::key::Key;
pub use self::not_acquired::NotAcquired;
pub use self::notice::{Notice, What};
pub use self::outcome::{Outcome, State};
pub use self::parts::{AsyncPart, Idempotent, Nothing, Once, SyncPart};
pub use self::reason::{Certainty, Reason};
pub use self::remainder::Remainder;
pub use self::report::DrainReport;
pub use self::retry::Retry;
pub use self::run::Run;
pub use self::settings::Settings;
pub use self::shield::Shield;
pub use self::stack::{Stack, Stacked, StackedSync};
pub use self::stats::Stats;
pub use self::tracked::Tracked;
pub use self::unfinished::Unfinished;
