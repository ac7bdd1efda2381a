use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use firstlight_ready::Readiness;
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode};
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::health::DEFAULT_RETRY_AFTER;
use crate::retry_after::retry_after;

/// Answers 503 with `Retry-After` until the set was seen ready once; from then on it lets all pass.
///
/// For a port that must answer from the start, with [`Gated::answering`](crate::Gated::answering) or any
/// other listener. The set is looked at with each request until then: one atomic load. After that it is one
/// relaxed load, whatever becomes of the set: a service that degrades still serves, and so does a lame duck.
/// Clones share what was seen.
///
/// A gRPC client sees `UNAVAILABLE`.
#[derive(Debug, Clone)]
pub struct NotYetLayer {
    door: Arc<Door>,
    retry_after: Option<HeaderValue>,
}

#[derive(Debug)]
struct Door {
    readiness: Readiness,
    open: AtomicBool,
}

impl Door {
    /// Relaxed: nothing else is published by it, and who sees it late asks the set itself.
    fn is_open(&self) -> bool {
        if self.open.load(Ordering::Relaxed) {
            return true;
        }
        let ready = self.readiness.is_ready();
        if ready {
            self.open.store(true, Ordering::Relaxed);
        }
        ready
    }
}

impl NotYetLayer {
    /// Looks at the view `ready` of a set.
    pub fn new(readiness: &Readiness) -> Self {
        let door = Arc::new(Door { readiness: readiness.clone(), open: AtomicBool::new(false) });
        Self { door, retry_after: retry_after(DEFAULT_RETRY_AFTER) }
    }

    /// Sets `Retry-After`. Default: a second. Told in whole seconds, rounded up, at most a day; at 0 there is
    /// none.
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = retry_after(pause);
        self
    }
}

impl<S> Layer<S> for NotYetLayer {
    type Service = NotYet<S>;

    fn layer(&self, inner: S) -> NotYet<S> {
        NotYet { inner, layer: self.clone() }
    }
}

/// A service behind a [`NotYetLayer`].
///
/// The refusal has the empty body of the service's own kind, which is why that must have a default.
#[derive(Debug, Clone)]
pub struct NotYet<S> {
    inner: S,
    layer: NotYetLayer,
}

impl<S, A, B> Service<Request<A>> for NotYet<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    B: Default,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = NotYetFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        if self.layer.door.is_open() {
            NotYetFuture(Answer::Through(self.inner.call(request)))
        } else {
            NotYetFuture(Answer::NotYet { retry_after: self.layer.retry_after.clone() })
        }
    }
}

/// The answer of a [`NotYet`]: the service's own, or a refusal at once.
#[pin_project]
#[derive(Debug)]
pub struct NotYetFuture<F>(#[pin] Answer<F>);

#[pin_project(project = AnswerProjection)]
#[derive(Debug)]
enum Answer<F> {
    Through(#[pin] F),
    NotYet { retry_after: Option<HeaderValue> },
}

impl<F, B, E> Future for NotYetFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().0.project() {
            AnswerProjection::Through(inner) => inner.poll(cx),
            AnswerProjection::NotYet { retry_after } => {
                let mut refusal = Response::new(B::default());
                *refusal.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                let headers = refusal.headers_mut();
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                if let Some(pause) = retry_after.take() {
                    headers.insert(RETRY_AFTER, pause);
                }
                Poll::Ready(Ok(refusal))
            }
        }
    }
}
