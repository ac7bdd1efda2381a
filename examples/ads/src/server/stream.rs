use std::sync::Arc;

use envoy_types::pb::envoy::service::discovery::v3::{DiscoveryRequest, DiscoveryResponse};
use firstlight_ready::hold::Counters;
use firstlight_sync::Subscription;
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use tonic::Status;

use crate::server::answer::Answer;
use crate::server::ask::Ask;
use crate::server::counts::one_more;
use crate::server::place::Place;
use crate::server::session::Session;
use crate::server::subscription::Heard;
use crate::snapshot::Snapshot;

/// One client's stream, driven by whoever takes its answers: while a slow reader takes none, nothing is made
/// for it and nothing is read from it.
#[derive(Debug)]
pub(crate) struct Conversation<R> {
    session: Session,
    requests: R,
    /// `None`: the publisher is gone, and the last snapshot stays.
    snapshots: Option<Subscription<Snapshot>>,
    place: Place,
    told: Counters,
}

#[expect(clippy::large_enum_variant, reason = "there is one at a time, looked at and gone")]
enum Event {
    Request(Option<Result<DiscoveryRequest, Status>>),
    Snapshot(Option<Arc<Snapshot>>),
    Silenced,
    Expired,
}

impl<R> Conversation<R>
where
    R: Stream<Item = Result<DiscoveryRequest, Status>> + Send + Unpin,
{
    pub(crate) fn new(place: Place, requests: R) -> Self {
        let session = Session::new(place.shared.settings.holding);
        let snapshots = Some(place.shared.snapshots.subscribe());
        Self { session, requests, snapshots, place, told: Counters::default() }
    }

    /// The answers; after one that is an error there is none.
    pub(crate) fn answers(self) -> impl Stream<Item = Result<DiscoveryResponse, Status>> + Send {
        stream::unfold(Some(self), |conversation| async move {
            let mut conversation = conversation?;
            match conversation.next().await? {
                Ok(answer) => Some((Ok(answer.into_message()), Some(conversation))),
                Err(status) => {
                    conversation.place.ends(status.message());
                    Some((Err(status), None))
                }
            }
        })
    }

    async fn next(&mut self) -> Option<Result<Answer, Status>> {
        loop {
            if !self.is_silent()
                && let Some(answer) = self.session.next(self.place.shared.log.now())
            {
                self.place.shared.counts.response(answer.kind);
                self.tell_holds();
                return Some(Ok(answer));
            }
            self.tell_holds();
            if let Some(missing) = self.session.failed() {
                let missing =
                    format!("{} {:?} is missing for too long", missing.kind, missing.name);
                return Some(Err(Status::unavailable(missing)));
            }
            match self.event().await {
                Event::Request(None) => return None,
                Event::Request(Some(Err(status))) => return Some(Err(status)),
                Event::Request(Some(Ok(request))) => {
                    if let Err(status) = self.request(request) {
                        return Some(Err(status));
                    }
                }
                Event::Snapshot(Some(snapshot)) => {
                    self.place.shared.log.snapshot(&snapshot, &self.place.shared.snapshots);
                    self.session.snapshot(snapshot);
                }
                Event::Snapshot(None) => self.snapshots = None,
                Event::Silenced | Event::Expired => {}
            }
        }
    }

    async fn event(&mut self) -> Event {
        let silent = self.is_silent();
        let shared = Arc::clone(&self.place.shared);
        let expiry = if silent { None } else { self.session.next_expiry() };
        let left = expiry.map(|expiry| expiry.saturating_sub(shared.log.now()));
        tokio::select! {
            request = self.requests.next() => Event::Request(request),
            snapshot = changed(&mut self.snapshots) => Event::Snapshot(snapshot),
            () = shared.silent.cancelled(), if !silent => Event::Silenced,
            () = tokio::time::sleep(left.unwrap_or_default()), if left.is_some() => Event::Expired,
        }
    }

    fn request(&mut self, request: DiscoveryRequest) -> Result<(), Status> {
        let shared = Arc::clone(&self.place.shared);
        let counts = &shared.counts;
        one_more(&counts.requests);
        if self.is_silent() || !self.session.has_snapshot() {
            one_more(&counts.silenced);
        }
        // gRPC tells it once, Envoy with the first request of each type.
        if let Some(node) = &request.node {
            self.place.is_of(&node.id);
        }
        let most = shared.settings.max_names;
        if request.resource_names.len() > most {
            return Err(Status::resource_exhausted(format!(
                "no more than {most} names of one type"
            )));
        }
        let ask = match Ask::of(request) {
            Ok(ask) => ask,
            // An error would end the stream, and all that it tells of the types that are known.
            Err(url) => {
                one_more(&counts.unknown_types);
                shared.log.unknown_type(&url);
                return Ok(());
            }
        };
        let kind = ask.kind;
        match self.session.request(ask) {
            Heard::Acked => one_more(&counts.acks),
            Heard::Stale => one_more(&counts.stale),
            Heard::Nacked(reason) => {
                one_more(&counts.nacks);
                let version = self.session.last_version(kind);
                shared.log.refused(kind, version, self.place.node(), &reason);
            }
            Heard::Subscribed | Heard::Renamed => {}
        }
        Ok(())
    }

    fn is_silent(&self) -> bool {
        self.place.shared.silent.is_cancelled()
    }

    fn tell_holds(&mut self) {
        let now = self.session.hold_counters();
        self.place.shared.counts.holds(self.told, now);
        self.told = now;
    }
}

/// For ever, when the publisher is gone.
async fn changed(snapshots: &mut Option<Subscription<Snapshot>>) -> Option<Arc<Snapshot>> {
    match snapshots {
        Some(snapshots) => snapshots.next().await,
        None => std::future::pending().await,
    }
}
