use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Server, route};
use crate::ALL;
use crate::served::Seen;

/// How long a request's head may take, and a connection may be idle; longer than clients keep theirs.
const HEAD_WITHIN: Duration = Duration::from_secs(120);

/// How long requests may take to finish at the end.
const END_WITHIN: Duration = Duration::from_secs(1);

/// How long to wait when the process is out of files.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves connections until the server stops; then finishes what runs, within a second.
pub(crate) async fn accept(listener: TcpListener, server: Arc<Server>) {
    let router = Router::new()
        .fallback(|State(server), request| route::answer(server, request))
        .with_state(server.clone());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = server.stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if server.faults.is_down() => {
                    // Reset, as by a port that nobody listens on.
                    let _ = stream.set_zero_linger();
                    server.served.saw(ALL, Seen::Refused);
                }
                Ok(_) if connections.len() >= server.settings.connections => {}
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, router.clone(), server.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    // What is not done by then is aborted by the drop of the set.
    let _ = tokio::time::timeout(END_WITHIN, all).await;
}

async fn serve(stream: TcpStream, router: Router, server: Arc<Server>) {
    // An event must not wait for the next one.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = server.faults.until_down() => return,
        () = server.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke");
    }
}
