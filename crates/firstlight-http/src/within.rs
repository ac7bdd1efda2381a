use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use firstlight_ready::{Phase, Readiness};
use tokio::time::{Instant, timeout};

use crate::events;

/// Runs a server, and once the set is stopping only for so long: then it is cut.
///
/// The bound counts from [`Phase::Stopping`], so also the time in which a [`Gated`](crate::Gated) listener
/// takes what its backlog has. At 0 it is cut as soon as it has not ended by itself; a time too long to be
/// named never comes. Before stopping it may run for ever, and a server that ends by itself has ended.
///
/// To cut it is to drop its future. A server that spawns its connections (axum and tonic do) leaves those
/// tasks behind: they end with the runtime, so the process should end next.
///
/// A panic of the server goes through to whoever awaits this.
///
/// # Cancel safety
/// Dropping it drops the server.
pub async fn within<F: IntoFuture>(
    readiness: &Readiness,
    bound: Duration,
    server: F,
) -> Ended<F::Output> {
    let mut server = Box::pin(server.into_future());
    tokio::select! {
        biased;
        output = &mut server => {
            return Ended::Finished { output, after: Duration::ZERO };
        }
        _ = readiness.wait_phase(Phase::Stopping) => {}
    }
    let (stopping, clock) = (Instant::now(), readiness.clock());
    let began = clock.now();
    match timeout(bound, server).await {
        Ok(output) => Ended::Finished { output, after: stopping.elapsed() },
        Err(_) => {
            events::cut(readiness.name(), bound, began, clock.now());
            Ended::Cut { after: stopping.elapsed() }
        }
    }
}

/// How a server ended; made by [`within`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "whether requests were cut off is lost"]
pub enum Ended<T> {
    /// It ended by itself, with all that it had begun.
    Finished {
        /// What it returned.
        output: T,
        /// How long after stopping began; 0 when it ended before that.
        after: Duration,
    },
    /// It had not ended by the bound, and was dropped with what it still did.
    Cut {
        /// How long after stopping began.
        after: Duration,
    },
}

impl<T> Ended<T> {
    /// Whether all that was begun was finished.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Finished { .. })
    }
}

impl<T> fmt::Display for Ended<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished { after, .. } => write!(f, "finished {after:.1?} after stopping"),
            Self::Cut { after } => write!(f, "cut {after:.1?} after stopping"),
        }
    }
}
