use std::convert::Infallible;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// An answer that goes out.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", "text/plain")], body: body.into() }
    }
}

/// Serves one connection: one request, its path and its query, and one answer. Errors are the client's affair.
pub(crate) async fn serve<A, F>(stream: TcpStream, answer: A)
where
    A: Fn(String, String) -> F,
    F: Future<Output = Reply>,
{
    let service = service_fn(|request: Request<Incoming>| {
        let (path, query) = (request.uri().path(), request.uri().query());
        let reply = answer(path.to_owned(), query.unwrap_or_default().to_owned());
        async { Ok::<_, Infallible>(response(reply.await)) }
    });
    let connection =
        http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    drop(connection.await);
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body.into()));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
