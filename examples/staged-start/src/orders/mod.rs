//! The service: what its eight parts do, and what it answers. The same in both modes.

mod fault;
mod part;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

pub(crate) use fault::Fault;
pub use fault::How;
pub use part::Part;

use crate::backends::Backends;
use crate::http::{Reply, serve};
use crate::stand_in::ask;

/// How many tasks answer requests; each waits for the catalog first.
pub(crate) const WORKERS: usize = 4;

/// What one request costs a worker.
const WORK: Duration = Duration::from_millis(50);
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/orders.conf");

/// The service's state: a table for each part that is done.
#[derive(Debug)]
pub(crate) struct Orders {
    backends: Backends,
    fault: Option<Fault>,
    tables: Mutex<BTreeMap<Part, Vec<String>>>,
    /// Bound from the start on, so that its port is known; who connects waits until somebody accepts.
    listener: TcpListener,
    /// Where requests go.
    pub(crate) address: SocketAddr,
    accepts: watch::Sender<bool>,
    working: AtomicU64,
}

impl Orders {
    pub(crate) async fn new(backends: Backends, fault: Option<Fault>) -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Arc::new(Self {
            backends,
            fault,
            tables: Mutex::default(),
            address: listener.local_addr()?,
            listener,
            accepts: watch::Sender::new(false),
            working: AtomicU64::new(0),
        }))
    }

    /// Gets what a part needs from outside; `progress` is told how much of how much is there.
    pub(crate) async fn fetch(
        &self,
        part: Part,
        progress: impl FnMut(u64, u64),
    ) -> io::Result<Vec<String>> {
        if let Some(fault) = self.fault {
            fault.fetch(part).await?;
        }
        match part {
            Part::Config => {
                let config = tokio::fs::read_to_string(CONFIG).await?;
                Ok(config.lines().map(str::to_owned).collect())
            }
            Part::Secrets => ask(self.backends.vault(), "token", progress).await,
            Part::Db => ask(self.backends.db(), "hello", progress).await,
            Part::Catalog => ask(self.backends.db(), "items", progress).await,
            Part::Prices => ask(self.backends.db(), "prices", progress).await,
            Part::Routes => self.table(Part::Config),
            Part::FirstOutput => ask(self.backends.proxy(), "publish", progress).await,
            Part::Listener => {
                TcpStream::connect(self.address).await?;
                Ok(Vec::new())
            }
        }
    }

    /// Makes a part's table of what it has fetched.
    pub(crate) fn build(&self, part: Part, fetched: Vec<String>) {
        if let Some(fault) = self.fault {
            fault.build(part);
        }
        self.tables().insert(part, fetched);
        if part == Part::Listener {
            self.accepts.send_replace(true);
        }
    }

    /// What a part does for the rest of its life: follow its source, here one that never changes.
    pub(crate) async fn keep(&self, _: Part) {
        std::future::pending().await
    }

    /// Answers one connection after the other, once the port accepts.
    pub(crate) async fn work(&self) {
        self.working.fetch_add(1, Ordering::Relaxed);
        // The sender is ours: it is there for as long as we are.
        let _ = self.accepts.subscribe().wait_for(|accepts| *accepts).await;
        while let Ok((stream, _)) = self.listener.accept().await {
            serve(stream, |_, _| self.answer()).await;
        }
    }

    /// An order needs all that the eight parts have made.
    async fn answer(&self) -> Reply {
        sleep(WORK).await;
        match Part::STAGES.iter().copied().flatten().find(|part| self.table(**part).is_err()) {
            Some(missing) => Reply::text(500, format!("{missing} is not there\n")),
            None => Reply::text(200, "ordered\n"),
        }
    }

    fn table(&self, part: Part) -> io::Result<Vec<String>> {
        let table = self.tables().get(&part).cloned();
        table.ok_or_else(|| io::Error::other(format!("{part} is not there")))
    }

    fn tables(&self) -> std::sync::MutexGuard<'_, BTreeMap<Part, Vec<String>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a part has really done what it is there for.
    pub(crate) fn is_built(&self, part: Part) -> bool {
        self.tables().contains_key(&part)
    }

    /// How many parts have.
    pub(crate) fn built(&self) -> u64 {
        self.tables().len() as u64
    }

    /// How many workers wait for the catalog no longer.
    pub(crate) fn working(&self) -> u64 {
        self.working.load(Ordering::Relaxed)
    }
}
