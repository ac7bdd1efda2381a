//! `kgateway-xds run --mode broken|fixed`, and its parts: see the library.

use std::process::ExitCode;

use kgateway_xds::KgatewayXds;

fn main() -> ExitCode {
    support::main::<KgatewayXds>(std::env::args_os().skip(1).collect())
}
