//! The gated listener under axum, hyper and tonic: nobody too early, nobody cut off, and nobody for ever.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::get as route;
use firstlight_http::{DEFAULT_SETTLE, Ended, Gated, NotYetLayer, within};
use firstlight_ready::{Phase, Readiness};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinHandle, JoinSet, yield_now};
use tokio::time::timeout;

use crate::it::set::{SOON, get, read, send, starting};

const ASK: &[u8] = b"GET /quick HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const ASK_SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// A service whose slow answers wait for a permit.
#[derive(Clone)]
pub(crate) struct Orders {
    readiness: Readiness,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) begun: Arc<Notify>,
    /// Requests that came in before the set was ready.
    early: Arc<AtomicUsize>,
}

impl Orders {
    pub(crate) fn new(readiness: &Readiness) -> Self {
        let (permits, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        Self { readiness: readiness.clone(), permits, begun, early: Arc::default() }
    }

    async fn answer(self, how: String) -> String {
        if !self.readiness.is_ready() && self.readiness.phase() == Phase::Serving {
            self.early.fetch_add(1, Ordering::Relaxed);
        }
        if how == "slow" {
            self.begun.notify_one();
            drop(self.permits.acquire().await);
        }
        format!("{how} order")
    }

    pub(crate) fn app(&self) -> Router {
        let orders = self.clone();
        let answer = move |Path(how): Path<String>| orders.clone().answer(how);
        Router::new().route("/{how}", route(answer))
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Server {
    Axum,
    Hyper,
    Tonic,
}

const SERVERS: [Server; 3] = [Server::Axum, Server::Hyper, Server::Tonic];

/// Serves within a bound; the address, and how it ended.
pub(crate) async fn serve(
    server: Server,
    readiness: &Readiness,
    app: Router,
    bound: Duration,
) -> (SocketAddr, JoinHandle<Ended<()>>) {
    serve_settling(server, readiness, app, bound, DEFAULT_SETTLE).await
}

async fn serve_settling(
    server: Server,
    readiness: &Readiness,
    app: Router,
    bound: Duration,
    settle: Duration,
) -> (SocketAddr, JoinHandle<Ended<()>>) {
    let gated = Gated::bind("127.0.0.1:0", readiness).await.expect("a port").with_settle(settle);
    let (address, readiness) = (gated.local_addr(), readiness.clone());
    let ended = tokio::spawn(async move {
        let stopping = gated.stopping();
        match server {
            Server::Axum => {
                let server = axum::serve(gated, app).with_graceful_shutdown(stopping);
                within(&readiness, bound, async { server.await.expect("axum has no error") }).await
            }
            Server::Hyper => within(&readiness, bound, by_hand(gated, app)).await,
            Server::Tonic => {
                let server = tonic::transport::Server::builder()
                    .accept_http1(true)
                    .serve_with_incoming_shutdown(Unrouted(app), gated.incoming(), stopping);
                within(&readiness, bound, async { server.await.expect("tonic has no error") }).await
            }
        }
    });
    (address, ended)
}

/// What people write who use hyper itself.
async fn by_hand(mut gated: Gated, app: Router) {
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    while let Some((stream, _)) = gated.accept().await {
        let service = TowerToHyperService::new(app.clone());
        let http = auto::Builder::new(TokioExecutor::new());
        let connection = http.serve_connection(TokioIo::new(stream), service).into_owned();
        connections.spawn(graceful.watch(connection));
    }
    graceful.shutdown().await;
    while connections.join_next().await.is_some() {}
}

/// Tonic's server over any tower service.
#[derive(Clone)]
struct Unrouted(Router);

impl tower_service::Service<http::Request<tonic::body::Body>> for Unrouted {
    type Response = http::Response<axum::body::Body>;
    type Error = std::convert::Infallible;
    type Future = axum::routing::future::RouteFuture<std::convert::Infallible>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        tower_service::Service::call(&mut self.0, request.map(axum::body::Body::new))
    }
}

pub(crate) async fn ended(server: JoinHandle<Ended<()>>) -> Ended<()> {
    timeout(SOON, server).await.expect("in time").expect("no panic")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_connects_before_ready_is_answered_right_after_and_never_before() {
    for server in SERVERS {
        let (readiness, gate) = starting();
        let orders = Orders::new(&readiness);
        let (address, serving) = serve(server, &readiness, orders.app(), SOON).await;
        let mut clients = Vec::new();
        for _ in 0..20 {
            clients.push(send(address, ASK).await);
        }
        for _ in 0..100 {
            yield_now().await;
        }
        gate.ready();
        for mut client in clients {
            let answer = read(&mut client).await;
            assert!(answer.ends_with("quick order"), "{server:?}: {answer}");
        }
        assert_eq!(orders.early.load(Ordering::Relaxed), 0, "{server:?}");
        readiness.cut("SIGTERM");
        assert!(ended(serving).await.is_finished(), "{server:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_before_stopping_is_finished() {
    for server in SERVERS {
        let (readiness, gate) = starting();
        gate.ready();
        let orders = Orders::new(&readiness);
        let (address, serving) = serve(server, &readiness, orders.app(), SOON).await;
        let mut client = send(address, ASK_SLOW).await;
        orders.begun.notified().await;
        readiness.cut("SIGTERM");
        // Until the socket is closed, which is before what runs has finished.
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            yield_now().await;
        }
        orders.permits.add_permits(1);
        let answer = read(&mut client).await;
        assert!(answer.ends_with("slow order"), "{server:?}: {answer}");
        assert!(ended(serving).await.is_finished(), "{server:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_in_the_backlog_when_it_stops_is_answered() {
    for server in SERVERS {
        let (readiness, gate) = starting();
        gate.ready();
        let orders = Orders::new(&readiness);
        // A busy machine may need more than the usual 100 ms to read what was sent.
        let settle = Duration::from_secs(3);
        let (address, serving) =
            serve_settling(server, &readiness, orders.app(), SOON, settle).await;
        let answer = get(address, "/quick").await;
        assert!(answer.ends_with("quick order"), "{server:?}: {answer}");
        let clients = (0..50).map(|_| {
            let stream = std::net::TcpStream::connect(address).expect("connected");
            stream.set_nonblocking(true).expect("set");
            std::io::Write::write_all(&mut &stream, ASK).expect("sent");
            stream
        });
        let clients: Vec<_> = clients.collect();
        readiness.cut("SIGTERM");
        for client in clients {
            let mut client = tokio::net::TcpStream::from_std(client).expect("a stream");
            let answer = read(&mut client).await;
            assert!(answer.ends_with("quick order"), "{server:?}: {answer:?}");
        }
        assert!(ended(serving).await.is_finished(), "{server:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_never_ends_is_cut_at_the_bound() {
    for server in SERVERS {
        let (readiness, gate) = starting();
        gate.ready();
        let orders = Orders::new(&readiness);
        let bound = Duration::from_millis(300);
        let (address, serving) = serve(server, &readiness, orders.app(), bound).await;
        let mut client = send(address, ASK_SLOW).await;
        orders.begun.notified().await;
        readiness.cut("SIGTERM");
        let Ended::Cut { after } = ended(serving).await else { panic!("{server:?} finished") };
        assert!(after >= bound, "{server:?}: {after:?}");
        // Our own loop holds its connections; the others leave theirs to the runtime.
        if server == Server::Hyper {
            assert_eq!(read(&mut client).await, "");
        }
    }
}

#[test]
fn what_a_cut_server_has_spawned_ends_with_the_runtime() {
    for server in [Server::Axum, Server::Tonic] {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let (client, orders) = runtime.block_on(async {
            let (readiness, gate) = starting();
            gate.ready();
            let orders = Orders::new(&readiness);
            let (address, serving) = serve(server, &readiness, orders.app(), Duration::ZERO).await;
            let client = send(address, ASK_SLOW).await.into_std().expect("a stream");
            orders.begun.notified().await;
            readiness.cut("SIGTERM");
            assert!(!ended(serving).await.is_finished());
            (client, orders)
        });
        drop(runtime);
        client.set_nonblocking(false).expect("set");
        let mut all = Vec::new();
        drop(std::io::Read::read_to_end(&mut &client, &mut all));
        assert!(all.is_empty(), "{server:?}");
        assert_eq!(orders.permits.available_permits(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answering_the_layer_says_not_yet_and_when_to_come_back() {
    let (readiness, gate) = starting();
    let orders = Orders::new(&readiness);
    let app = orders.app().layer(NotYetLayer::new(&readiness));
    let gated = Gated::bind("127.0.0.1:0", &readiness).await.expect("a port").answering();
    let (address, stopping) = (gated.local_addr(), gated.stopping());
    let server =
        tokio::spawn(axum::serve(gated, app).with_graceful_shutdown(stopping).into_future());
    let early = get(address, "/quick").await;
    assert!(early.starts_with("HTTP/1.1 503"), "{early}");
    assert!(early.contains("retry-after: 1\r\n"), "{early}");
    gate.ready();
    assert!(get(address, "/quick").await.ends_with("quick order"));
    assert_eq!(orders.early.load(Ordering::Relaxed), 0);
    readiness.cut("SIGTERM");
    timeout(SOON, server).await.expect("in time").expect("no panic").expect("no error");
}
