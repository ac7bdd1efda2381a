//! A long random run of the fixed side: dataplanes come and go in every way there is, the database fails and hangs, control planes are
//! replaced, and at the end nothing is left and nobody was wronged.
//!
//! All in one process, over real sockets. The same seed draws the same chances; what they meet is the scheduler's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use support::{Mode, Outcome, Row, Value};
use tokio::sync::RwLock;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::control_plane::{ControlPlane, Settings};
use crate::dataplane::{Session, channel};
use crate::options::{POOL, SoakOptions};
use crate::place::Place;
use crate::store::{Fault, Faults, Operation, Store};
use crate::{Error, NAME};

/// Dataplanes that come and go at the same time.
const DATAPLANES: u64 = 64;
const CONTROL_PLANES: usize = 3;
const GRACE: Duration = Duration::from_millis(100);
const LEASE: Duration = Duration::from_secs(2);
/// How long everything may take to be gone, at the end.
const GONE: Duration = Duration::from_secs(60);

pub(crate) async fn soak(options: SoakOptions) -> Result<Outcome, Error> {
    let interrupt = support::interrupt_on_signals()?;
    let place = Place::new(options.store.as_ref())?;
    let row = match interrupt.run_until_cancelled(run(&options, &place)).await {
        Some(row) => row?,
        None => Row::new(NAME, Mode::Fixed, "soak", Outcome::Interrupted),
    };
    support::print(std::slice::from_ref(&row), options.json)?;
    Ok(row.outcome)
}

async fn run(options: &SoakOptions, place: &Place) -> Result<Row, Error> {
    let began = Instant::now();
    let faults = Faults::seeded(options.seed);
    let plain = Store::open(place.url(), 1).await?;
    let mut chance = fastrand::Rng::with_seed(options.seed);
    let world = Arc::new(World {
        faulty: Store::open(place.url(), POOL).await?.with_faults(faults.clone()),
        control_planes: RwLock::default(),
        started: AtomicU64::new(0),
        left: AtomicU64::new(options.disconnects),
        there: Mutex::default(),
    });
    for n in 0..CONTROL_PLANES {
        let control_plane = world.start(n).await?;
        world.control_planes.write().await.push(control_plane);
    }
    let over = CancellationToken::new();
    let trouble = trouble(Arc::clone(&world), faults.clone(), chance.fork(), over.clone());
    let trouble = AbortOnDropHandle::new(tokio::spawn(trouble));
    let look =
        AbortOnDropHandle::new(tokio::spawn(look(Arc::clone(&world), plain.clone(), over.clone())));
    let mut dataplanes = tokio::task::JoinSet::new();
    for n in 0..DATAPLANES {
        dataplanes.spawn(come_and_go(Arc::clone(&world), format!("dp{n}"), chance.fork()));
    }
    while let Some(ended) = dataplanes.join_next().await {
        ended.map_err(std::io::Error::other)?;
    }
    over.cancel();
    let replaced = trouble.await.map_err(std::io::Error::other)??;
    let wrongly = look.await.map_err(std::io::Error::other)?;
    let struck = faults.struck();
    faults.release();
    let gone = timeout(GONE, world.gone(&plain)).await;
    let (rows, entries) = world.left_over(&plain).await?;
    let clean = rows == 0 && entries == 0 && wrongly == 0 && gone.is_ok();
    for control_plane in world.control_planes.write().await.drain(..) {
        control_plane.shutdown().await;
    }
    let outcome = if clean { Outcome::Ready } else { Outcome::Deadline };
    Ok(Row::new(NAME, Mode::Fixed, "soak", outcome)
        .with("seed", Value::Name(Some(options.seed.to_string())))
        .with("disconnects", Value::Count(Some(options.disconnects)))
        .with("faults", Value::Count(Some(struck)))
        .with("control_planes_replaced", Value::Count(Some(replaced)))
        .with("rows_left", Value::Count(Some(rows)))
        .with("entries_left", Value::Count(Some(entries)))
        .with("wrongly_deleted", Value::Count(Some(wrongly)))
        .with("took", Value::Seconds(Some(began.elapsed()))))
}

struct World {
    faulty: Store,
    control_planes: RwLock<Vec<ControlPlane>>,
    started: AtomicU64,
    /// Disconnects that are still to be made.
    left: AtomicU64,
    /// Which dataplanes are there for certain, with their epochs.
    there: Mutex<BTreeMap<String, u64>>,
}

