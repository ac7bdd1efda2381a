use std::sync::Arc;
use std::time::Duration;

use support::Mode;
use tokio::time::advance;

use super::Fixed;
use crate::control_plane::{Ledger, Settings};
use crate::store::{Status, Store, StoreUrl};

const GRACE: Duration = Duration::from_secs(10);

/// Waits for another thread's answer; no time passes.
async fn until(so: impl AsyncFn() -> bool) {
    while !so().await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn r9_the_grace_is_of_tokios_clock_and_ends_neither_sooner_nor_later() {
    // Paused time runs on by itself when all tasks wait, also for the store's thread; not while a thread of tokio's is at work.
    let (_until_the_end, works) = std::sync::mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || works.recv());
    let folder = tempfile::tempdir().expect("a folder");
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, 1).await.expect("it opens");
    let settings = Settings::new("cp1", Mode::Fixed).with_grace(GRACE).with_lease(GRACE * 1000);
    let ledger = Arc::new(Ledger::default());
    let fixed = Fixed::new(&settings, &store, &ledger);
    let session = fixed.connected("dp1", "127.0.0.1:9").await.expect("it is let in");
    assert_eq!(fixed.entries(), 1);
    drop(session);
    assert_eq!((fixed.entries(), ledger.pending()), (0, 1));
    let status = async || store.owner("dp1").await.expect("owner").map(|row| row.status);
    until(async || status().await == Some(Status::Offline)).await;
    advance(GRACE - Duration::from_millis(100)).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!((status().await, ledger.pending()), (Some(Status::Offline), 1));
    advance(Duration::from_millis(100)).await;
    until(async || ledger.pending() == 0).await;
    assert_eq!(status().await, None);
    assert_eq!(ledger.ended().get("deleted"), Some(&1));
    assert!(ledger.times()[0].abs_diff(GRACE) < Duration::from_millis(100), "{:?}", ledger.times());
}
