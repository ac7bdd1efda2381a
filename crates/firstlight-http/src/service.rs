use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use firstlight_report::Query;
use http::{Method, Request, Response};
use tower_service::Service;

use crate::accept::Format;
use crate::answering::{Answering, Rendered};
use crate::body::Body;
use crate::health::Health;
use crate::peer::Peer;
use crate::target::Target;

/// Answers probes at once; made by [`Health::service`](crate::Health::service).
///
/// Clones share what they keep: an unchanged answer is not rendered again, whichever clone is asked. It does
/// not look at a request's body, and has no error.
#[derive(Debug, Clone)]
pub struct HealthService {
    answering: Arc<Answering>,
}

impl HealthService {
    pub(crate) fn new(health: Health) -> Self {
        Self { answering: Arc::new(Answering::new(health)) }
    }

    fn respond<B>(&self, request: &Request<B>) -> Response<Body> {
        let with_body = *request.method() != Method::HEAD;
        let path = request.uri().path();
        let is_allowed = matches!(*request.method(), Method::GET | Method::HEAD);
        match (Target::of(path), self.answering.page(path)) {
            (None, None) => self.answering.not_found(with_body),
            _ if !is_allowed => self.answering.not_allowed(),
            (None, Some(page)) => Rendered::page(page).respond(with_body, None),
            (Some(Target::Gate(gate)), _) => self.answering.gate(&gate, with_body),
            (Some(Target::View(view)), _) => {
                let query = Query::parse(request.uri().query().unwrap_or_default());
                let peer = Peer::of(request.extensions());
                self.answering.view(view, &query, Format::of(request.headers()), peer, with_body)
            }
        }
    }
}

impl<B> Service<Request<B>> for HealthService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.respond(&request)))
    }
}
