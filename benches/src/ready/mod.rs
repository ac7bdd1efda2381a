//! Jobs of `firstlight-ready`, `firstlight-report` and their peers. Each checks its own result.

pub mod answer;
pub mod door;
pub mod held;
pub mod question;
pub mod running;
pub mod update;

mod crowd;
mod set;

pub use crowd::{Crowd, Waiter};
pub use set::{Set, name};
