//! `k3s-readyz run --mode broken|fixed`: see the library.

use std::process::ExitCode;

use k3s_readyz::K3sReadyz;

fn main() -> ExitCode {
    support::main::<K3sReadyz>(std::env::args_os().skip(1).collect())
}
