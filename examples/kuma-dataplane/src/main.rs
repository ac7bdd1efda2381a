//! `kuma-dataplane run --mode broken|fixed`, and its parts: see the library.

use std::process::ExitCode;

use kuma_dataplane::KumaDataplane;

fn main() -> ExitCode {
    support::main::<KumaDataplane>(std::env::args_os().skip(1).collect())
}
