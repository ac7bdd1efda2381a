//! What `fixed` can tell once it is over: the verbose text, where the time went, and a picture of it.

use std::path::PathBuf;

use firstlight_ready::{GateSnapshot, GateState, Snapshot};
use firstlight_timeline::Recorder;
use support::Stage;

use crate::http::{HealthPort, get};
use crate::{Error, NAME, Options};

/// Tells it on standard error, and writes the waterfall.
pub(crate) async fn tell(
    name: &str,
    snapshot: &Snapshot,
    recorder: &Recorder,
    health: &HealthPort,
    options: &Options,
    stage: &Stage,
) -> Result<(), Error> {
    let (status, text) = get(health.address, "/readyz?verbose").await?;
    stage.tell(format_args!("\nGET /readyz?verbose: {status}\n{text}"));
    // Zero is when the gates were declared: in a tour much has happened before.
    let mut timeline = recorder.snapshot().since(snapshot.since);
    // Of a start that failed the chain leads to what failed it, and else to `ready`, the whole set.
    if let Some(gate) = failed(snapshot) {
        timeline = timeline.with_goal(gate.name.as_str());
    }
    stage.tell(format_args!("{timeline:#}\n"));
    let path = directory(options)?.join(format!("{NAME}-{name}.svg"));
    let written = tokio::fs::write(&path, timeline.to_svg()).await;
    written.map_err(|source| Error::Write { path: path.clone(), source })?;
    stage.tell(format_args!("waterfall: {}\n", path.display()));
    Ok(())
}

/// Where the waterfalls go.
pub(crate) fn directory(options: &Options) -> Result<PathBuf, Error> {
    let directory = options.svg.clone().unwrap_or_else(std::env::temp_dir);
    if directory.is_dir() { Ok(directory) } else { Err(Error::NoDirectory(directory)) }
}

/// The gate that failed, if one did.
pub(crate) fn failed(snapshot: &Snapshot) -> Option<&GateSnapshot> {
    snapshot.gates.iter().find(|gate| gate.state == GateState::Failed)
}

/// The gate that took longest from when it could begin until it opened.
pub(crate) fn slowest(snapshot: &Snapshot) -> Option<String> {
    let opened = snapshot.gates.iter().filter_map(|gate| Some((gate, gate.opened? - gate.began?)));
    opened.max_by_key(|(_, took)| *took).map(|(gate, _)| gate.name.to_string())
}
