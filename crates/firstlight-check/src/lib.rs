//! Runs health checks in the background and feeds readiness gates with what they find.
//!
//! ```
//! # async fn ping() -> std::io::Result<()> { Ok(()) }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use firstlight_check::{Check, Checks, Health};
//! use firstlight_ready::Readiness;
//!
//! let readiness = Readiness::new("orders")?;
//! let checks = Checks::new(&readiness);
//! checks.add(Check::new("db", || async {
//!     ping().await?;
//!     Ok(Health::Ready)
//! }))?;
//! readiness.seal()?;
//! readiness.wait().await?;
//! # Ok(()) }
//! ```
//!
//! * [`Checks`]: runs them, tells what they found last, stops them when it is dropped.
//! * [`Check`]: a function that asks, and how often, for how long and by which rules.
//! * [`Health`] and [`Trouble`]: what it answers. [`Outcome`], [`CheckStatus`]: what became of that.
//!
//! A probe's handler reads the gate ([`is_ready`](firstlight_ready::Readiness::is_ready), one atomic load)
//! and never waits for a check: ten thousand probes a second run no check, and a check that hangs delays no
//! probe.
//!
//! # Logs
//! By `tracing`, with the target `firstlight_check`: one event when a check's [outcome](Outcome::as_str) is
//! another than before (WARN for trouble), with `check`, `outcome`, `reason`, `failures` in a row, and
//! `start_ns` and `end_ns` of the run. Never one for each run.
//!
//! # What it refuses to do
//! It repairs nothing and keeps no history. It does no I/O of its own, and it never ends the process.

mod blocking;
mod check;
mod checks;
mod contain;
mod error;
mod events;
mod flight;
mod health;
mod outcome;
mod policy;
mod probe;
mod rng;
mod runner;
mod schedule;
#[cfg(test)]
mod schedule_laws;
mod status;
mod trouble;

pub use check::Check;
pub use checks::{Checks, DEFAULT_MAX_CONCURRENT};
pub use error::CheckError;
pub use health::Health;
pub use outcome::Outcome;
pub use policy::{DEFAULT_EVERY, DEFAULT_JITTER, DEFAULT_TIMEOUT, MAX_JITTER, MIN_EVERY};
pub use status::CheckStatus;
pub use trouble::Trouble;
