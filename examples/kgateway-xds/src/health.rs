use firstlight_http::{Health, HttpError};
use firstlight_metrics::Collector;
use firstlight_ready::Readiness;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

/// What Prometheus expects.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Serves the probes and the metrics: up before all else, and down after it.
pub(crate) async fn serve(
    listener: TcpListener,
    readiness: Readiness,
    collector: Collector,
    metrics: PrometheusHandle,
) -> Result<(), HttpError> {
    let text = move || {
        collector.collect();
        metrics.run_upkeep();
        metrics.render()
    };
    Health::new(&readiness).with_detail().with_page("/metrics", TEXT, text).serve(listener).await
}
