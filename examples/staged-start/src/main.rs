//! `staged-start run --mode broken|fixed`: see the library.

use std::process::ExitCode;

use staged_start::StagedStart;

fn main() -> ExitCode {
    support::main::<StagedStart>(std::env::args_os().skip(1).collect())
}
