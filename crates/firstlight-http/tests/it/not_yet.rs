//! The layer for who would rather answer early.

use std::convert::Infallible;
use std::future::{Ready, ready as done};
use std::task::{Context, Poll};
use std::time::Duration;

use firstlight_http::NotYetLayer;
use firstlight_ready::{Hysteresis, Mode, Readiness, Spec};
use http::{Request, Response};
use http_body_util::Full;
use tower_layer::Layer;
use tower_service::Service;

use crate::it::answers::{now, request};
use crate::it::set::starting;

#[derive(Clone)]
struct Orders;

impl Service<Request<()>> for Orders {
    type Response = Response<Full<&'static [u8]>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        done(Ok(Response::new(Full::new(b"orders"))))
    }
}

fn asked<S>(service: &mut S) -> (u16, Option<String>)
where
    S: Service<Request<()>, Response = Response<Full<&'static [u8]>>, Error = Infallible>,
{
    let Ok(answer) = now(service.call(request("GET", "/")));
    let pause = answer.headers().get("retry-after");
    (answer.status().as_u16(), pause.map(|pause| pause.to_str().expect("ASCII").to_owned()))
}

#[tokio::test]
async fn it_answers_503_until_ready_and_then_never_again() {
    let readiness = Readiness::new("orders").expect("a set");
    let gate = readiness
        .register(Spec::new("db").mode(Mode::Live(Hysteresis::default())))
        .expect("a gate");
    let layer = NotYetLayer::new(&readiness);
    let (mut one, mut other) = (layer.layer(Orders), layer.layer(Orders));
    assert_eq!(asked(&mut one), (503, Some("1".to_owned())));
    readiness.seal().expect("sealed");
    assert_eq!(asked(&mut one), (503, Some("1".to_owned())));
    gate.ready();
    assert_eq!(asked(&mut one), (200, None));
    // What one has seen all have: a service that degrades still serves.
    gate.not_ready("slow");
    assert!(!readiness.is_ready());
    assert_eq!((asked(&mut one), asked(&mut other)), ((200, None), (200, None)));
    readiness.drain("SIGTERM");
    assert_eq!((asked(&mut one), asked(&mut other)), ((200, None), (200, None)));
}

#[tokio::test]
async fn a_set_that_ends_before_it_was_ready_lets_nobody_in() {
    let (readiness, gate) = starting();
    let mut service = NotYetLayer::new(&readiness).layer(Orders);
    readiness.drain("SIGTERM");
    gate.ready();
    assert_eq!(asked(&mut service).0, 503);
}

#[tokio::test]
async fn the_pause_is_told_in_whole_seconds() {
    let (readiness, _gate) = starting();
    for (pause, expected) in [
        (Duration::ZERO, None),
        (Duration::from_millis(1), Some("1")),
        (Duration::from_secs(7), Some("7")),
        (Duration::MAX, Some("86400")),
    ] {
        let mut service = NotYetLayer::new(&readiness).with_retry_after(pause).layer(Orders);
        assert_eq!(asked(&mut service).1.as_deref(), expected, "{pause:?}");
    }
}
