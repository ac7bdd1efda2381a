//! A control plane that is never too early and never too late: informers, translation and first snapshot as gates before the xDS listener.
//!
//! Reproduces kgateway-dev/kgateway#11068 (a readiness check that is a ping) and what its fix kgateway-dev/kgateway#11069 changed, with
//! the outage of kgateway-dev/kgateway#13868 as a test: <https://github.com/kgateway-dev/kgateway/issues/11068>,
//! <https://github.com/kgateway-dev/kgateway/pull/11069>, <https://github.com/kgateway-dev/kgateway/pull/13868>.
//!
//! ```text
//! cargo run -p kgateway-xds -- run --mode broken
//! cargo run -p kgateway-xds -- run --mode fixed
//! ```
//!
//! The control plane is a process that reads Ingresses, Services and EndpointSlices by kube's reflectors, and tells xDS clients what they
//! come to. It is ended and started again while clients send requests, and its inputs come late. The README says what to expect.
//!
//! What a user would copy is in `broken.rs` and `fixed.rs` (with `fixed/publishing.rs`, its loop); all the rest is scenery.

mod backends;
mod balancer;
mod broken;
mod error;
mod fixed;
mod health;
mod inputs;
mod instance;
mod leash;
mod measure;
mod objects;
mod options;
mod parts;
mod plane;
mod run;
mod scene;
mod serve;
mod source;
mod traffic;

use support::{Mode, Row, RunError, Stage};

pub use error::Error;
pub use options::{Api, Options, ServeOptions};
pub use parts::Parts;
pub use serve::serve;

pub(crate) const NAME: &str = "kgateway-xds";

/// The example, for its `main` and for the tour.
#[derive(Debug)]
pub struct KgatewayXds;

impl support::Example for KgatewayXds {
    const NAME: &'static str = NAME;
    const ABOUT: &'static str =
        "A control plane starts again under its clients: ready when it runs, or when it knows";
    type Options = Options;
    type Parts = Parts;

    async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Vec<Row>, RunError> {
        Ok(vec![run::run(mode, options, stage).await?])
    }

    fn check(rows: &[Row]) -> Result<(), String> {
        measure::check(rows)
    }
}
