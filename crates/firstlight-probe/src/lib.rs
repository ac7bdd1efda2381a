//! What people wait for.

mod answer;
mod attempt;
mod clock;
mod error;
#[cfg(all(feature = "exec", unix))]
mod exec;
mod file;
#[cfg(feature = "grpc")]
mod grpc;
mod http;
mod net;
pub mod parse;
mod phase;
mod secrets;
mod target;
mod tcp;
mod text;
#[cfg(feature = "tls")]
mod tls;
mod trouble;

pub use answer::Answer;
pub use error::ProbeError;
#[cfg(all(feature = "exec", unix))]
pub use exec::{ExecOutput, ExecProbe};
pub use file::FileProbe;
#[cfg(feature = "grpc")]
pub use grpc::GrpcProbe;
pub use http::{BodyKind, HttpProbe};
pub use parse::{Change, Checks, FailingCheck};
pub use tcp::TcpProbe;
