use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::net::TcpStream;

use crate::gated::Gated;

/// The connections of a [`Gated`] listener, for tonic's `serve_with_incoming_shutdown`; made by
/// [`Gated::incoming`].
///
/// It has no error: failures to accept are waited out. It ends when the listener does, and then stays at its
/// end.
///
/// Give tonic [`Gated::stopping`] too, taken before: without a signal tonic returns at the end of the stream
/// and leaves its connections behind.
#[derive(Debug)]
#[must_use = "nobody is let in until it is polled"]
pub struct Incoming {
    pub(super) gated: Gated,
}

impl Stream for Incoming {
    type Item = io::Result<TcpStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let accepted = self.gated.poll_accept(cx);
        accepted.map(|accepted| accepted.map(|(stream, _)| Ok(stream)))
    }
}
