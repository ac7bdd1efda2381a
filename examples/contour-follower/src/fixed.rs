//! The same with firstlight: everybody is ready when all that there is has been read and handled, and be it nothing.
//!
//! An empty source is done; the first output is built exactly once after that, whatever it holds; and who leads is shown, and gates nothing.

use std::sync::Arc;
use std::time::Duration;

use ads::translate::{Options, Verdict, translate};
use ads::{Ads, Snapshot, translate};
use firstlight_clock::Clock;
use firstlight_http::Gated;
use firstlight_kube::{WatchExt, Watched};
use firstlight_metrics::{Collector, ReadyMetrics};
use firstlight_ready::{Expiry, Gate, Hysteresis, Kind, Mode, Readiness, Spec};
use firstlight_sync::{Debounce, Feed, Publisher, Tracker, first_output, initial_build};
use futures_util::{FutureExt, StreamExt};
use k8s_openapi::api::networking::v1::Ingress;
use kube::Resource;
use kube::runtime::watcher::Event;
use tokio::net::TcpSocket;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::election::Leadership;
use crate::inputs::{INPUTS, Known, Watch, Watches};
use crate::plane::{Plane, Server, Settings};
use crate::{BACKLOG, Error, Finding, NAME};

/// Changes are collected until they pause, but never for longer than the second: a stream of them must not hold up a build for ever.
const DEBOUNCE: Debounce = Debounce::new(Duration::from_millis(10), Duration::from_millis(200));

pub(crate) fn start(
    settings: Settings,
    watches: Watches,
    leadership: watch::Receiver<Leadership>,
) -> Result<Plane, Error> {
    let metrics = ReadyMetrics::new(NAME);
    let values = metrics.values();
    let readiness = Readiness::builder(NAME).observer(metrics).build()?;
    let required = Kind::RequiredUntil(settings.within, Expiry::Fail);
    for input in INPUTS {
        readiness.declare(Spec::new(input).kind(required))?;
    }
    let configuration = Spec::new("configuration").kind(required).after(INPUTS);
    let configuration = readiness.register(configuration)?;
    // Live: whoever has led once and does not any more is shown as one that follows.
    let leader = Spec::new("leader").optional().without_deadline();
    let leader = readiness.register(leader.mode(Mode::Live(Hysteresis::default())))?;
    readiness.seal()?;
    let mut tracker = Tracker::builder("inputs");
    for input in INPUTS {
        tracker = tracker.source(input);
    }
    let tracker = tracker.build()?;

    let (publisher, snapshots) = first_output("snapshot")?;
    let (known, watches) = Known::of(watches);
    let changed = Arc::new(Notify::new());
    let news = changed.clone();
    let ours = settings.translation.clone();
    let [ingresses, services, endpoints, secrets] =
        INPUTS.map(|input| Ok::<_, Error>((readiness.claim(input)?, tracker.source(input)?)));
    let ((ingresses, of_ingresses), (services, of_services)) = (ingresses?, services?);
    let ((endpoints, of_endpoints), (secrets, of_secrets)) = (endpoints?, secrets?);
    let reading = async move {
        tokio::join!(
            of_ingresses.feed(|feed| read(watches.ingresses, ingresses, feed, &news, |ingress| {
                judge(ingress, &ours)
            })),
            of_services.feed(|feed| read(watches.services, services, feed, &news, |_| {
                Verdict::Irrelevant
            })),
            of_endpoints.feed(|feed| read(watches.endpoints, endpoints, feed, &news, |_| {
                Verdict::Irrelevant
            })),
            of_secrets
                .feed(|feed| read(watches.secrets, secrets, feed, &news, |_| Verdict::Irrelevant)),
        )
    };
    let (told, finding) = watch::channel(None);
    let builder = Builder { known, settings, publisher, gate: configuration, told };
    let building = async move {
        builder.run(tracker, &changed).await;
    };
    let loops = async move {
        tokio::join!(reading, building, show(leadership, leader));
    };
    Ok(Plane {
        metrics: Collector::new().with_set(values, &readiness).with_output(&snapshots),
        readiness,
        snapshots,
        finding,
        loops: AbortOnDropHandle::new(tokio::spawn(loops)),
    })
}

