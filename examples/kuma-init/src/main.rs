//! `kuma-init run --mode broken|fixed`: see the library.

use std::process::ExitCode;

use kuma_init::KumaInit;

fn main() -> ExitCode {
    support::main::<KumaInit>(std::env::args_os().skip(1).collect())
}
