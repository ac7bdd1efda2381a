//! A gRPC client's own channel, HTTP/2, over the gated listener.

use std::future::poll_fn;
use std::net::SocketAddr;

use firstlight_ready::{LameDuck, Phase};
use tokio::task::yield_now;
use tokio::time::{Duration, timeout};
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint, Error};
use tower_service::Service;

use crate::it::servers::{Orders, Server, ended, serve};
use crate::it::set::{SOON, starting};

fn channel(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).expect("a URL").connect_lazy()
}

async fn ask(mut channel: Channel, path: &str) -> Result<http::StatusCode, Error> {
    poll_fn(|cx| channel.poll_ready(cx)).await?;
    let request = http::Request::get(format!("http://a{path}")).body(Body::empty());
    Ok(channel.call(request.expect("a request")).await?.status())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_waits_until_ready_goes_on_through_the_drain_and_is_not_cut_off() {
    let (readiness, gate) = starting();
    let orders = Orders::new(&readiness);
    let (address, serving) = serve(Server::Tonic, &readiness, orders.app(), SOON).await;
    let channel = channel(address);
    let early = tokio::spawn(ask(channel.clone(), "/quick"));
    for _ in 0..100 {
        yield_now().await;
    }
    assert!(!early.is_finished(), "neither refused nor answered");
    gate.ready();
    let answered = timeout(SOON, early).await.expect("in time").expect("no panic");
    assert_eq!(answered.expect("not refused"), 200);
    let slow = tokio::spawn(ask(channel.clone(), "/slow"));
    orders.begun.notified().await;
    readiness.drain_with("SIGTERM", LameDuck { seen: 0, max: Duration::MAX });
    assert_eq!(ask(channel.clone(), "/quick").await.expect("a lame duck"), 200);
    readiness.cut("SIGTERM");
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        yield_now().await;
    }
    assert_eq!(readiness.phase(), Phase::Stopping);
    orders.permits.add_permits(1);
    let answered = timeout(SOON, slow).await.expect("in time").expect("no panic");
    assert_eq!(answered.expect("not cut off"), 200);
    assert!(ended(serving).await.is_finished());
    ask(channel, "/quick").await.expect_err("there is nobody any more");
}
