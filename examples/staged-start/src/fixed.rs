//! The same with firstlight: a gate for each part. A gate that is dropped before it was ready has failed, and says why;
//! any number of tasks wait for one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use firstlight_ready::{Readiness, Ready, Refused, Spec};
use firstlight_report::{Query, Renderer};
use tokio::time::Instant;

use crate::error::StartError;
use crate::http::Reply;
use crate::orders::{Orders, Part, WORKERS};
use crate::tasks::Tasks;

/// As long as any part may wait for what it depends on.
const FETCH: Duration = Duration::from_secs(3);

/// What must be there before anybody is sent here.
pub(crate) fn gates() -> Result<Readiness, Refused> {
    let readiness = Readiness::builder("orders").stages(["inputs", "work", "output"]).build()?;
    for spec in [
        Spec::new("config").stage("inputs"),
        Spec::new("secrets").stage("inputs"),
        Spec::new("db").stage("inputs").shared(),
        Spec::new("catalog").stage("work").after(["db"]).stall(Duration::from_secs(2)),
        Spec::new("prices").stage("work").after(["db"]),
        Spec::new("routes").stage("work").after(["config"]),
        Spec::new("first-output").stage("output").after(["catalog", "prices", "routes"]),
        Spec::new("listener").stage("output").after(["secrets"]),
    ] {
        readiness.declare(spec)?;
    }
    readiness.seal()?;
    Ok(readiness)
}

/// Starts the service, stage by stage; returns when it is ready, or cannot become so.
pub(crate) async fn start(
    orders: &Arc<Orders>,
    tasks: &mut Tasks,
    readiness: &Readiness,
    deadline: Instant,
) -> Result<Ready, StartError> {
    for _ in 0..WORKERS {
        let (orders, catalog) = (Arc::clone(orders), readiness.wait_gate("catalog")?);
        tasks.spawn(async move {
            let Ok(_) = catalog.await else { return };
            orders.work().await;
        });
    }
    for stage in Part::STAGES {
        for &part in stage {
            let (orders, gate) = (Arc::clone(orders), readiness.claim(part.name())?);
            tasks.spawn(async move {
                // An error, or that it takes too long, fails the gate; a panic below drops it, which fails it too.
                let fetch = orders.fetch(part, |done, total| gate.progress(done, total));
                let Ok(fetched) = gate.step("fetch", FETCH, fetch).await else { return };
                orders.build(part, fetched);
                gate.ready();
                orders.keep(part).await;
            });
        }
        let names = stage.iter().map(|part| part.name());
        readiness.wait_all(names)?.with_deadline(deadline).await?;
    }
    Ok(readiness.wait().with_deadline(deadline).await?)
}

/// What the health port answers: `/readyz?verbose` says which gates are open and which are not.
pub(crate) fn health(renderer: &Mutex<Renderer>, path: &str, query: &str) -> Reply {
    let view = match path {
        "/readyz" => "ready",
        "/livez" => "live",
        "/startupz" => "startup",
        _ => return Reply::text(404, "not found"),
    };
    let mut renderer = renderer.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = renderer.kubernetes(view, &Query::parse(query));
    Reply { status: answer.status, headers: answer.headers().to_vec(), body: answer.body.to_vec() }
}
