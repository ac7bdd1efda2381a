//! A real election by a Lease: hold it, renew it, lose it, take it over. Leadership is told, and gates nothing.

mod candidate;
mod lease;
mod machine;
mod times;

pub use candidate::{Candidate, Leadership};
pub use machine::{Machine, Plan, Record};
pub use times::Times;
