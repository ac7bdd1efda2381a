use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::ACCEPT;
use http::{HeaderValue, Request, StatusCode, Uri};

/// What is asked of 64 gates, and how it is to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// `/readyz`, all of them open.
    Ready,
    /// The same over a connection: who asks is known, and told to the lame duck.
    ReadyFrom,
    /// `/readyz`, every fourth of them closed.
    NotReady,
    /// `/readyz?verbose`, all of them open.
    Verbose,
    /// `/readyz/gate0001`, which is open.
    Gate,
    /// `/readyz?verbose` with `Accept: application/json`, every fourth of them closed.
    Json,
}

impl Probe {
    /// As many gates are asked for.
    pub const GATES: usize = 64;

    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Ready, Self::ReadyFrom, Self::NotReady, Self::Verbose, Self::Gate, Self::Json];

    /// Its name in a table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ready => "GET /readyz, ready",
            Self::ReadyFrom => "GET /readyz, ready, who asks is known",
            Self::NotReady => "GET /readyz, 16 of 64 not ready",
            Self::Verbose => "GET /readyz?verbose, 64 ready",
            Self::Gate => "GET /readyz/gate0001",
            Self::Json => "JSON, 16 of 64 not ready",
        }
    }

    /// The status of its answer.
    pub fn status(self) -> StatusCode {
        if self.all_open() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    }

    /// Whether this gate is open.
    pub(super) fn is_open(self, gate: usize) -> bool {
        self.all_open() || !gate.is_multiple_of(4)
    }

    fn all_open(self) -> bool {
        !matches!(self, Self::NotReady | Self::Json)
    }

    /// The request, as a server would have made it.
    pub(super) fn request(self) -> Request<Body> {
        let uri = match self {
            Self::Ready | Self::ReadyFrom | Self::NotReady => "/readyz",
            Self::Verbose | Self::Json => "/readyz?verbose",
            Self::Gate => "/readyz/gate0001",
        };
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = Uri::from_static(uri);
        if self == Self::Json {
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        }
        if self == Self::ReadyFrom {
            let peer = SocketAddr::from(([10, 0, 0, 1], 40_000));
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        request
    }
}
