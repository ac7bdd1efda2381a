use firstlight_ready::{Phase, Readiness, Reason, View};
use tonic::{Request, Response, Status};

use crate::error::ServiceError;
use crate::places::Places;
use crate::prober::delivered;
use crate::services::{MAX_LISTED, Services};
use crate::status;
use crate::watcher::{Watching, stopping};
use crate::wire::health_server::{Health, HealthServer};
use crate::wire::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse};

/// The longest request that is read, in bytes. It has a service name in it, and nothing else.
const MAX_REQUEST: usize = 4096;

/// Answers for the health of a server and of its services, each by a view of one set; clones share it.
///
/// * **SERVING** is a view that is ready, NOT_SERVING one that is not. So nothing is SERVING before its view is ready.
/// * **The end is latched.** When [`Readiness::drain`] has returned nobody is told SERVING any more, of services that are
///   added later neither. Two views outlast it, for probes that ask whether to kill: `live`, and `startup` once it was ready.
/// * **A service that is not there** is NOT_FOUND for Check, and SERVICE_UNKNOWN for Watch, whose stream stays open and
///   goes on with the status when the service is added.
/// * **A stream of Watch** ends with UNAVAILABLE when the process is [`Phase::Stopping`], after a last NOT_SERVING (of
///   `live` and `startup`: after what they were): a server that shuts down gracefully would else wait for it for ever.
///   One that is opened from then on is refused: a client that has heard a status at all comes back at once, and would
///   do so in a circle.
/// * **List** fails with RESOURCE_EXHAUSTED when there are more than [`MAX_LISTED`] services.
/// * **The lame duck** counts the answers of Check, as soon as tonic has them: the prober is the peer's address without the
///   port, as with `firstlight-http`, and a peer without one is not counted. Nor are the answers of Watch, which says a
///   thing once and would so hold up a lame duck that ends with the second; nor those of List, or for `live` and `startup`.
#[derive(Debug, Clone)]
pub struct HealthService {
    readiness: Readiness,
    services: Services,
    places: Places,
}

impl HealthService {
    /// Makes one that answers for the empty name, which is the server as a whole: by the view `ready`.
    pub fn new(readiness: &Readiness) -> Self {
        // Every set has it.
        let services = Services::new(readiness.view("ready").ok());
        Self { readiness: readiness.clone(), services, places: Places::new() }
    }

    /// Answers for this service too; see [`HealthService::add_service`].
    ///
    /// # Errors
    /// As [`HealthService::add_service`].
    pub fn with_service(self, name: impl Into<String>, view: View) -> Result<Self, ServiceError> {
        self.add_service(name, view)?;
        Ok(self)
    }

    /// Answers for this service from now on: those who watch it already are told its status at once.
    ///
    /// The name is any text of up to [`MAX_SERVICE_NAME`](crate::MAX_SERVICE_NAME) bytes, `package.Service` as a rule. A
    /// service is never taken back: it is its view that closes.
    ///
    /// # Errors
    /// When the name is taken or too long, there are too many, or the view is of another set.
    pub fn add_service(&self, name: impl Into<String>, view: View) -> Result<(), ServiceError> {
        let name = name.into();
        if !view.is_of(&self.readiness) {
            let (view, set) = (view.name().clone(), self.readiness.name().clone());
            return Err(ServiceError::OtherSet { service: Reason::new(&name), view, set });
        }
        self.services.add(name, view)
    }

    /// Makes the service that a tonic server takes; it reads no request of more than 4 KiB.
    pub fn into_server(self) -> HealthServer<Self> {
        HealthServer::new(self).max_decoding_message_size(MAX_REQUEST)
    }
}

#[tonic::async_trait]
impl Health for HealthService {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let view = self.services.find(&request.get_ref().service);
        // Not with its name: it is the peer's, and may be long.
        let view = view.ok_or_else(|| Status::not_found("there is no such service"))?;
        let ready = view.is_ready();
        delivered(&self.readiness, &request, &view, ready);
        Ok(Response::new(status::of_view(ready)))
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        let statuses = self.services.list().map_err(|number| {
            let message = format!("{number} services are more than the {MAX_LISTED} of a list");
            Status::resource_exhausted(message)
        })?;
        let statuses = statuses.into_iter().map(|(name, ready)| (name, status::of_view(ready)));
        Ok(Response::new(HealthListResponse { statuses: statuses.collect() }))
    }

    type WatchStream = Watching;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Watching>, Status> {
        if self.readiness.phase() >= Phase::Stopping {
            return Err(stopping(&self.readiness));
        }
        let place = self.places.take(&self.readiness)?;
        let service = request.into_inner().service;
        let (readiness, services) = (self.readiness.clone(), self.services.clone());
        Ok(Response::new(Watching::new(readiness, services, service, place)))
    }
}
