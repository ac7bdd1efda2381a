//! The start and the end of a tokio service, made safe: one name for the firstlight crates.
//!
//! | module | crate | prevents |
//! |---|---|---|
//! | `poll` | `firstlight-poll` | waiting longer than needed, for ever, or without a reason |
//! | `probe` | `firstlight-probe` | each of us writing the same probe with the same holes |
//!
//! Each crate can be taken alone, and none needs this one.

#[cfg(feature = "poll")]
pub use firstlight_poll as poll;
#[cfg(feature = "probe")]
pub use firstlight_probe as probe;
