//! The example from outside: both modes in this process, its command line in real child processes.

#[path = "it/cli.rs"]
mod cli;
#[path = "it/modes.rs"]
mod modes;
