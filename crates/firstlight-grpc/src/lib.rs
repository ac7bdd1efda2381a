//! Readiness as grpc.health.v1: Check, Watch and List over the views of a set.
//!
//! ```no_run
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! use firstlight_grpc::HealthService;
//! use firstlight_ready::{Phase, Readiness, Spec};
//!
//! let readiness = Readiness::new("orders")?;
//! let db = readiness.register(Spec::new("db").views(["ready", "shop.Orders"]))?;
//! readiness.seal()?;
//! let view = readiness.view("shop.Orders")?;
//! let health = HealthService::new(&readiness).with_service("shop.Orders", view)?;
//! let server = tonic::transport::Server::builder().add_service(health.into_server());
//! // ... `db.ready()` when it is; on SIGTERM: `readiness.drain("SIGTERM")` ...
//! let stopping = readiness.wait_phase(Phase::Stopping);
//! server.serve_with_shutdown("0.0.0.0:50051".parse()?, async { _ = stopping.await }).await?;
//! # Ok(()) }
//! ```
//!
//! * [`HealthService`]: what answers. Its status for the empty name is the view `ready`, and so NOT_SERVING until then.
//! * [`ServiceError`]: why a service was not added.
//! * [`wire`]: the messages and a client, generated and checked in.
//!
//! # Logs
//! By `tracing`, with the target `firstlight_grpc`: one WARN, once, when the first watcher is refused because there are too
//! many. That a view has changed is told by `firstlight_ready`. Never an event for a request.
//!
//! # What it refuses to do
//! It runs no checks and no task, opens no port and holds no status of its own: whoever wants another answer moves a gate.
//! There is no UNKNOWN, and nobody can set SERVING by hand.

mod error;
mod health_service;
mod places;
mod prober;
mod services;
mod status;
mod watcher;
pub mod wire;

pub use error::ServiceError;
pub use health_service::HealthService;
pub use places::MAX_WATCHERS;
pub use services::{MAX_LISTED, MAX_SERVICE_NAME, MAX_SERVICES};
pub use watcher::Watching;
pub use wire::health_server::HealthServer;
