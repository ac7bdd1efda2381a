//! The example from outside: its command line and its containers in real child processes.

#[path = "it/cli.rs"]
mod cli;
#[path = "it/container.rs"]
mod container;
#[path = "it/modes.rs"]
mod modes;
#[path = "it/run.rs"]
mod run;
