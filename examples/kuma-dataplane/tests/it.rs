//! The example from outside: its parts in this process, its command line in real child processes.

#[path = "it/cli.rs"]
mod cli;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/generated.rs"]
mod generated;
#[path = "it/holes.rs"]
mod holes;
#[path = "it/planes.rs"]
mod planes;
#[path = "it/processes.rs"]
mod processes;
#[path = "it/requirements.rs"]
mod requirements;
#[path = "it/store.rs"]
mod store;
#[path = "it/store_cancel.rs"]
mod store_cancel;
#[path = "it/store_errors.rs"]
mod store_errors;
#[path = "it/store_faults.rs"]
mod store_faults;
#[path = "it/store_postgres.rs"]
mod store_postgres;
#[path = "it/store_support.rs"]
mod store_support;
