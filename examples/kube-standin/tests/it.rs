//! The stand-in from outside: real clients and watchers over HTTP, and the program as a child process.

#[path = "it/errors.rs"]
mod errors;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/leases.rs"]
mod leases;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/lists.rs"]
mod lists;
#[path = "it/objects.rs"]
mod objects;
#[path = "it/process.rs"]
mod process;
#[path = "it/refusals.rs"]
mod refusals;
#[path = "it/support.rs"]
mod support;
#[path = "it/watches.rs"]
mod watches;
