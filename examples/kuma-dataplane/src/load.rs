//! Many dataplanes of one control plane, over few connections, leave at once.

use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use support::{Mode, Outcome, Process, Row, Stage, Value};
use tokio::time::{Instant, sleep, timeout};

use crate::dataplane::{Session, channel};
use crate::options::LoadOptions;
use crate::place::Place;
use crate::run::{no_answer, percentile, status};
use crate::store::Store;
use crate::{Error, NAME};

/// How many say hello at a time.
const OPENING: usize = 256;
/// How long all of it may take.
const GONE: Duration = Duration::from_secs(120);
const END: Duration = Duration::from_secs(20);

/// The control plane is a process of its own, so that its memory is its own.
pub(crate) async fn load(options: LoadOptions) -> Result<Outcome, Error> {
    let stage = Stage::new(support::interrupt_on_signals()?);
    let place = Place::new(options.store.as_ref())?;
    let row = match stage.interrupt().run_until_cancelled(run(&options, &place, &stage)).await {
        Some(row) => row?,
        None => Row::new(NAME, Mode::Fixed, "load", Outcome::Interrupted),
    };
    support::print(std::slice::from_ref(&row), options.json)?;
    Ok(row.outcome)
}

async fn run(options: &LoadOptions, place: &Place, stage: &Stage) -> Result<Row, Error> {
    let store = Store::open(place.url(), 1).await?;
    let mut command = stage.part()?;
    command.args(["control-plane", "--id", "load", "--mode", "fixed"]);
    command.args(["--store", place.argument()]);
    // Interrupted, it is killed: there is nothing in it that anybody wants.
    let mut control_plane = Process::start(command).await?;
    let row = leave(options, &control_plane, &store).await?;
    control_plane.terminate()?;
    control_plane.ended(END).await?;
    Ok(row)
}

async fn leave(
    options: &LoadOptions,
    control_plane: &Process,
    store: &Store,
) -> Result<Row, Error> {
    let memory = |key: &str| control_plane.id().and_then(|id| memory(id, key));
    let idle = memory("VmRSS:");
    let mut channels = Vec::new();
    for _ in 0..options.connections {
        channels.push(channel(&control_plane.address).await.map_err(no_answer)?);
    }
    let began = Instant::now();
    let sessions: Vec<Session> = stream::iter(0..options.dataplanes)
        .map(|n| {
            let channel = channels[n % channels.len()].clone();
            async move { Session::open(channel, &format!("dp{n}"), "127.0.0.1:9").await }
        })
        .buffer_unordered(OPENING)
        .try_collect()
        .await
        .map_err(no_answer)?;
    let arrived = began.elapsed();
    let connected = memory("VmRSS:");
    let began = Instant::now();
    for session in sessions {
        tokio::spawn(session.leave());
    }
    let mut connections = 0;
    let gone = async {
        loop {
            let status = status(control_plane).await?;
            connections = connections.max(status.connections);
            // On a slow machine some are given up, and swept.
            if status.entries + status.pending == 0 && store.rows().await?.is_empty() {
                return Ok::<_, Error>(());
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let all_gone = timeout(GONE, gone).await.map(|answered| answered.map(|()| began.elapsed()));
    let all_gone = all_gone.ok().transpose()?;
    let left = status(control_plane).await?;
    let rows = store.rows().await?.len() as u64;
    let mut times: Vec<_> =
        left.cleanup_micros.iter().copied().map(Duration::from_micros).collect();
    times.sort_unstable();
    let clean = rows == 0 && left.entries == 0 && left.pending == 0;
    let outcome = if clean && all_gone.is_some() { Outcome::Ready } else { Outcome::Deadline };
    Ok(Row::new(NAME, Mode::Fixed, "load", outcome)
        .with("dataplanes", Value::Count(Some(options.dataplanes as u64)))
        .with("connections", Value::Count(Some(options.connections as u64)))
        .with("rows_left", Value::Count(Some(rows)))
        .with("entries_left", Value::Count(Some(left.entries)))
        .with("all_arrived", Value::Seconds(Some(arrived)))
        .with("all_gone", Value::Seconds(all_gone))
        .with("cleanup_p50", Value::Seconds(percentile(&times, 50)))
        .with("cleanup_p99", Value::Seconds(percentile(&times, 99)))
        .with("store_connections", Value::Count(Some(connections)))
        .with("pool", Value::Count(Some(left.pool)))
        .with("memory_idle_kib", Value::Count(idle))
        .with("memory_connected_kib", Value::Count(connected))
        .with("memory_most_kib", Value::Count(memory("VmHWM:"))))
}

/// What Linux says of a process's memory, in KiB; elsewhere nothing.
fn memory(process: u32, key: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
