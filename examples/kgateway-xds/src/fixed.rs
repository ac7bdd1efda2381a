//! The same with firstlight: nobody is let in before the first whole snapshot, and nobody waits for it for ever.
//!
//! Three layers, each behind the one before: the inputs are read, what was read is translated, the snapshot is published. The listener is
//! bound from the start and accepts when the last gate opens; behind it the output says "not yet". What is optional is shown and holds
//! nothing up. A gate that does not open within its time fails, and with it the process: whoever waits is told.

mod publishing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ads::Ads;
use firstlight_http::Gated;
use firstlight_kube::WatchExt;
use firstlight_metrics::{Collector, ReadyMetrics};
use firstlight_ready::{Expiry, Kind, Readiness, Spec};
use firstlight_sync::{Tracker, first_output};
use futures_util::stream::select_all;
use futures_util::{FutureExt, StreamExt};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Server;

use self::publishing::{Publishing, changes};
use crate::inputs::Inputs;
use crate::plane::{Plane, Settings};
use crate::{Error, NAME};

/// The first layer.
const INPUTS: [&str; 3] = ["ingresses", "services", "endpoints"];

pub(crate) fn start(
    listener: TcpListener,
    settings: Settings,
    inputs: Inputs,
) -> Result<Plane, Error> {
    let metrics = ReadyMetrics::new(NAME);
    let values = metrics.values();
    let readiness = Readiness::builder(NAME).observer(metrics).build()?;
    let required = Kind::RequiredUntil(settings.within, Expiry::Fail);
    let gate = |name| readiness.register(Spec::new(name).kind(required));
    let [ingresses, services, endpoints] = [gate(INPUTS[0])?, gate(INPUTS[1])?, gate(INPUTS[2])?];
    let classes = readiness.register(Spec::new("ingress-classes").optional())?;
    let translated = Spec::new("translation").kind(required).after(INPUTS);
    let translated = Arc::new(readiness.register(translated)?);
    let published = Spec::new("snapshot").kind(required).after(["translation"]);
    let published = readiness.register(published)?;
    readiness.seal()?;
    let (publisher, snapshots) = first_output("snapshot")?;
    let ads = Ads::new(snapshots.clone(), ads::Settings::default());

    let tracker =
        INPUTS.iter().fold(Tracker::builder("translation"), |tracker, input| tracker.source(input));
    let tracker = tracker.build()?;
    let [of_ingresses, of_services, of_endpoints] =
        [tracker.source(INPUTS[0])?, tracker.source(INPUTS[1])?, tracker.source(INPUTS[2])?];
    let gate = Arc::clone(&translated);
    let publishing =
        Publishing::new(inputs.known, settings.translation, tracker.clone(), publisher, gate);
    // One loop for all: what it has translated is of one moment.
    let publishing = of_ingresses.feed(|of_ingresses| {
        of_services.feed(|of_services| {
            of_endpoints.feed(|of_endpoints| {
                publishing.run(select_all([
                    changes(inputs.ingresses.feed_gate(ingresses).feed_source(of_ingresses)),
                    changes(inputs.services.feed_gate(services).feed_source(of_services)),
                    changes(inputs.endpoints.feed_gate(endpoints).feed_source(of_endpoints)),
                ]))
            })
        })
    });
    let classes = inputs.classes.feed_gate(classes).for_each(|_| std::future::ready(()));
    let first = snapshots.first();
    let opening = async move {
        // That all of it is translated is told by the loop, and told again whenever it comes to something else.
        if let Err(error) = tracker.wait().await {
            translated.failed(error.to_string());
        }
        match first.await {
            Ok(_) => published.ready(),
            Err(error) => published.failed(error.to_string()),
        }
    };
    let loops = async {
        let ((), (), ()) = tokio::join!(publishing, opening, classes);
    };

    let gated = Gated::new(listener, &readiness).map_err(|error| Error::Readiness(error.into()))?;
    let stopping = gated.stopping();
    let server = Server::builder().serve_with_incoming_shutdown(
        ads.clone().into_service(),
        gated.incoming(),
        stopping,
    );
    Ok(Plane {
        metrics: Collector::new().with_set(values, &readiness).with_output(&snapshots),
        readiness,
        ads,
        server: server.boxed(),
        loops: AbortOnDropHandle::new(tokio::spawn(loops)),
    })
}
