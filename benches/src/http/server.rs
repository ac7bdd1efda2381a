use std::convert::Infallible;
use std::fmt;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Waker};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tower_service::Service;

use crate::http::Probe;
use crate::spin::spin;

/// One who answers probes, called as a server calls it.
pub struct Server(Box<dyn FnMut(Request<Body>) -> Answer>);

/// What a prober is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// How many headers it has.
    pub headers: usize,
    /// Its body: of one piece.
    pub body: Bytes,
}

impl Server {
    /// Whatever can be served.
    pub(super) fn new<S, B>(mut service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
        B: http_body::Body<Data = Bytes>,
    {
        Self(Box::new(move |request| {
            let mut context = Context::from_waker(Waker::noop());
            assert!(service.poll_ready(&mut context).is_ready(), "it is not ready to be called");
            let Ok(response) = spin(service.call(request));
            Answer::of(response)
        }))
    }

    /// The same, while this is kept.
    pub(super) fn keeping(self, kept: impl Sized + 'static) -> Self {
        let mut answer = self.0;
        Self(Box::new(move |request| {
            let _ = &kept;
            answer(request)
        }))
    }

    /// Its answer to a probe.
    pub fn answer(&mut self, probe: Probe) -> Answer {
        (self.0)(probe.request())
    }

    /// So many answers.
    ///
    /// # Panics
    /// When one has another status or no body.
    pub fn answers(&mut self, probe: Probe, n: u64) {
        let expected = probe.status();
        for _ in 0..n {
            let answer = black_box(self.answer(probe));
            assert!(answer.status == expected && !answer.body.is_empty(), "{answer:?}");
        }
    }
}

impl Answer {
    fn of<B: http_body::Body<Data = Bytes>>(response: Response<B>) -> Self {
        let (status, headers) = (response.status(), response.headers().len());
        let mut body = pin!(response.into_body());
        let mut next = || {
            let frame = spin(std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)));
            frame.map(|frame| frame.ok().and_then(|frame| frame.into_data().ok()).expect("data"))
        };
        let data = next().unwrap_or_default();
        assert!(next().is_none(), "a body of more than one piece");
        Self { status, headers, body: data }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}
