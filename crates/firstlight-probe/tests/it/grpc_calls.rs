//! What the gRPC probe sends with its calls, and what ends a watch.

use std::net::SocketAddr;

use firstlight_poll::Hint;
use firstlight_probe::GrpcProbe;
use tokio::net::TcpListener;
use tonic::codegen::tokio_stream::{Iter, iter};
use tonic::service::InterceptorLayer;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::support::{LONG, attempt, line};

async fn listener() -> (SocketAddr, TcpIncoming) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("bind");
    (listener.local_addr().expect("bound"), TcpIncoming::from(listener))
}

/// Lets in whoever has this token, and quotes to anybody else what he sent.
fn guard(request: Request<()>) -> Result<Request<()>, Status> {
    let sent = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
    match sent {
        Some("Bearer right-token") => Ok(request),
        sent => Err(Status::unauthenticated(format!("unknown: {}", sent.unwrap_or("nobody")))),
    }
}

#[tokio::test]
async fn the_token_is_sent_and_is_not_shown_when_it_is_echoed() {
    let (address, incoming) = listener().await;
    let (_reporter, service) = tonic_health::server::health_reporter();
    let mut server = tonic::transport::Server::builder().layer(InterceptorLayer::new(guard));
    tokio::spawn(server.add_service(service).serve_with_incoming(incoming));
    let probe = GrpcProbe::new(&format!("http://{address}")).expect("probe");
    let asked = format!("unauthorized: Check at http://{address} failed: UNAUTHENTICATED");
    for (token, expected) in [
        (None, format!("{asked}: unknown: nobody")),
        (Some("wrong-hunter2"), format!("{asked}: unknown: Bearer [redacted]")),
        (Some(" right-token\n"), "ready".to_owned()),
    ] {
        let probe = probe.clone();
        let probe = match token {
            Some(token) => probe.with_bearer_token(token).expect("token"),
            None => probe,
        };
        assert_eq!(line(&attempt(LONG, |cx| probe.check(cx)).await), expected);
    }
}

/// Says once how it is, and then that it cannot watch.
struct Half;

#[tonic::async_trait]
impl Health for Half {
    type WatchStream = Iter<std::vec::IntoIter<Result<HealthCheckResponse, Status>>>;

    async fn check(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(HealthCheckResponse { status: 1 }))
    }

    async fn watch(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let first = Ok(HealthCheckResponse { status: 1 });
        Ok(Response::new(iter(vec![first, Err(Status::unimplemented("no more"))])))
    }
}

#[tokio::test]
async fn a_stream_that_ends_as_unimplemented_ends_the_watch() {
    let (address, incoming) = listener().await;
    let server = tonic::transport::Server::builder().add_service(HealthServer::new(Half));
    tokio::spawn(server.serve_with_incoming(incoming));
    let probe = GrpcProbe::new(&format!("http://{address}")).expect("probe");
    tokio::time::timeout(LONG, probe.watch_into(Hint::new())).await.expect("ends by itself");
}
