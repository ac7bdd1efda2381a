use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use firstlight_ready::Phase;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::sleep;
use tower_service::Service;

use crate::accepting::{Accepting, BACK_OFF};
use crate::error::HttpError;
use crate::health::Health;
use crate::peer::Peer;
use crate::server::connections::{Asked, Connections};
use crate::server::slow_reader::SlowReader;
use crate::service::HealthService;

/// How long a client has for a request's head, from the connection's begin or from the answer before.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The most of a head that is read, in bytes: its path, its query and its headers.
const MAX_HEAD: usize = 16 * 1024;
/// The most headers in it.
const MAX_HEADERS: usize = 64;

impl Health {
    /// Sets how many connections [`serve`](Self::serve) has at the same time. Default: 256; at 0 it is one.
    ///
    /// One costs at most some 40 KiB.
    pub fn with_max_connections(mut self, max: usize) -> Self {
        self.max_connections = max;
        self
    }

    /// Serves a health port by a small server of its own, which starts first and stops last.
    ///
    /// It answers from the first poll on, through the drain and while the rest stops, and ends after
    /// [`Phase::Stopped`]. A port for probes must not fall with the rest of the service, so it is hardened:
    ///
    /// * HTTP/1 only; a head of at most 16 KiB with at most 64 headers (else 431), and no body is read.
    /// * At most [256](Self::with_max_connections) connections. When one more comes, the one whose last whole
    ///   request is the longest ago is closed: half-open requests, however many, keep no probe out.
    /// * A connection is closed when no whole head came for [30 s](crate::READ_TIMEOUT), which is the
    ///   keep-alive's limit too, and when its client takes nothing of an answer for [10
    ///   s](crate::WRITE_TIMEOUT).
    /// * A failure to accept never ends it.
    ///
    /// # Errors
    /// When it is polled outside a tokio runtime, or the listener has no address.
    ///
    /// # Cancel safety
    /// Dropping it closes the port and all connections.
    pub async fn serve(self, listener: TcpListener) -> Result<(), HttpError> {
        let set = || self.readiness.name().clone();
        Handle::try_current()
            .map_err(|_| HttpError::NoRuntime { what: "health port", set: set() })?;
        let address = listener.local_addr();
        let address = address.map_err(|source| HttpError::NoAddress { set: set(), source })?;
        let clock = self.readiness.clock().clone();
        let mut accepting = Accepting::new(address, clock.clone());
        let mut connections = Connections::new(address, clock, self.max_connections);
        let mut stopped = pin!(self.readiness.wait_phase(Phase::Stopped));
        let service = self.clone().service();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = &mut stopped => return Ok(()),
                Some(()) = connections.ended() => continue,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    accepting.succeeded();
                    connections.begin(|asked| serve(stream, Peer(peer), service.clone(), asked));
                }
                Err(error) if accepting.failed(&error) => sleep(BACK_OFF).await,
                Err(_) => {}
            }
        }
    }
}

/// Serves one connection; what goes wrong with it is its client's affair.
fn serve(
    stream: TcpStream,
    peer: Peer,
    service: HealthService,
    asked: Asked,
) -> impl Future<Output = ()> + Send + 'static {
    let service = service_fn(move |mut request: Request<Incoming>| {
        asked.now();
        request.extensions_mut().insert(peer);
        service.clone().call(request)
    });
    // An answer is one small write: to hold it back for more is of no use.
    drop(stream.set_nodelay(true));
    let stream = TokioIo::new(SlowReader::new(stream));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS);
    let connection = http.serve_connection(stream, service);
    async { drop(connection.await) }
}
