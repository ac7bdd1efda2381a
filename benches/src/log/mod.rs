//! Jobs of `firstlight-log` and its peers. Each checks its own result.
//!
//! A global logger can be installed once in a process, so each contender is a child process, a copy of the program that asks: [`child`].

pub mod child;
pub mod early;
pub mod events;
pub mod once;
pub mod peers;
pub mod swallow;

pub use child::{Child, serve};
pub use events::Question;
pub use peers::{Format, Peer};

/// Names of a family of contenders, as they are passed to a child.
pub(crate) fn named<T: Copy>(all: &[(&str, T)], name: &str) -> T {
    let found = all.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no such contender: {name}")).1
}
