use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a client may take nothing of an answer before its connection is closed.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that fails when its client takes nothing of what is written for too long.
#[pin_project]
#[derive(Debug)]
pub(super) struct SlowReader<T> {
    #[pin]
    stream: T,
    /// Since it takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<T> SlowReader<T> {
    pub(super) fn new(stream: T) -> Self {
        Self { stream, stalled: None }
    }
}

/// Watches what became of a write.
fn watch<R>(
    stalled: &mut Option<Pin<Box<Sleep>>>,
    cx: &mut Context<'_>,
    written: Poll<io::Result<R>>,
) -> Poll<io::Result<R>> {
    if written.is_ready() {
        *stalled = None;
        return written;
    }
    let timer = stalled.get_or_insert_with(|| Box::pin(sleep(WRITE_TIMEOUT)));
    timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
}

impl<T: AsyncRead> AsyncRead for SlowReader<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().stream.poll_read(cx, into)
    }
}

impl<T: AsyncWrite> AsyncWrite for SlowReader<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = this.stream.poll_write(cx, bytes);
        watch(this.stalled, cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = this.stream.poll_write_vectored(cx, parts);
        watch(this.stalled, cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let flushed = this.stream.poll_flush(cx);
        watch(this.stalled, cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let shut = this.stream.poll_shutdown(cx);
        watch(this.stalled, cx, shut)
    }
}
