use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use crate::attempt::Attempt;
use crate::http::reply::Reply;
use crate::net::Stream;
use crate::phase::Phase;
use crate::trouble::Trouble;

/// The most bytes of headers that are taken.
const MAX_HEADERS: usize = 64 * 1024;

/// One HTTP/1 connection, driven by whoever uses it: no task is spawned, and dropping it closes it.
pub(crate) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: Driver,
}

struct Driver {
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
    has_ended: bool,
}

impl Connection {
    pub(crate) async fn over(stream: Stream, attempt: Attempt) -> Result<Self, Trouble> {
        let handshake = async {
            let mut builder = http1::Builder::new();
            builder.max_buf_size(MAX_HEADERS);
            Ok(builder.handshake(TokioIo::new(stream)).await?)
        };
        let (sender, connection) = attempt.phase(Phase::Answer, handshake).await?;
        let driver = Driver { connection: Box::pin(connection.with_upgrades()), has_ended: false };
        Ok(Self { sender, driver })
    }

    /// Asks, and reads at most this many bytes of the body.
    pub(crate) async fn ask(
        &mut self,
        request: Request<Empty<Bytes>>,
        max_body: impl FnOnce(hyper::StatusCode) -> usize,
        attempt: Attempt,
    ) -> Result<Reply, Trouble> {
        let response = self.head(request, Phase::Answer, attempt).await?;
        let (head, body) = response.into_parts();
        let max_body = max_body(head.status);
        let (body, was_cut) = self.body(body, max_body, attempt).await?;
        Ok(Reply { status: head.status, headers: head.headers, body, was_cut })
    }

    /// Asks, and reads the head of the answer.
    pub(crate) async fn head(
        &mut self,
        request: Request<Empty<Bytes>>,
        phase: Phase,
        attempt: Attempt,
    ) -> Result<hyper::Response<Incoming>, Trouble> {
        let Self { sender, driver } = self;
        let asking = async {
            sender.ready().await?;
            Ok(sender.send_request(request).await?)
        };
        attempt.phase(phase, driver.during(asking)).await
    }

    async fn body(
        &mut self,
        mut body: Incoming,
        max: usize,
        attempt: Attempt,
    ) -> Result<(Vec<u8>, bool), Trouble> {
        let mut read = Vec::new();
        while read.len() < max {
            let frame = async { Ok(body.frame().await.transpose()?) };
            let Some(frame) = attempt.phase(Phase::Body, self.driver.during(frame)).await? else {
                return Ok((read, false));
            };
            if let Some(data) = frame.data_ref() {
                let room = max - read.len();
                if data.len() > room {
                    read.extend_from_slice(&data[..room]);
                    return Ok((read, true));
                }
                read.extend_from_slice(data);
            }
        }
        // hyper closes a connection of which a body was not read to its end.
        let was_cut = !body.is_end_stream();
        Ok((read, was_cut))
    }

    /// Runs a piece of work that needs the connection to move.
    #[cfg(feature = "proxy")]
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.driver.during(work).await
    }

    /// Whether another request can be sent; looks whether the peer has closed it meanwhile.
    pub(crate) async fn is_usable(&mut self) -> bool {
        if self.driver.has_ended {
            return false;
        }
        self.driver.during(std::future::ready(())).await;
        !self.driver.has_ended && !self.sender.is_closed()
    }
}

impl Driver {
    async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            // An error of the connection reaches the request that is under way: nothing is lost here.
            if !self.has_ended && self.connection.as_mut().poll(cx).is_ready() {
                self.has_ended = true;
            }
            match work.as_mut().poll(cx) {
                // The work may have given the connection something to do.
                Poll::Pending if !self.has_ended => {
                    self.has_ended = self.connection.as_mut().poll(cx).is_ready();
                    if self.has_ended { work.as_mut().poll(cx) } else { Poll::Pending }
                }
                ended => ended,
            }
        })
        .await
    }
}
