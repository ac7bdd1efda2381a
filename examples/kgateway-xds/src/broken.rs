//! What upstream had before its fix (kgateway-dev/kgateway#11068): the process is ready because it runs.
//!
//! The readiness check is a ping. The xDS server listens at once, with a snapshot of nothing, and each event of an informer publishes what
//! is known by then. A client that comes back in that time is told that what it has is gone.

use ads::translate::translate;
use ads::{Ads, Snapshot};
use firstlight_metrics::{Collector, ReadyMetrics};
use firstlight_ready::{Phase, Readiness, Spec};
use firstlight_sync::first_output;
use futures_util::stream::select_all;
use futures_util::{FutureExt, StreamExt};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::inputs::Inputs;
use crate::plane::{Plane, Settings};
use crate::{Error, NAME};

pub(crate) fn start(
    listener: TcpListener,
    settings: Settings,
    inputs: Inputs,
) -> Result<Plane, Error> {
    let metrics = ReadyMetrics::new(NAME);
    let values = metrics.values();
    let readiness = Readiness::builder(NAME).observer(metrics).build()?;
    readiness.register(Spec::new("ping"))?.ready();
    readiness.seal()?;
    let (publisher, snapshots) = first_output("snapshot")?;
    publisher.publish(Snapshot::builder("").build());
    let ads = Ads::new(snapshots.clone(), ads::Settings::default().without_holds());

    let Inputs { ingresses, services, endpoints, known, .. } = inputs;
    let events = [
        ingresses.map(|event| event.is_ok()).boxed(),
        services.map(|event| event.is_ok()).boxed(),
        endpoints.map(|event| event.is_ok()).boxed(),
    ];
    let publishing = async move {
        let mut events = select_all(events);
        while let Some(is_news) = events.next().await {
            if is_news {
                publisher.publish(translate(&known.inputs(), &settings.translation).snapshot);
            }
        }
    };

    let stopping = readiness.wait_phase(Phase::Stopping).map(|_| ());
    let server = Server::builder().serve_with_incoming_shutdown(
        ads.clone().into_service(),
        TcpIncoming::from(listener),
        stopping,
    );
    Ok(Plane {
        metrics: Collector::new().with_set(values, &readiness).with_output(&snapshots),
        readiness,
        ads,
        server: server.boxed(),
        loops: AbortOnDropHandle::new(tokio::spawn(publishing)),
    })
}
