//! One run: processes that come, move and go; traffic all the while; and what that came to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use support::{Mode, Outcome, Process, Row, Stage, Value};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::dataplane::channel;
use crate::place::Place;
use crate::store::Store;
use crate::traffic::{Alive, Seen, traffic};
use crate::wire::dataplanes_client::DataplanesClient;
use crate::wire::{RebalanceRequest, StatusReply, StatusRequest};
use crate::{Error, NAME, Options};

/// How long the dataplanes may take to be there, or to be elsewhere.
const ARRIVE: Duration = Duration::from_secs(20);
/// How long after the grace it is looked at what is left.
const SETTLE: Duration = Duration::from_secs(2);
/// How long a process may take to end.
const END: Duration = Duration::from_secs(20);

/// Runs one mode.
pub(crate) async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Row, Error> {
    let place = Place::new(options.store.as_ref())?;
    let names: Vec<String> = (1..=options.dataplanes).map(|n| format!("dp{n}")).collect();
    // A database that does not answer is no reason not to end when told.
    let opened = stage.interrupt().run_until_cancelled(empty_of(&names, &place)).await;
    let Some(store) = opened.transpose()? else {
        return Ok(Measured::default().row(mode, Outcome::Interrupted, options));
    };
    let mut scene =
        Scene { stage, store, names, control_planes: Vec::new(), dataplanes: BTreeMap::new() };
    let played = async {
        scene.set(mode, options, &place).await?;
        scene.play(options.grace).await
    };
    let row = match stage.interrupt().run_until_cancelled(played).await {
        Some(Ok(Some(measured))) => measured.row(mode, Outcome::Ready, options),
        Some(Ok(None)) => Measured::default().row(mode, Outcome::Deadline, options),
        Some(Err(error)) => return Err(error),
        None => Measured::default().row(mode, Outcome::Interrupted, options),
    };
    scene.strike().await;
    Ok(row)
}

/// The store, without rows that an earlier run has left of these.
async fn empty_of(names: &[String], place: &Place) -> Result<Store, Error> {
    let store = Store::open(place.url(), 2).await?;
    for name in names {
        store.delete(name).await?;
    }
    Ok(store)
}

/// Two control planes, their dataplanes, one table.
struct Scene<'a> {
    stage: &'a Stage,
    store: Store,
    names: Vec<String>,
    control_planes: Vec<Process>,
    dataplanes: BTreeMap<String, Process>,
}

/// What a run came to; nothing where it was not measured.
#[derive(Debug, Default)]
struct Measured {
    rows_left: Option<u64>,
    entries_left: Option<u64>,
    dead_requests: Option<u64>,
    wrongly_deleted: Option<u64>,
    cleanups: Vec<Duration>,
}

