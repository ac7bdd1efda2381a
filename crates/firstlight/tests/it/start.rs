//! What the crates tell the log is what the timeline draws.

use std::time::Duration;

use firstlight::ready::{Readiness, Spec};
use firstlight::timeline::TimelineLayer;
use tracing_subscriber::prelude::*;

#[tokio::test(start_paused = true)]
async fn a_budget_is_kept_for_ready_whatever_the_set_is_called() {
    let (layer, recorder) = TimelineLayer::new();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let readiness = Readiness::new("orders").expect("a runtime");
    let db = readiness.register(Spec::new("db")).expect("a gate");
    let cache = readiness.register(Spec::new("cache").after(["db"])).expect("a gate");
    readiness.seal().expect("sealed");
    tokio::time::sleep(Duration::from_millis(300)).await;
    db.ready();
    tokio::time::sleep(Duration::from_millis(100)).await;
    cache.ready();

    let start = recorder.snapshot().since(readiness.snapshot().since);
    start.assert_budget("ready", Duration::from_millis(500)).expect("in time");
    let over = start.assert_budget("ready", Duration::from_millis(350)).expect_err("400 ms");
    let chain = over.to_string();
    assert!(chain.contains("cache @400.00 ms +100.00 ms"), "{chain}");
    assert!(chain.contains("db @300.00 ms +300.00 ms"), "{chain}");
}
