//! `kube-standin serve --listen ADDR [--objects FILE]`: see the library.

use std::process::ExitCode;

use clap::CommandFactory;
use kube_standin::{Command, Options};

fn main() -> ExitCode {
    match support::parse::<Options>(Options::command(), std::env::args_os()) {
        Ok(Options { command: Command::Serve(options) }) => {
            support::in_runtime(kube_standin::serve(options))
        }
        Err(code) => code,
    }
}
