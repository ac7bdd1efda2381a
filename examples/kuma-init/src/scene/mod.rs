//! Around the init container: it is started, read, counted, and killed when it does not end.

mod cgroup;
mod ledger;
mod made;
mod process;
mod reading;
mod variant;

pub(crate) use cgroup::Cgroup;
pub(crate) use made::configuration;
pub(crate) use process::{Ended, LATE_BY, Process};
pub(crate) use reading::Reading;
pub use variant::Variant;
