//! Bounded holds: to keep something back until it is whole, and never for ever.
//!
//! A control plane that gives out half of a configuration breaks its clients, and one that waits for the
//! whole of it waits for ever when one item never comes. A [`Hold`] says for each item how long it may be
//! kept back, and what then.
//!
//! ```
//! use std::time::Duration;
//! use firstlight_ready::hold::{Decision, Expired, Hold, Limits, Warmth};
//!
//! let mut hold = Hold::new(Limits::new(Duration::from_secs(15)));
//! let at = Duration::from_secs;
//! assert_eq!(hold.withhold(&"node-7", Warmth::Cold, at(0)), Decision::Hold { until: at(15) });
//! for expired in hold.expire(at(15)) {
//!     let Expired::PublishBestEffort(permit) = expired else { continue };
//!     if let Some(node) = hold.redeem(permit) {
//!         println!("{node} gets what there is");
//!     }
//! }
//! ```
//!
//! A value without a clock, a task or a lock: the time is given, [`Hold::next_expiry`] says when to call
//! [`Hold::expire`], and whoever shares it puts it under the lock under which it also publishes.

mod counters;
mod decision;
mod limits;
mod table;

pub use counters::Counters;
pub use decision::{Decision, Expired, Permit};
pub use limits::{AtExpiry, DEFAULT_MAX_ITEMS, Limits, MAX_HOLD, Warmth};
pub use table::Hold;
