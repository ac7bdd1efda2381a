use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use firstlight_ready::Readiness;
use http_body::{Frame, SizeHint};

/// The body of an answer, which tells the set once it was really given out.
///
/// An answer counts when the server has taken its last byte and let go of the body: not when the handler
/// returned, and not when the connection was gone before. An answer to HEAD has no byte to take, and counts
/// when the body is let go. What the network loses after that nobody here can see.
#[derive(Debug)]
pub struct Body {
    data: Option<Bytes>,
    delivery: Option<Delivery>,
}

/// Whom to tell of an answer.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) readiness: Readiness,
    pub(crate) prober: String,
    pub(crate) ready: bool,
}

impl Body {
    /// A body of these bytes; of none for HEAD.
    pub(crate) fn new(data: Option<Bytes>, delivery: Option<Delivery>) -> Self {
        Self { data: data.filter(|data| !data.is_empty()), delivery }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.data.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let (None, Some(delivery)) = (&self.data, self.delivery.take()) {
            delivery.readiness.delivered(&delivery.prober, delivery.ready);
        }
    }
}
