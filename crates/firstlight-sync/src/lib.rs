//! Knows when everything has been read and handled, and serves nothing before the first output.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use firstlight_sync::{Tracker, first_output, initial_build};
//!
//! let caches = Tracker::builder("caches").source("pods").build()?;
//! let pods = caches.source("pods")?.feed(async |pods| {
//!     pods.item().with_key("default/web").relevant();
//!     pods.done()
//! });
//! let (publisher, snapshot) = first_output("snapshot")?;
//! assert!(snapshot.get().is_err()); // not yet
//! let build = initial_build(caches.wait(), &publisher, async |_| Ok::<_, String>("web"));
//! let (fed, synced) = tokio::join!(pods, build);
//! println!("{}: {}", synced?.verdict(), snapshot.get()?);
//! # fed?;
//! # Ok(()) }
//! ```
//!
//! * [`Tracker`]: a sealed set of sources. [`Source`]: one of them, claimed. [`Feed`], [`Item`]: what its
//!   event loop tells.
//! * [`Wait`], [`Tracker::wait_blocking`]: any number of waiters. [`Synced`], [`NotSynced`]: how they end.
//! * [`Verdict`]: no configuration is not a configuration error, and no sources are neither.
//! * [`first_output`]: a cell without an initial value: [`Publisher`], [`Output`], [`Subscription`].
//! * [`initial_build`]: builds exactly once after the sync. [`Debounce`]: for the builds after that.
//!
//! # Logs
//! By `tracing`, with the target `firstlight_sync`: one event each for a source, the tracker and the first
//! output, when it ends, with when it began (`span`, `start_ns`, `end_ns`, `outcome`, `parent`, `after`); a
//! WARN for the first abandoned items. Never one for each item.
//!
//! # What it refuses to do
//! It polls nothing, spawns no task, starts no thread, and has no global state but a mark on the thread that
//! feeds a tracker. It reads no source itself, and knows nothing of leaders: leadership makes nobody ready.

mod blocking;
mod builder;
mod debounce;
mod error;
mod events;
mod explain;
mod feed;
mod feeding;
mod initial_build;
mod item;
mod ledger;
#[cfg(all(test, not(firstlight_loom)))]
mod ledger_laws;
mod list;
#[cfg(all(test, firstlight_loom))]
mod loom_models;
mod name;
mod not_synced;
mod output;
mod rejected;
mod shared;
mod source;
mod source_report;
mod sync;
mod synced;
mod text;
mod tracker;
mod verdict;
mod wait;
mod watched;

pub use builder::TrackerBuilder;
pub use debounce::Debounce;
pub use error::SyncError;
pub use feed::Feed;
pub use feeding::Feeding;
pub use initial_build::{BuildError, initial_build};
pub use item::Item;
#[doc(hidden)]
pub use ledger::{Effects, Entry, Finish, Ledger, Phase, Refusal, Tally};
pub use name::MAX_NAME;
pub use not_synced::{Cause, NotSynced, SourceFailure};
pub use output::{
    Closed, First, NotYet, Output, Publisher, Subscription, Superseded, first_output,
};
pub use rejected::{MAX_REJECTED, Rejected};
pub use source::Source;
pub use source_report::SourceReport;
pub use synced::Synced;
pub use text::MAX_REASON;
pub use tracker::Tracker;
pub use verdict::Verdict;
pub use wait::Wait;
