//! Peers that ask too much, do not read, or come too late.

use std::net::SocketAddr;

use firstlight_grpc::wire::health_check_response::ServingStatus::*;
use firstlight_grpc::{HealthServer, MAX_SERVICE_NAME};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tonic::Code;

use crate::support::{Client, LONG, Set, serve, serve_until_stopping};

#[tokio::test]
async fn a_request_that_is_too_long_is_not_read() {
    let set = Set::new();
    let mut client = Client::of(&set.health()).await;
    let megabyte = "x".repeat(1 << 20);
    assert_eq!(client.check(&megabyte).await, Err(Code::OutOfRange));
    let refused = client.watch(&megabyte).await.err().expect("refused");
    assert_eq!(refused.code(), Code::OutOfRange);
    assert_eq!(client.check("a.B").await, Ok(NotServing), "the connection goes on");
}

#[tokio::test]
async fn a_name_that_is_too_long_is_unknown_and_is_not_kept() {
    let set = Set::new();
    // Without the limit of `into_server`.
    let address = serve(HealthServer::new(set.health())).await;
    let mut client = Client::to(address).await;
    for length in [MAX_SERVICE_NAME + 1, 1 << 20] {
        let name = "x".repeat(length);
        assert_eq!(client.check(&name).await, Err(Code::NotFound));
        let mut stream = client.watch(&name).await.expect("watched");
        assert_eq!(stream.next().await, Ok(ServiceUnknown));
    }
}

#[tokio::test]
async fn a_thousand_watchers_that_never_read_hold_nobody_up() {
    let set = Set::new();
    let (address, server) = serve_until_stopping(&set).await;
    let mut stalled = Vec::new();
    for _ in 0..10 {
        let relay = Relay::to(address).await;
        let mut client = Client::to(relay.address).await;
        for _ in 0..100 {
            stalled.push(client.watch("a.B").await.expect("watched"));
        }
        relay.stall().await;
    }
    let mut client = Client::to(address).await;
    let mut stream = client.watch("a.B").await.expect("watched");
    assert_eq!(stream.next().await, Ok(NotServing));
    for _ in 0..20 {
        set.own.ready();
        assert_eq!(client.check("a.B").await, Ok(Serving));
        assert_eq!(stream.next().await, Ok(Serving));
        set.own.not_ready("lost");
        assert_eq!(stream.next().await, Ok(NotServing));
    }
    set.own.ready();
    assert_eq!(stream.next().await, Ok(Serving));
    set.readiness.drain("SIGTERM");
    assert_eq!(stream.next().await, Ok(NotServing));
    assert_eq!(client.check("a.B").await, Ok(NotServing));
    // They go at last, and nothing of them is left that the server would wait for.
    drop(stalled);
    set.readiness.cut("SIGINT");
    assert_eq!(stream.next().await, Err(Code::Unavailable));
    drop((client, stream));
    let ended = tokio::time::timeout(LONG, server).await.expect("it does not hang");
    ended.expect("no panic").expect("no error");
}

/// Between a client and the server: passes on what both say until it stalls, and then what the client says alone.
struct Relay {
    address: SocketAddr,
    stall: oneshot::Sender<()>,
    stalled: oneshot::Receiver<()>,
}

impl Relay {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("bind");
        let address = listener.local_addr().expect("bound");
        let (stall, stop) = oneshot::channel();
        let (told, stalled) = oneshot::channel();
        tokio::spawn(async move {
            let (client, _) = listener.accept().await.expect("accepted");
            let socket = TcpSocket::new_v4().expect("socket");
            // So that what is not read stays with the server, and soon.
            socket.set_recv_buffer_size(4096).expect("set");
            let server = socket.connect(server).await.expect("connected");
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let back = async {
                tokio::select! {
                    _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
                    _ = stop => {}
                }
                let _ = told.send(());
            };
            // It ends when the client has gone.
            let _ = tokio::join!(tokio::io::copy(&mut from_client, &mut to_server), back);
        });
        Self { address, stall, stalled }
    }

    async fn stall(self) {
        self.stall.send(()).expect("it runs");
        self.stalled.await.expect("it has stalled");
    }
}

#[tokio::test]
async fn who_comes_after_the_end_is_answered_and_not_kept() {
    let set = Set::new();
    set.db.ready();
    set.own.ready();
    let health = set.health();
    let mut client = Client::of(&health).await;
    set.readiness.stopped();
    for service in ["", "a.B"] {
        assert_eq!(client.check(service).await, Ok(NotServing));
        let refused = client.watch(service).await.err().expect("refused");
        assert_eq!(refused.code(), Code::Unavailable);
    }
    assert_eq!(client.check("none").await, Err(Code::NotFound));
    health.add_service("late", set.view("own")).expect("added");
    assert_eq!(client.check("late").await, Ok(NotServing));
    assert!(client.list().await.expect("listed").values().all(|status| *status == NotServing));
}
