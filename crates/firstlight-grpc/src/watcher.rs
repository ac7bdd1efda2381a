use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use firstlight_ready::{Phase, Readiness, ViewChanges};
use futures_util::future::{Either, select};
use futures_util::stream::{Stream, StreamExt, unfold};
use tokio::sync::OwnedSemaphorePermit;
use tonic::Status;

use crate::services::{MAX_SERVICE_NAME, Services};
use crate::status;
use crate::wire::HealthCheckResponse;

type Answer = Result<HealthCheckResponse, Status>;

/// The stream of one `Watch`: a service's status now, and again whenever it has changed.
///
/// It yields the newest status and keeps no others, so a watcher that does not read costs no more than one that does.
/// The same status is never yielded twice in a row.
pub struct Watching(Pin<Box<dyn Stream<Item = Answer> + Send>>);

/// What a stream knows of its service.
struct Watcher {
    readiness: Readiness,
    services: Services,
    /// `None` when it is too long to be ever added: it is not kept.
    service: Option<String>,
    stage: Stage,
    _place: OwnedSemaphorePermit,
}

enum Stage {
    Begun,
    Unknown,
    Known(ViewChanges),
    Over,
}

impl Watching {
    pub(crate) fn new(
        readiness: Readiness,
        services: Services,
        service: String,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let service = Some(service).filter(|service| service.len() <= MAX_SERVICE_NAME);
        let stage = Stage::Begun;
        let watcher = Watcher { readiness, services, service, stage, _place: place };
        Self(Box::pin(unfold(watcher, Watcher::next).fuse()))
    }
}

impl Watcher {
    async fn next(mut self) -> Option<(Answer, Self)> {
        if let Stage::Over = self.stage {
            return None;
        }
        if let Stage::Begun = self.stage {
            let view = self.service.as_deref().and_then(|service| self.services.find(service));
            let Some(view) = view else {
                self.stage = Stage::Unknown;
                return Some((Ok(status::service_unknown()), self));
            };
            self.stage = Stage::Known(view.changes());
        }
        if let Stage::Unknown = self.stage {
            self.stage = self.added().await.map_or(Stage::Over, Stage::Known);
        }
        if let Stage::Known(changes) = &mut self.stage {
            if let Some(ready) = changes.next().await {
                return Some((Ok(status::of_view(ready)), self));
            }
        }
        self.stage = Stage::Over;
        Some((Err(stopping(&self.readiness)), self))
    }

    /// Waits until the service is there; `None` when the end comes first.
    async fn added(&self) -> Option<ViewChanges> {
        let stopping = self.readiness.wait_phase(Phase::Stopping);
        let Some(service) = &self.service else {
            stopping.await;
            return None;
        };
        match select(pin!(self.services.added(service)), stopping).await {
            Either::Left((view, _)) => view.map(|view| view.changes()),
            Either::Right(_) => None,
        }
    }
}

/// Why a stream ends, or does not begin.
pub(crate) fn stopping(readiness: &Readiness) -> Status {
    Status::unavailable(format!("{} is stopping", readiness.name()))
}

impl Stream for Watching {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl std::fmt::Debug for Watching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watching").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Places;

    #[tokio::test]
    async fn a_watcher_is_small() {
        let readiness = Readiness::new("orders").expect("a runtime");
        let services = Services::new(readiness.view("ready").ok());
        let place = Places::new().take(&readiness).expect("a place");
        let watching = Watching::new(readiness, services, "a.B".to_owned(), place);
        // Its waker aside, that is all: no task, no queue.
        assert!(size_of_val(&*watching.0) <= 1024, "{}", size_of_val(&*watching.0));
    }
}
