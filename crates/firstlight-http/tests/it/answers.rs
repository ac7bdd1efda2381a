//! Asks the service itself, without a socket.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use firstlight_http::{Body, HealthService, Peer};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use tower_service::Service;

/// An answer, read to its end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }
}

/// It has to answer at once.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Gives a request to the service; its answer was not read yet.
pub(crate) fn call(service: &HealthService, request: Request<()>) -> Response<Body> {
    now(service.clone().call(request)).expect("never")
}

pub(crate) fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let body = now(body.collect()).expect("never").to_bytes();
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

pub(crate) fn request(method: &str, target: &str) -> Request<()> {
    Request::builder().method(method).uri(target).body(()).expect("a request")
}

pub(crate) fn get(service: &HealthService, target: &str) -> Answer {
    read(call(service, request("GET", target)))
}

/// A request of this host; its port is another one each time.
pub(crate) fn from(host: [u8; 4], port: u16, mut request: Request<()>) -> Request<()> {
    request.extensions_mut().insert(Peer(SocketAddr::from((host, port))));
    request
}