/// Listens at once, and lets nobody in before all is ready: who comes early waits, and is not refused.
pub(crate) fn serve(port: TcpSocket, plane: &Plane, ads: &Ads) -> Result<Server, Error> {
    let gated = Gated::new(port.listen(BACKLOG)?, &plane.readiness);
    let gated = gated.map_err(|error| Error::Readiness(error.into()))?;
    let stopping = gated.stopping();
    let ads = ads.clone().into_service();
    let server = tonic::transport::Server::builder().serve_with_incoming_shutdown(
        ads,
        gated.incoming(),
        stopping,
    );
    Ok(server.map(|ended| ended.map_err(|_| Error::Ended("the xDS server"))).boxed())
}

/// Reads one kind for as long as its watch lasts. The objects of the first list are handled when they have been judged.
async fn read<K: Resource>(
    watch: Watch<K>,
    gate: Gate,
    feed: Feed,
    changed: &Notify,
    judge: impl Fn(&K) -> Verdict,
) {
    let mut watch = watch.feed_gate(gate).feed_source(feed);
    while let Some(told) = watch.next().await {
        // The gate tells of errors, and the watch tries again.
        let Ok(Watched { event, item }) = told else { continue };
        if let (Event::InitApply(object), Some(item)) = (&event, item) {
            match judge(object) {
                Verdict::Relevant => item.relevant(),
                Verdict::Irrelevant => item.irrelevant(),
                Verdict::Rejected(reason) => item.rejected(reason),
            }
        }
        if matches!(event, Event::Apply(_) | Event::Delete(_) | Event::InitDone) {
            changed.notify_one();
        }
    }
}

/// An Ingress by itself; the other kinds matter only by what refers to them.
fn judge(ingress: &Ingress, options: &Options) -> Verdict {
    let alone: translate::Inputs = [ingress.clone()].into_iter().collect();
    translate(&alone, options).verdicts.into_values().next().unwrap_or(Verdict::Irrelevant)
}

/// Builds what is published, and says what was found.
struct Builder {
    known: Known,
    settings: Settings,
    publisher: Publisher<Snapshot>,
    gate: Gate,
    told: watch::Sender<Option<Finding>>,
}

impl Builder {
    /// The first output once everything has been read and handled, even if that changed nothing; then one for each burst of changes.
    async fn run(&self, tracker: Tracker, changed: &Notify) {
        let mut found = None;
        let first = initial_build(tracker.wait(), &self.publisher, async |_| {
            let (snapshot, finding) = self.build().await;
            found = Some(finding);
            Ok::<_, Error>(snapshot)
        });
        match (first.await, found) {
            (Ok(_), Some(finding)) => self.tell(finding),
            (Ok(_), None) => {}
            (Err(error), _) => return self.gate.failed(error.to_string()),
        }
        let (clock, mut debounce) = (Clock::new(), DEBOUNCE);
        loop {
            let pause = debounce.due().map(|due| due.saturating_sub(clock.now()));
            if timeout(pause.unwrap_or(Duration::MAX), changed.notified()).await.is_ok() {
                debounce.change(clock.now());
            }
            if debounce.act(clock.now()) {
                let (snapshot, finding) = self.build().await;
                self.publisher.publish(snapshot);
                self.tell(finding);
            }
        }
    }

    fn tell(&self, finding: Finding) {
        finding.tell(&self.gate);
        self.told.send_replace(Some(finding));
    }

    async fn build(&self) -> (Snapshot, Finding) {
        sleep(self.settings.build).await;
        let translation = translate(&self.known.inputs(), &self.settings.translation);
        let finding = Finding::of(&translation, self.known.others());
        (translation.snapshot, finding)
    }
}

/// Shows who leads. Nobody waits for it: a follower is as ready as its leader.
async fn show(mut leadership: watch::Receiver<Leadership>, gate: Gate) {
    loop {
        let Leadership { leads, holder, trouble } = leadership.borrow_and_update().clone();
        match (leads, holder, trouble) {
            (true, ..) => gate.ready(),
            (false, _, Some(trouble)) => gate.not_ready(trouble),
            (false, Some(holder), None) => gate.not_ready(format!("follows {holder}")),
            (false, None, None) => gate.not_ready("nobody leads"),
        }
        if leadership.changed().await.is_err() {
            // Nobody takes part for this instance any more. That is no failure: the gate is held.
            gate.not_ready("takes no part any more");
            return std::future::pending().await;
        }
    }
}
