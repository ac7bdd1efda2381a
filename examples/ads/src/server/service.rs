use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_server::{
    AggregatedDiscoveryService, AggregatedDiscoveryServiceServer,
};
use envoy_types::pb::envoy::service::discovery::v3::{
    DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
};
use futures_core::Stream;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::{Request, Response, Status, Streaming};

use crate::server::ads::Shared;
use crate::server::place::Place;
use crate::server::stream::Conversation;

/// The service of an [`Ads`](crate::Ads), for a `tonic::transport::Server`.
#[derive(Debug, Clone)]
pub struct AdsService(AggregatedDiscoveryServiceServer<Handler>);

impl AdsService {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let max_request = shared.settings.max_request;
        let server = AggregatedDiscoveryServiceServer::new(Handler(shared));
        Self(server.max_decoding_message_size(max_request))
    }
}

impl Service<http::Request<Body>> for AdsService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<http::Request<Body>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}

impl tonic::server::NamedService for AdsService {
    const NAME: &'static str =
        <AggregatedDiscoveryServiceServer<Handler> as tonic::server::NamedService>::NAME;
}

#[derive(Debug)]
struct Handler(Arc<Shared>);

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl AggregatedDiscoveryService for Handler {
    type StreamAggregatedResourcesStream = Answers<DiscoveryResponse>;
    type DeltaAggregatedResourcesStream = Answers<DeltaDiscoveryResponse>;

    async fn stream_aggregated_resources(
        &self,
        request: Request<Streaming<DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        let place = Place::take(&self.0)?;
        let answers = Conversation::new(place, request.into_inner()).answers();
        Ok(Response::new(Box::pin(answers)))
    }

    async fn delta_aggregated_resources(
        &self,
        _: Request<Streaming<DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        Err(Status::unimplemented(
            "incremental discovery is not served: use StreamAggregatedResources",
        ))
    }
}
