//! Tells the time since the start of the process, on one clock for all crates.
//!
//! ```
//! use firstlight_clock::Clock;
//!
//! let clock = Clock::new();
//! let began = clock.now();
//! assert!(clock.now() >= began);
//! println!("{began:?} after the process started");
//! ```
//!
//! * [`Clock`]: monotonic; zero is the start of the process, not the first call.
//! * [`Hand`]: moves a clock by hand, for tests.
//! * [`started_at`]: the same zero as wall-clock time, for people.
//!
//! The other crates stamp their `tracing` events with it, so that times of different crates can be compared, and a
//! collector that was attached late still has true ones.
//!
//! # What it refuses to do
//! It does not follow the wall clock, which jumps, and does not sleep.

mod clock;
mod hand;
mod origin;

pub use clock::Clock;
pub use hand::Hand;
pub use origin::started_at;
