//! What people write: a bool, and a handle for each part; all handles dropped means that all parts are there.
//!
//! A part that panics drops its handle as well. And of the tasks that wait for the catalog one is woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::http::Reply;
use crate::orders::{Orders, Part, WORKERS};
use crate::tasks::Tasks;
use crate::upstream::{Initialized, store};

/// Starts the service, stage by stage; returns when it is ready.
pub(crate) async fn start(orders: &Arc<Orders>, tasks: &mut Tasks, ready: &AtomicBool) {
    let (writer, catalog) = store();
    let mut writer = Some(writer);
    for _ in 0..WORKERS {
        let (orders, catalog) = (Arc::clone(orders), catalog.clone());
        tasks.spawn(async move {
            let Ok(()) = catalog.wait_until_ready().await else { return };
            orders.work().await;
        });
    }
    for stage in Part::STAGES {
        let initialized = Initialized::default();
        for &part in stage {
            let (orders, handle) = (Arc::clone(orders), initialized.add_handle());
            let writer = writer.take_if(|_| part == Part::Catalog);
            tasks.spawn(async move {
                match orders.fetch(part, |_, _| {}).await {
                    Ok(fetched) => orders.build(part, fetched),
                    Err(error) => return tracing::error!("{part}: {error}"),
                }
                if let Some(writer) = writer {
                    writer.init();
                }
                drop(handle);
                orders.keep(part).await;
            });
        }
        initialized.initialized().await;
    }
    ready.store(true, Ordering::Release);
}

/// What the health port answers.
pub(crate) fn health(ready: &AtomicBool, path: &str) -> Reply {
    match path {
        "/livez" => Reply::text(200, "ok"),
        "/readyz" | "/startupz" if ready.load(Ordering::Acquire) => Reply::text(200, "ok"),
        "/readyz" | "/startupz" => Reply::text(503, "not ready"),
        _ => Reply::text(404, "not found"),
    }
}