impl World {
    async fn start(&self, place: usize) -> std::io::Result<ControlPlane> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let settings = Settings::new(format!("cp{place}-{number}"), Mode::Fixed);
        let settings = settings.with_grace(GRACE).with_lease(LEASE);
        ControlPlane::start(settings, self.faulty.clone()).await
    }

    /// One of the control planes.
    async fn address(&self, at: usize) -> Option<String> {
        let control_planes = self.control_planes.read().await;
        control_planes.get(at).map(|control_plane| control_plane.address().to_string())
    }

    /// Whether another disconnect is to be made.
    fn another(&self) -> bool {
        let less = |left: u64| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    async fn gone(&self, store: &Store) {
        while self.left_over(store).await.ok() != Some((0, 0)) {
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Rows, and entries in memory with clean-ups that have not ended.
    async fn left_over(&self, store: &Store) -> Result<(u64, u64), Error> {
        let control_planes = self.control_planes.read().await;
        let entries = control_planes.iter().map(|control_plane| {
            let status = control_plane.status();
            status.entries + status.pending
        });
        Ok((store.rows().await?.len() as u64, entries.sum()))
    }

    fn there(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One dataplane's life.
async fn come_and_go(world: Arc<World>, name: String, mut chance: fastrand::Rng) {
    let pause = |chance: &mut fastrand::Rng| GRACE.mul_f64(chance.f64() * 2.0);
    while world.another() {
        let at = chance.usize(..CONTROL_PLANES);
        let Some(address) = world.address(at).await else { continue };
        let Ok(channel) = channel(&address).await else { continue };
        let opening = Session::open(channel.clone(), &name, "127.0.0.1:9");
        // Some leave before they are let in.
        let patience = if chance.u8(..8) == 0 {
            Duration::from_micros(chance.u64(..5_000))
        } else {
            Duration::from_secs(5)
        };
        if let Ok(Ok(session)) = timeout(patience, opening).await {
            world.there().insert(name.clone(), session.config().epoch);
            let session = stay(session, pause(&mut chance)).await;
            world.there().remove(&name);
            match (chance.u8(..4), session) {
                (0, Some(session)) => session.leave().await,
                (1, Some(_)) => {
                    if let Some(control_plane) = world.control_planes.read().await.get(at) {
                        control_plane.abort(&name);
                    }
                }
                // It is here anew before the older one is known to be gone.
                (2, Some(older)) => {
                    let anew = Session::open(channel, &name, "127.0.0.1:9");
                    let anew = timeout(Duration::from_secs(5), anew).await;
                    drop((older, anew));
                }
                _ => {}
            }
        }
        // Some come back inside the grace, some at once, some after it.
        if chance.bool() {
            sleep(pause(&mut chance)).await;
        }
    }
}

/// `None` when the control plane has ended it.
async fn stay(mut session: Session, so_long: Duration) -> Option<Session> {
    let ended = timeout(so_long, async { while let Ok(Some(_)) = session.next().await {} }).await;
    ended.is_err().then_some(session)
}

/// What goes wrong: a fault of the database every few milliseconds, and a control plane that is replaced every second. How many were.
async fn trouble(
    world: Arc<World>,
    faults: Faults,
    mut chance: fastrand::Rng,
    over: CancellationToken,
) -> Result<u64, Error> {
    let mut replaced = 0;
    let mut next = Instant::now() + Duration::from_secs(1);
    while !over.is_cancelled() {
        faults.add(match chance.u8(..5) {
            0 => Fault::fail().one_in(3),
            1 => Fault::fail().after().one_in(3),
            2 => Fault::slow(Duration::from_millis(chance.u64(..20))).one_in(2),
            3 => Fault::hang().one_in(20),
            _ => Fault::fail().on(Operation::DeleteIf).on(Operation::Owner),
        });
        sleep(Duration::from_millis(chance.u64(20..150))).await;
        faults.release();
        if Instant::now() >= next {
            next += Duration::from_secs(1);
            let at = chance.usize(..CONTROL_PLANES);
            let newer = world.start(at).await?;
            let older = std::mem::replace(&mut world.control_planes.write().await[at], newer);
            older.shutdown().await;
            replaced += 1;
        }
    }
    Ok(replaced)
}

/// How many dataplanes were there, before and after the table was read, and had no row of theirs in it.
async fn look(world: Arc<World>, store: Store, over: CancellationToken) -> u64 {
    let mut wronged = 0;
    while !over.is_cancelled() {
        let before = world.there().clone();
        if let Ok(rows) = store.rows().await {
            let after = world.there().clone();
            let rows: BTreeMap<_, _> = rows.into_iter().map(|row| (row.name, row.epoch)).collect();
            let missing = |(name, epoch): &(&String, &u64)| {
                after.get(*name) == Some(*epoch) && rows.get(*name) < Some(*epoch)
            };
            for (name, epoch) in before.iter().filter(missing) {
                tracing::error!("{name} is there at epoch {epoch} and has no row");
                wronged += 1;
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
    wronged
}
