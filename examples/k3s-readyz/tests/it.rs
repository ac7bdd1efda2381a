//! The example from outside: its parts in this process, its command line in real child processes.

#[path = "it/cli.rs"]
mod cli;
#[path = "it/modes.rs"]
mod modes;
#[path = "it/recording.rs"]
mod recording;
#[path = "it/replay.rs"]
mod replay;
