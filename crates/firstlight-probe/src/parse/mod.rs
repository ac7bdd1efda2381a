//! Readers of health answers: pure functions that take any input and never panic.

mod actuator;
mod change;
mod checks;
mod health_json;
mod json;
mod kubernetes;
mod tally;

pub use actuator::actuator;
pub use change::Change;
pub use checks::{Checks, FailingCheck};
pub use health_json::health_json;
pub(crate) use health_json::surely_health_json;
pub(crate) use json::is_object;
pub use kubernetes::kubernetes;
