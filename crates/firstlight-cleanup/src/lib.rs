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

mod armed;
mod attempt;
mod capture;
mod claim;
mod cleanup;
mod clock;
mod commit;
mod contain;
mod drain;
mod engine;
mod failure;
mod fence;
mod guard;
mod held;
mod home;
mod inner;
mod inventory;
mod janitor;
mod job;
mod key;
mod notice;
mod outcome;
mod parts;
mod polling;
mod reason;
mod report;
mod retry;
mod run;
mod settings;
mod shards;
mod stats;
mod sync;
mod tracked;
mod unfinished;
mod watch;
mod within;
mod worker;

pub use self::attempt::{Attempt, Ending};
pub use self::capture::Capture;
pub use self::claim::Claim;
pub use self::cleanup::Cleanup;
pub use self::commit::Commit;
pub use self::failure::{Failure, IntoOutcome};
pub use self::fence::Fence;
pub use self::guard::Guard;
pub use self::inventory::{Inventory, Item};
pub use self::janitor::{Closed, Janitor};
pub use self::key::Key;
pub use self::notice::{Notice, What};
pub use self::outcome::{Outcome, State};
pub use self::parts::{AsyncPart, Idempotent, Nothing, Once, SyncPart};
pub use self::reason::{Certainty, Reason};
pub use self::report::DrainReport;
pub use self::retry::Retry;
pub use self::run::Run;
pub use self::settings::Settings;
pub use self::stats::Stats;
pub use self::tracked::Tracked;
pub use self::unfinished::Unfinished;
