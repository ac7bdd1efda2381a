use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::sleep_until;
use tokio_rustls::TlsAcceptor;

use super::playing::Playing;
use crate::recording::{Answer, Reply};

/// Serves one connection: a TLS handshake, one request, one answer, `connection: close`.
#[derive(Clone)]
pub(crate) struct Service {
    acceptor: TlsAcceptor,
    wants_identity: bool,
    playing: Arc<Playing>,
}

/// What the real server says to who has no certificate and may not be anonymous.
const UNAUTHORIZED: &str = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#;

impl Service {
    pub(crate) const fn new(
        acceptor: TlsAcceptor,
        wants_identity: bool,
        playing: Arc<Playing>,
    ) -> Self {
        Self { acceptor, wants_identity, playing }
    }

    /// Ends with the connection; errors are the client's affair.
    pub(crate) async fn serve(self, stream: TcpStream) {
        let Ok(stream) = self.acceptor.accept(stream).await else { return };
        let known = stream.get_ref().1.peer_certificates().is_some();
        let answer = service_fn(|_: Request<Incoming>| async {
            let response = if self.wants_identity && !known {
                let json = HeaderValue::from_static("application/json");
                response(StatusCode::UNAUTHORIZED, json, UNAUTHORIZED.into())
            } else {
                self.recorded().await
            };
            self.playing.count_answer();
            Ok::<_, Infallible>(response)
        });
        let connection =
            http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), answer);
        drop(connection.await);
    }

    /// The answer of this moment, when it is due.
    async fn recorded(&self) -> Response<Full<Bytes>> {
        let Answer::Http(reply) = self.playing.answer() else {
            // The recording has gone on to a state without answers since the connection was made.
            return std::future::pending().await;
        };
        let Reply { status, content_type, body, not_before } = &*reply;
        sleep_until(self.playing.at(*not_before)).await;
        response(*status, content_type.clone(), body.clone().into())
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service")
            .field("wants_identity", &self.wants_identity)
            .field("playing", &self.playing)
            .finish_non_exhaustive()
    }
}

fn response(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
