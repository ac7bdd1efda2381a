//! A follower that never becomes ready in an empty cluster: leadership beside readiness, and an empty output that is one.
//!
//! Reproduces projectcontour/contour#6291 and what its fixes #6295 and #6614 changed:
//! <https://github.com/projectcontour/contour/issues/6291>, <https://github.com/projectcontour/contour/pull/6295>,
//! <https://github.com/projectcontour/contour/pull/6614>.
//!
//! ```text
//! cargo run -p contour-follower -- run --mode broken
//! cargo run -p contour-follower -- run --mode fixed
//! ```
//!
//! Two instances are processes that read objects by kube's reflectors and elect a leader by a Lease, in a cluster without objects. The
//! README says what to expect. What a user would copy is in `broken.rs` and `fixed.rs`; the [`election`] is a part of its own, and all the rest is
//! scenery.

mod broken;
pub mod election;
mod error;
mod finding;
mod fixed;
mod health;
mod inputs;
mod measure;
mod objects;
mod options;
mod parts;
mod plane;
mod poller;
mod probe;
mod run;
mod scene;
mod serve;
mod source;
mod told;

use support::{Mode, Row, RunError, Stage};
use tokio::sync::watch;

pub use error::Error;
pub use finding::Finding;
pub use inputs::{Watch, Watches};
pub use options::{Options, ServeOptions};
pub use parts::Parts;
pub use plane::{Plane, Settings};
pub use serve::serve;

pub(crate) const NAME: &str = "contour-follower";

/// How many connections the kernel keeps that nobody has accepted yet.
pub(crate) const BACKLOG: u32 = 1024;

/// Starts a control plane of one side, without a port: for the example's own server, and for tests.
///
/// # Errors
/// When its gates cannot be had.
pub fn start(
    mode: Mode,
    settings: Settings,
    watches: Watches,
    leadership: watch::Receiver<election::Leadership>,
) -> Result<Plane, Error> {
    match mode {
        Mode::Broken => broken::start(settings, watches, leadership),
        Mode::Fixed => fixed::start(settings, watches, leadership),
    }
}

/// The example, for its `main` and for the tour.
#[derive(Debug)]
pub struct ContourFollower;

impl support::Example for ContourFollower {
    const NAME: &'static str = NAME;
    const ABOUT: &'static str =
        "A follower in an empty cluster: never ready, or as ready as its leader";
    type Options = Options;
    type Parts = Parts;

    async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Vec<Row>, RunError> {
        Ok(vec![run::run(mode, options, stage).await?])
    }

    fn check(rows: &[Row]) -> Result<(), String> {
        measure::check(rows)
    }
}