impl Scene<'_> {
    async fn set(&mut self, mode: Mode, options: &Options, place: &Place) -> Result<(), Error> {
        let grace = humantime::format_duration(options.grace).to_string();
        for id in ["cp1", "cp2"] {
            let mut command = self.stage.part()?;
            command.args(["control-plane", "--id", id, "--mode", mode.as_str(), "--grace", &grace]);
            command.arg("--store").arg(place.argument());
            self.control_planes.push(Process::start(command).await?);
        }
        let addresses = [&self.control_planes[0].address, &self.control_planes[1].address];
        for (n, name) in self.names.iter().enumerate() {
            let mut command = self.stage.part()?;
            command.args(["dataplane", "--name", name]);
            // Half of them begin with the one, half with the other.
            command.args(["--connect", addresses[n % 2], "--connect", addresses[1 - n % 2]]);
            self.dataplanes.insert(name.clone(), Process::start(command).await?);
        }
        Ok(())
    }

    /// `None` when a dataplane did not arrive where it should.
    async fn play(&mut self, grace: Duration) -> Result<Option<Measured>, Error> {
        let Some(mut epochs) = self.arrived(&BTreeMap::new(), &self.names).await? else {
            return Ok(None);
        };
        let alive = Alive::default();
        *locked(&alive) = self.names.iter().cloned().collect();
        let over = CancellationToken::new();
        let all = self.names.iter().cloned().collect();
        let traffic = traffic(self.store.clone(), all, Arc::clone(&alive), over.clone());
        let traffic = AbortOnDropHandle::new(tokio::spawn(traffic));
        // Pairs of them, so that each kind is connected to both control planes.
        let kind = |kinds: &[usize]| -> Vec<String> {
            let of = |(n, _): &(usize, &String)| kinds.contains(&(n / 2 % 4));
            self.names.iter().enumerate().filter(of).map(|(_, name)| name.clone()).collect()
        };
        let (movers, back, leavers) = (kind(&[0, 1]), kind(&[1]), kind(&[1, 2]));
        self.stage.tell(format_args!(
            "{} dataplanes are there; {} move",
            epochs.len(),
            movers.len()
        ));
        for moving in [&movers, &back] {
            self.rebalance(moving).await?;
            match self.arrived(&epochs, moving).await? {
                Some(newer) => epochs = newer,
                None => return Ok(None),
            }
        }
        self.stage.tell(format_args!("{} leave by SIGTERM", leavers.len()));
        for name in &leavers {
            locked(&alive).remove(name);
            if let Some(process) = self.dataplanes.get_mut(name) {
                process.terminate()?;
            }
        }
        for name in &leavers {
            if let Some(mut process) = self.dataplanes.remove(name) {
                process.ended(END).await?;
            }
        }
        sleep(grace.saturating_add(SETTLE)).await;
        over.cancel();
        let seen = traffic.await.map_err(std::io::Error::other)?;
        let leavers = leavers.into_iter().collect();
        self.measure(&leavers, seen).await.map(Some)
    }

    /// Until all of these are online, and under a newer epoch than this; `None` when they are not in time.
    async fn arrived(
        &self,
        epochs: &BTreeMap<String, u64>,
        names: &[String],
    ) -> Result<Option<BTreeMap<String, u64>>, Error> {
        let deadline = Instant::now() + ARRIVE;
        while Instant::now() < deadline {
            let rows = self.store.online().await?;
            let online: BTreeMap<_, _> =
                rows.into_iter().map(|row| (row.name, row.epoch)).collect();
            if names.iter().all(|name| online.get(name) > epochs.get(name)) {
                return Ok(Some(online));
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(None)
    }

    /// Every control plane sends those away that are connected to it.
    async fn rebalance(&self, names: &[String]) -> Result<(), Error> {
        for control_plane in &self.control_planes {
            let request = RebalanceRequest { names: names.to_vec() };
            client(control_plane).await?.rebalance(request).await.map_err(no_answer)?;
        }
        Ok(())
    }

    async fn measure(&self, left: &BTreeSet<String>, seen: Seen) -> Result<Measured, Error> {
        let rows = self.store.rows().await?;
        let rows_left = rows.iter().filter(|row| left.contains(&row.name)).count() as u64;
        let mut entries_left = 0;
        let mut cleanups = Vec::new();
        for control_plane in &self.control_planes {
            let status = status(control_plane).await?;
            entries_left += status.entries.saturating_sub(status.sessions);
            cleanups.extend(status.cleanup_micros.into_iter().map(Duration::from_micros));
        }
        cleanups.sort_unstable();
        Ok(Measured {
            rows_left: Some(rows_left),
            entries_left: Some(entries_left),
            dead_requests: Some(seen.dead),
            wrongly_deleted: Some(seen.wrongly_deleted.len() as u64),
            cleanups,
        })
    }

    /// The rest, and the control planes with them.
    async fn strike(&mut self) {
        let processes = self.dataplanes.values_mut().chain(&mut self.control_planes);
        let mut processes: Vec<&mut Process> = processes.collect();
        for process in &mut processes {
            // One that has ended already is no worse.
            let _ = process.terminate();
        }
        for process in processes {
            if let Err(error) = process.ended(END).await {
                self.stage.tell(format_args!("{}: {error}", process.address));
            }
        }
    }
}

impl Measured {
    fn row(self, mode: Mode, outcome: Outcome, options: &Options) -> Row {
        Row::new(NAME, mode, "", outcome)
            .with("dataplanes", Value::Count(Some(u64::from(options.dataplanes))))
            .with("rows_left", Value::Count(self.rows_left))
            .with("entries_left", Value::Count(self.entries_left))
            .with("dead_requests", Value::Count(self.dead_requests))
            .with("wrongly_deleted", Value::Count(self.wrongly_deleted))
            .with("cleanup_p50", Value::Seconds(percentile(&self.cleanups, 50)))
            .with("cleanup_p99", Value::Seconds(percentile(&self.cleanups, 99)))
    }
}

/// Of sorted times, by nearest rank.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

/// What a control plane says of itself.
pub(crate) async fn status(control_plane: &Process) -> Result<StatusReply, Error> {
    let status = client(control_plane).await?.status(StatusRequest {}).await;
    Ok(status.map_err(no_answer)?.into_inner())
}

async fn client(process: &Process) -> Result<DataplanesClient<tonic::transport::Channel>, Error> {
    Ok(DataplanesClient::new(channel(&process.address).await.map_err(no_answer)?))
}

pub(crate) fn no_answer(status: tonic::Status) -> Error {
    Error::NoAnswer(status.message().to_owned())
}

fn locked(alive: &Alive) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
    alive.lock().unwrap_or_else(PoisonError::into_inner)
}
