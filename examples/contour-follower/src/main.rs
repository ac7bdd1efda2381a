//! `contour-follower run --mode broken|fixed`, and its part: see the library.

use std::process::ExitCode;

use contour_follower::ContourFollower;

fn main() -> ExitCode {
    support::main::<ContourFollower>(std::env::args_os().skip(1).collect())
}
