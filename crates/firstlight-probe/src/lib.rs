//! What people wait for: probes for [`firstlight_poll`], and readers of answers.
//!
//! ```no_run
//! use firstlight_poll::Wait;
//! use firstlight_probe::HttpProbe;
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let probe = HttpProbe::new("http://localhost:8080/readyz")?.with_fallback_path("/healthz")?;
//! let ready = Wait::local("api").until(|cx| probe.check(cx)).await?;
//! println!("{}", ready.report);
//! # Ok(()) }
//! ```
//!
//! * [`HttpProbe`]: HTTP and HTTPS, over TCP or a socket file. `GrpcProbe`: `grpc.health.v1`. [`TcpProbe`]:
//!   does somebody listen.
//! * `ExecProbe`: a command's exit code. [`FileProbe`]: a file that is there, or holds a text.
//! * [`parse`]: Kubernetes' verbose text, Spring actuator's JSON, `application/health+json`, as [`Checks`];
//!   and the [`Change`] from one to the next.
//!
//! Every probe has one method, `check`: it takes the attempt's [`Context`](firstlight_poll::Context) and
//! returns a future of a [`Verdict`](firstlight_poll::Verdict). It asks once. An error gets a class and a
//! message; whether to go on waiting is the wait's affair.
//!
//! # Time
//! An attempt ends a little before the wait's own time-out (5 % of it, 100 ms at most), and says where it
//! hung: `TLS handshake: no answer in time`. Name look-ups and files are read on detached threads, so
//! that one that hangs holds neither the runtime nor the process at its exit. There are at most 8 of a kind in
//! the process, and 2 for one name or file: the second starts with the first attempt that comes when the first
//! has taken 2 s. An attempt beyond that waits for one of them, as long as it lasts.
//!
//! # Secrets
//! No `Debug`, error or verdict shows userinfo, a token, a key, a header's value, or the value of a query key
//! that names a secret; what a server echoes of what the probe sent is taken out of its answer.
//!
//! # Features
//! * `tls` (default): `https`, by rustls with its ring provider, whatever the process's default provider is.
//! * `grpc` (default): `GrpcProbe`, by tonic's client.
//! * `exec` (default): `ExecProbe`; Unix only.
//! * `proxy` (default): `HttpProbe::with_proxy_from_env`. No proxy variable is read without that call.
//!
//! # What it refuses to do
//! It follows no redirect, trusts no certificate blindly, retries nothing by itself (but for a kept
//! connection that turns out to be closed), and runs nothing in a shell. A runtime needs tokio's I/O and time
//! drivers: without them a probe panics, as tokio does.

#![cfg_attr(not(all(feature = "grpc", feature = "proxy")), allow(rustdoc::broken_intra_doc_links))]

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
