use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use hyper::StatusCode;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::http::get;

/// What a start looks like from outside, where there are a prober and clients.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// When the prober was told ready.
    pub(crate) ready_at: Option<Duration>,
    /// Sent once it was.
    pub(crate) requests: u64,
    /// Not answered, or not with what was asked for.
    pub(crate) failed: u64,
    /// How long all answers together took; `None` unless all came.
    pub(crate) answered_in: Option<Duration>,
}

/// How often the prober asks.
const EVERY: Duration = Duration::from_millis(10);
/// As many clients come at once as soon as they may.
const CLIENTS: u64 = 8;

/// Asks until it is told ready, and then sends the clients; without ready it ends when the start is `over`.
pub(crate) async fn look(
    health: SocketAddr,
    service: SocketAddr,
    began: Instant,
    over: &CancellationToken,
) -> Seen {
    loop {
        let last = over.is_cancelled();
        if is_ok(health, "/readyz").await {
            break;
        }
        if last {
            return Seen::default();
        }
        let _ = over.run_until_cancelled(sleep(EVERY)).await;
    }
    let ready_at = began.elapsed();
    let asked = Instant::now();
    let answers = join_all((0..CLIENTS).map(|_| is_ok(service, "/order"))).await;
    let failed = answers.iter().filter(|ok| !**ok).count() as u64;
    Seen {
        ready_at: Some(ready_at),
        requests: CLIENTS,
        failed,
        answered_in: (failed == 0).then(|| asked.elapsed()),
    }
}

async fn is_ok(address: SocketAddr, target: &str) -> bool {
    get(address, target).await.is_ok_and(|(status, _)| status == StatusCode::OK)
}
