//! What upstream had before its fix (projectcontour/contour#6291): the xDS server starts when the first build is done, and there is no build
//! without a reason.
//!
//! A relevant object is a reason, and so is winning the election. A follower in an empty cluster has neither, and waits for ever.

use std::time::Duration;

use ads::translate::translate;
use ads::{Ads, Snapshot};
use firstlight_metrics::{Collector, ReadyMetrics};
use firstlight_ready::{Phase, Readiness, Spec};
use firstlight_sync::first_output;
use futures_util::stream::select_all;
use futures_util::{FutureExt, StreamExt};
use kube::runtime::watcher::{self, Event};
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::server::TcpIncoming;

use crate::election::Leadership;
use crate::inputs::{Known, Watches};
use crate::plane::{Plane, Server, Settings};
use crate::{BACKLOG, Error, Finding, NAME};

/// How long changes are collected before a build.
const HOLDOFF: Duration = Duration::from_millis(100);

pub(crate) fn start(
    settings: Settings,
    watches: Watches,
    mut leadership: watch::Receiver<Leadership>,
) -> Result<Plane, Error> {
    let metrics = ReadyMetrics::new(NAME);
    let values = metrics.values();
    let readiness = Readiness::builder(NAME).observer(metrics).build()?;
    // The probe looks whether the xDS port is open, for as long as it takes.
    let port = readiness.register(Spec::new("xds").without_deadline())?;
    readiness.seal()?;
    let (publisher, snapshots) = first_output("snapshot")?;
    let (known, watches) = Known::of(watches);
    let Watches { ingresses, services, endpoints, secrets } = watches;
    let events = [
        ingresses.map(|event| touches(&event)).boxed(),
        services.map(|event| touches(&event)).boxed(),
        endpoints.map(|event| touches(&event)).boxed(),
        secrets.map(|_| false).boxed(),
    ];

    let loops = async move {
        let mut events = select_all(events);
        let mut led = false;
        loop {
            let is_change = tokio::select! {
                Some(touched) = events.next() => touched && is_relevant(&known, &settings),
                Ok(()) = leadership.changed() => {
                    let leads = leadership.borrow_and_update().leads;
                    leads && !std::mem::replace(&mut led, leads)
                }
                else => return,
            };
            if is_change {
                sleep(HOLDOFF.saturating_add(settings.build)).await;
                publisher.publish(build(&known, &settings));
                port.ready();
            }
        }
    };
    Ok(Plane {
        metrics: Collector::new().with_set(values, &readiness).with_output(&snapshots),
        readiness,
        snapshots,
        finding: watch::channel(None).1,
        loops: AbortOnDropHandle::new(tokio::spawn(loops)),
    })
}

/// Listens when the first build is done, whenever that is: until then the probe's connections are refused, and those of clients too.
pub(crate) fn serve(port: TcpSocket, plane: &Plane, ads: &Ads) -> Server {
    let (first, stopping) =
        (plane.snapshots.first(), plane.readiness.wait_phase(Phase::Stopping).map(|_| ()));
    let (ads, stopping) = (ads.clone().into_service(), stopping.shared());
    async move {
        tokio::select! {
            _ = first => {}
            () = stopping.clone() => return Ok(()),
        }
        let incoming = TcpIncoming::from(port.listen(BACKLOG)?);
        let server = tonic::transport::Server::builder();
        let served = server.serve_with_incoming_shutdown(ads, incoming, stopping).await;
        served.map_err(|_| Error::Ended("the xDS server"))
    }
    .boxed()
}

fn build(known: &Known, settings: &Settings) -> Snapshot {
    translate(&known.inputs(), &settings.translation).snapshot
}

/// Whether there is anything that a build would be for.
fn is_relevant(known: &Known, settings: &Settings) -> bool {
    let translation = translate(&known.inputs(), &settings.translation);
    matches!(
        Finding::of(&translation, known.others()),
        Finding::Configured(_) | Finding::ConfigurationError(..)
    )
}

fn touches<K>(event: &watcher::Result<Event<K>>) -> bool {
    matches!(event, Ok(Event::Apply(_) | Event::Delete(_) | Event::InitDone))
}
