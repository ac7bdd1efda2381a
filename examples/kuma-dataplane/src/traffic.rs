use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::store::{Dataplane, Store};

/// How often every dataplane of the table is sent a request.
const EVERY: Duration = Duration::from_millis(50);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(1);

/// Those that are there, for all that the one who started them knows.
pub(crate) type Alive = Arc<Mutex<BTreeSet<String>>>;

/// What traffic came to.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Requests that nobody answered.
    pub(crate) dead: u64,
    /// Dataplanes that were there, and had no row.
    pub(crate) wrongly_deleted: BTreeSet<String>,
}

/// Sends every row of the table a request, over and over, until it is over.
///
/// Every row, whatever its status: Kuma makes endpoints of Dataplane objects, and that a dataplane is offline is kept in another
/// object, its insight. So a row that stays is traffic that fails.
pub(crate) async fn traffic(
    store: Store,
    all: BTreeSet<String>,
    alive: Alive,
    over: CancellationToken,
) -> Seen {
    let mut seen = Seen::default();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while over.run_until_cancelled(ticks.tick()).await.is_some() {
        let before = names(&alive);
        // The next tick asks again.
        let Ok(rows) = store.rows().await else { continue };
        let after = names(&alive);
        let listed: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let there = before.intersection(&after);
        let missing = there.filter(|name| !listed.contains(name.as_str()));
        seen.wrongly_deleted.extend(missing.cloned());
        // The store may be somebody's own, with other rows in it.
        let ours = rows.iter().filter(|row| all.contains(&row.name));
        let answered = join_all(ours.map(answered)).await;
        seen.dead += answered.iter().filter(|answered| !**answered).count() as u64;
    }
    seen
}

fn names(alive: &Alive) -> BTreeSet<String> {
    alive.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Whether it is this dataplane that answers there.
async fn answered(row: &Dataplane) -> bool {
    let request = async {
        let mut stream = TcpStream::connect(&row.address).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: dataplane\r\nconnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    match timeout(ANSWER, request).await {
        Ok(Ok(answer)) => answer.starts_with("HTTP/1.1 200") && answer.ends_with(&row.name),
        Ok(Err(_)) | Err(_) => false,
    }
}
