use std::net::SocketAddr;
use std::sync::Arc;

use axum::routing::get;
use firstlight_http::Health;
use firstlight_metrics::Collector;
use firstlight_ready::{Phase, Readiness};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::told::Told;

/// Serves the probes and the metrics: up before all else, and down after it.
pub(crate) async fn serve(
    listener: TcpListener,
    readiness: Readiness,
    collector: Collector,
    told: Told,
    metrics: PrometheusHandle,
) -> std::io::Result<()> {
    let both = Arc::new((collector, told));
    let text = move || {
        both.0.collect();
        both.1.collect();
        metrics.run_upkeep();
        std::future::ready(metrics.render())
    };
    // In detail: the states that are to be told apart differ in their reasons.
    let app = Health::new(&readiness).with_detail().router().route("/metrics", get(text));
    // With the peer's address, by which the lame duck knows who has seen it.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = async move {
        readiness.wait_phase(Phase::Stopped).await;
    };
    axum::serve(listener, app).with_graceful_shutdown(stopped).await
}
