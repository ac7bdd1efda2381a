//! A dataplane object that is never deleted: clean-up in the stream's scope, or detached, fenced and drained.
//!
//! Reproduces kumahq/kuma#13403 ("Universal dataplane objects are not cleaned up during graceful terminating") and what its fix
//! kumahq/kuma#13504 changed, with the holes that it left: <https://github.com/kumahq/kuma/issues/13403>,
//! <https://github.com/kumahq/kuma/pull/13504>.
//!
//! ```text
//! cargo run -p kuma-dataplane -- run --mode broken
//! cargo run -p kuma-dataplane -- run --mode fixed
//! ```
//!
//! Two control planes and twelve dataplanes are processes, the table is a real database, between them are real streams of gRPC. Dataplanes
//! come, move from one control plane to the other inside the grace period, and leave by SIGTERM. Traffic is sent to every row of the table:
//! Kuma makes endpoints of Dataplane objects, and that a dataplane is offline is kept in another object. Expect of `broken` a row and an entry
//! for everybody who left, an entry for everybody who moved, and requests that fail for as long as anybody looks. Expect of `fixed` none
//! of these once the grace period is over, and of neither that a row of somebody who is there is deleted.
//!
//! # What is upstream's story, and what is not
//! * **True**: the clean-up ran under the stream's context, which is cancelled when it runs, and kept the entry of a dataplane that had moved.
//! * **Left out**: that it took a second bug to show. Until kumahq/kuma#6533 the grace period was not waited for, and the clean-up often won
//!   the race against the cancellation. And upstream's collector deletes what has been offline for 72 hours.
//! * **Not in the fix**: retries, a fence against the other control plane, a deadline, and a re-check after the grace; `fixed` has them.
//!
//! What a user would copy is in `broken.rs` and `fixed.rs`; all the rest is scenery.

mod broken;
mod control_plane;
mod dataplane;
mod error;
mod fixed;
mod load;
mod options;
mod parts;
mod place;
mod run;
mod soak;
pub mod store;
mod traffic;
mod wire;

use support::{Mode, Outcome, Row, RunError, Stage};

pub use control_plane::{AtShutdown, ControlPlane, Settings, State, Terminal};
pub use dataplane::{Session, channel};
pub use error::Error;
pub use options::{ControlPlaneOptions, DataplaneOptions, LoadOptions, Options, SoakOptions};
pub use parts::Parts;
pub use place::StoreAt;
pub use wire::{Config, StatusReply};

pub(crate) const NAME: &str = "kuma-dataplane";

/// The example, for its `main` and for the tour.
#[derive(Debug)]
pub struct KumaDataplane;

impl support::Example for KumaDataplane {
    const NAME: &'static str = NAME;
    const ABOUT: &'static str = "Dataplanes leave their control planes: cleaned up in the stream's scope, or detached and fenced";
    type Options = Options;
    type Parts = Parts;

    async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Vec<Row>, RunError> {
        Ok(vec![run::run(mode, options, stage).await?])
    }

    fn check(rows: &[Row]) -> Result<(), String> {
        check(rows).ok_or_else(|| "a value is missing".to_owned())?
    }
}

/// The sentences of the README, in its order; `None` when a row or a value is not there.
fn check(rows: &[Row]) -> Option<Result<(), String>> {
    let row = |mode| rows.iter().find(|row| row.mode == mode);
    let (broken, fixed) = (row(Mode::Broken)?, row(Mode::Fixed)?);
    let left = |row: &Row| row.count("rows_left");
    let entries = |row: &Row| row.count("entries_left");
    let wrongly = |row: &Row| row.count("wrongly_deleted");
    let dead = |row: &Row| row.count("dead_requests");
    let sentences = [
        ("every run ends with ready", rows.iter().all(|row| row.outcome == Outcome::Ready)),
        ("broken keeps rows", left(broken)? > 0),
        ("broken keeps the entries of those that moved, too", entries(broken)? > left(broken)?),
        ("broken has cleaned up nothing", broken.seconds("cleanup_p99").is_none()),
        ("fixed keeps no row and no entry", left(fixed)? == 0 && entries(fixed)? == 0),
        ("fixed sends fewer requests to the dead", dead(fixed)? < dead(broken)?),
        ("fixed waits for the grace", fixed.seconds("cleanup_p50")?.as_millis() >= 1000),
        ("neither deletes a row of one that is there", wrongly(broken)? + wrongly(fixed)? == 0),
    ];
    let wrong = sentences.into_iter().find(|(_, holds)| !holds);
    Some(wrong.map_or(Ok(()), |(sentence, _)| Err(format!("not true in this run: {sentence}"))))
}
