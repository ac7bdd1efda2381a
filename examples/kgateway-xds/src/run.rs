//! One run: a rolling restart of two instances and a SIGKILL, with traffic all the while; and what that came to.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use support::{Mode, Outcome, Row, Stage};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::measure::{Call, Measured};
use crate::scene::{Scene, Stopped};
use crate::traffic::Caller;
use crate::{Error, Options};

/// How many clients are there from the start.
const WARM: usize = 8;
/// How often each calls: 200 calls a second together.
const EVERY: Duration = Duration::from_millis(40);
/// How often a new client comes during the rolling restart.
const COLD: Duration = Duration::from_millis(250);
/// How long the traffic goes on after the last change.
const SETTLE: Duration = Duration::from_secs(1);

/// Runs one mode.
pub(crate) async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Row, Error> {
    let interrupt = stage.interrupt();
    let set = interrupt.run_until_cancelled(Scene::set(mode, options, stage)).await;
    let Some(mut scene) = set.transpose()? else {
        return Ok(Measured::default().row(mode, Outcome::Interrupted));
    };
    let played = interrupt.run_until_cancelled(play(&mut scene)).await;
    scene.strike().await;
    match played {
        Some(Ok(measured)) => Ok(measured.row(mode, Outcome::Ready)),
        Some(Err(Stopped::Late)) => Ok(Measured::default().row(mode, Outcome::Deadline)),
        Some(Err(Stopped::Failed(error))) => Err(error),
        None => Ok(Measured::default().row(mode, Outcome::Interrupted)),
    }
}

async fn play(scene: &mut Scene<'_>) -> Result<Measured, Stopped> {
    scene.raise().await?;
    let callers: Vec<_> = (0..WARM).map(|_| scene.caller()).collect();
    for caller in &callers {
        scene.configured(&caller.client).await?;
    }
    let over = CancellationToken::new();
    let calling: Vec<_> = callers
        .iter()
        .map(|caller| Arc::clone(caller).keep_calling(EVERY, over.clone()))
        .map(|calling| AbortOnDropHandle::new(tokio::spawn(calling)))
        .collect();
    let restarted = CancellationToken::new();
    let new = new_clients(scene.control_plane(), restarted.clone());
    let new = AbortOnDropHandle::new(tokio::spawn(new));
    for which in ["first", "second"] {
        scene.tell(format_args!("the {which} instance is replaced"));
        scene.replace().await?;
    }
    restarted.cancel();
    // A new client has nothing to keep: nobody promises it that nobody is killed.
    let new = new.await.map_err(io::Error::other)?;
    scene.told().await?;
    scene.tell(format_args!("one is killed"));
    scene.kill().await?;
    scene.told().await?;
    sleep(SETTLE).await;
    over.cancel();
    for (caller, calls) in callers.iter().zip(calling) {
        let calls = calls.await.map_err(io::Error::other)?;
        scene.measured.add(calls, caller.client.stats().flickers);
    }
    for call in new {
        scene.measured.add(vec![call], 0);
    }
    Ok(std::mem::take(&mut scene.measured))
}

/// A new client every so often, with one call each.
async fn new_clients(control_plane: SocketAddr, over: CancellationToken) -> Vec<Call> {
    let mut running = JoinSet::new();
    let mut ticks = interval(COLD);
    while over.run_until_cancelled(ticks.tick()).await.is_some() {
        running.spawn(Caller::new(control_plane).first_call());
    }
    let mut calls = Vec::new();
    while let Some(ended) = running.join_next().await {
        calls.extend(ended);
    }
    calls
}
