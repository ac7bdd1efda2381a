//! Readiness over HTTP: probes for axum and tower, and a listener that lets nobody in too early.
//!
//! ```no_run
//! # async fn run(app: axum::Router) -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use firstlight_http::{Gated, Health, within};
//! let readiness = firstlight_ready::Readiness::new("orders")?;
//! let port = tokio::net::TcpListener::bind("[::]:8086").await?;
//! let probes = tokio::spawn(Health::new(&readiness).serve(port));
//! let gated = Gated::bind("[::]:8080", &readiness).await?;
//! let stopping = gated.stopping();
//! // ... gates are registered, the set is sealed; on SIGTERM: `readiness.drain("SIGTERM")` ...
//! let server = axum::serve(gated, app).with_graceful_shutdown(stopping);
//! println!("{}", within(&readiness, Duration::from_secs(10), server).await);
//! readiness.stopped();
//! # probes.await??; Ok(()) }
//! ```
//!
//! * [`Health`]: `/livez`, `/readyz`, `/startupz` and `/readyz/<gate>` as a tower service, an axum router, or
//!   a hardened server of its own. [`Peer`]: who asks, for the lame duck.
//! * [`Gated`]: a listener that is bound from the start and accepts nobody before the set was ready.
//!   [`NotYetLayer`]: for those who would rather answer 503. [`within`]: finishes what runs, within a bound.
//!
//! # Logs
//! By `tracing`, with the target `firstlight_http`: when a gated listener opens and closes, when accepting
//! fails (WARN, once until it recovers), when the health port is full (WARN, once until it recovers), when a
//! server is cut. Never one for a request or a connection.
//!
//! # What it refuses to do
//! It runs no check: it reads the state that the set has. It trusts no header that says who asks. It never
//! ends the process, and it does not reach into a server: what a server has spawned outside of its own future
//! ends with the runtime.

mod accept;
mod accepting;
mod answering;
#[cfg(feature = "axum")]
mod axum;
mod body;
mod error;
mod events;
mod gated;
mod health;
mod not_yet;
mod page;
mod peer;
mod retry_after;
#[cfg(feature = "server")]
mod server;
mod service;
mod target;
mod within;

pub use body::Body;
pub use error::HttpError;
pub use gated::{DEFAULT_SETTLE, Gated, Incoming};
pub use health::{DEFAULT_RETRY_AFTER, Health};
pub use not_yet::{NotYet, NotYetFuture, NotYetLayer};
pub use peer::Peer;
#[cfg(feature = "server")]
pub use server::{DEFAULT_MAX_CONNECTIONS, READ_TIMEOUT, WRITE_TIMEOUT};
pub use service::HealthService;
pub use within::{Ended, within};
