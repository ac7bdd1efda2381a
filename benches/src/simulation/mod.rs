//! Starts of services in simulated time: how late is readiness seen, and how many polls does that cost?
//!
//! A probe takes no time, the first poll is at 0 unless the schedule says otherwise, all times are integer nanoseconds, every die is seeded.

mod aws;
mod bound;
mod cell;
mod hung;
mod ours;
mod parallel;
mod peers;
mod world;

pub use aws::aws_waiter;
pub use bound::{Broken, Promise, promise};
pub use cell::{Cell, Seen};
pub use hung::{fixed_timeout, growing_timeout};
pub use ours::ours;
pub use parallel::parallel;
pub use peers::{backoff_default, backon, delays, fixed, k8s_backoff};
pub use world::{Start, Told, World};

/// The checks of a target that counts them.
pub const CHECKS: u64 = 12;

const SECOND: f64 = 1e9;

/// Nanoseconds of a duration of a peer; what no simulation reaches counts as for ever.
fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
