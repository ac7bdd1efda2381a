use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use firstlight_clock::Clock;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use crate::events;

/// As many connections a health port has at the same time, unless said otherwise.
pub const DEFAULT_MAX_CONNECTIONS: usize = 256;

/// The connections of a health port; when there are too many, the one that was idle for longest goes.
#[derive(Debug)]
pub(super) struct Connections {
    address: SocketAddr,
    clock: Clock,
    max: usize,
    tasks: JoinSet<()>,
    /// Those that are counted; one that was told to go is not any more.
    open: HashMap<Id, Connection>,
    /// How many had to go, and since when it is so.
    shedding: Option<(u64, Duration)>,
}

#[derive(Debug)]
struct Connection {
    task: AbortHandle,
    asked: Asked,
}

/// When a connection asked last, or began.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    clock: Clock,
    at: Arc<AtomicU64>,
}

impl Asked {
    fn new(clock: &Clock) -> Self {
        let asked = Self { clock: clock.clone(), at: Arc::default() };
        asked.now();
        asked
    }

    /// It asks now.
    pub(super) fn now(&self) {
        let now = u64::try_from(self.clock.now().as_nanos()).unwrap_or(u64::MAX);
        self.at.store(now, Ordering::Relaxed);
    }
}

impl Connections {
    /// At least one is always allowed.
    pub(super) fn new(address: SocketAddr, clock: Clock, max: usize) -> Self {
        let (tasks, open) = (JoinSet::new(), HashMap::new());
        Self { address, clock, max: max.max(1), tasks, open, shedding: None }
    }

    /// Begins one more; makes room for it first.
    pub(super) fn begin<F>(&mut self, serve: impl FnOnce(Asked) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.open.len() >= self.max {
            self.shed();
        }
        let asked = Asked::new(&self.clock);
        let task = self.tasks.spawn(serve(asked.clone()));
        self.open.insert(task.id(), Connection { task, asked });
    }

    /// Waits until one has ended; `None` when there is none.
    pub(super) async fn ended(&mut self) -> Option<()> {
        let id = match self.tasks.join_next_with_id().await? {
            Ok((id, ())) => id,
            Err(error) => JoinError::id(&error),
        };
        self.open.remove(&id);
        if self.open.len() <= self.max / 2 {
            if let Some((shed, since)) = self.shedding.take() {
                events::sheds_no_more(self.address, shed, since, self.clock.now());
            }
        }
        Some(())
    }

    /// Who has asked nothing for longest is the least likely to be a probe.
    fn shed(&mut self) {
        let idlest = self.open.iter().min_by_key(|(_, one)| one.asked.at.load(Ordering::Relaxed));
        let Some(id) = idlest.map(|(id, _)| *id) else { return };
        if let Some(connection) = self.open.remove(&id) {
            connection.task.abort();
        }
        match &mut self.shedding {
            Some((shed, _)) => *shed += 1,
            None => {
                let now = self.clock.now();
                self.shedding = Some((1, now));
                events::shedding(self.address, self.max, now);
            }
        }
    }
}
