use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tonic::body::Body;
use tower_service::Service;

use crate::attempt::Attempt;
use crate::grpc::tasks::Tasks;
use crate::net::Route;
use crate::phase::Phase;
use crate::trouble::Trouble;

/// A stream that says nothing is asked for a sign of life this often, and has this long to give it: a
/// connection may be dead without a word.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_WITHIN: Duration = Duration::from_secs(10);

/// One HTTP/2 connection for tonic's client, made by the same code as that of the other probes, so that its
/// errors have the same classes.
pub(crate) struct Channel {
    sender: SendRequest<Body>,
    /// Dropped last: it ends the connection.
    _tasks: Tasks,
}

impl Channel {
    pub(crate) async fn open(route: &Route, attempt: Attempt) -> Result<Self, Trouble> {
        let stream = TokioIo::new(route.open(attempt).await?);
        let tasks = Tasks::default();
        let mut builder = http2::Builder::new(tasks.executor());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_WITHIN)
            .max_header_list_size(64 * 1024);
        let handshake = async { Ok(builder.handshake(stream).await?) };
        let (sender, connection) = attempt.phase(Phase::Answer, handshake).await?;
        hyper::rt::Executor::execute(&tasks.executor(), connection);
        Ok(Self { sender, _tasks: tasks })
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.sender.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.sender.send_request(request))
    }
}
