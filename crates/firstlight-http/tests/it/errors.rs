//! What is refused, in which words.

use std::error::Error;
use std::sync::mpsc;

use firstlight_http::{Gated, Health, HttpError};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::it::answers::now;
use crate::it::set::{ready, starting};

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_says_whose() {
    let (readiness, _gate) = starting();
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = taken.local_addr().expect("an address");
    let error = Gated::bind(address, &readiness).await.expect_err("taken");
    assert_eq!(error.to_string(), "the gated listener of orders cannot be bound");
    assert!(error.source().expect("why").to_string().contains("in use"));
}

#[test]
fn outside_a_runtime_it_is_an_error_and_no_panic() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (readiness, _gate, one, other) = runtime.block_on(async {
        let (readiness, gate) = ready();
        let one = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let other = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        (readiness, gate, one, other)
    });
    let gated = "the gated listener of orders is used outside a tokio runtime";
    let error = now(Gated::bind("127.0.0.1:0", &readiness)).expect_err("no runtime");
    assert_eq!(error.to_string(), gated);
    assert_eq!(Gated::new(one, &readiness).expect_err("no runtime").to_string(), gated);
    let error = now(Health::new(&readiness).serve(other)).expect_err("no runtime");
    assert_eq!(error.to_string(), "the health port of orders is used outside a tokio runtime");
    assert!(matches!(error, HttpError::NoRuntime { .. }));
}

#[test]
fn a_listener_of_one_runtime_may_be_served_by_another() {
    let one = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("one");
    let (readiness, _gate, mut gated) = one.block_on(async {
        let (readiness, gate) = ready();
        let gated = Gated::bind("127.0.0.1:0", &readiness).await.expect("a port");
        (readiness, gate, gated)
    });
    let address = gated.local_addr();
    let (asked, asks) = mpsc::channel();
    let client = std::thread::spawn(move || {
        let stream = std::net::TcpStream::connect(address);
        asks.recv().expect("served");
        stream.map(|_| ())
    });
    let other = Builder::new_current_thread().enable_all().build().expect("another");
    other.block_on(async {
        assert!(gated.accept().await.is_some());
        asked.send(()).expect("a client");
        readiness.cut("SIGTERM");
        assert!(gated.accept().await.is_none());
    });
    client.join().expect("no panic").expect("connected");
}

#[test]
fn errors_are_send_and_sync_and_so_is_all_else() {
    fn good<T: Send + 'static>() {}
    fn shared<T: Send + Sync + 'static>() {}
    shared::<HttpError>();
    shared::<Health>();
    shared::<firstlight_http::HealthService>();
    shared::<firstlight_http::NotYetLayer>();
    good::<firstlight_http::Body>();
    good::<Gated>();
    good::<firstlight_http::Incoming>();
    fn sendable<T: Send>(_: T) {}
    let _ = |gated: Gated| sendable(gated.stopping());
    let _ = |health: Health, listener| sendable(health.serve(listener));
}
