use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use firstlight_ready::{Phase, Readiness};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::{Sleep, sleep, timeout};

use crate::accepting::{Accepting, BACK_OFF};
use crate::error::HttpError;
use crate::events;
use crate::gated::door::{Door, tell};
use crate::gated::incoming::Incoming;
use crate::gated::socket::Socket;

/// How long connections that came last have for their requests to be read, unless said otherwise.
pub const DEFAULT_SETTLE: Duration = Duration::from_millis(100);

/// How long a server may take to come for the last connections; one that does not come at all is not waited
/// for.
const LAST_WITHIN: Duration = Duration::from_secs(1);

/// A listener that is bound from the start and accepts nobody before its set was ready.
///
/// A client that comes too early is neither refused, after which many back off for seconds, nor answered
/// early: its connection waits in the kernel's backlog (1 024 of them, if [`bind`](Self::bind) made it) and
/// is served once the set is ready.
///
/// | the set | the listener |
/// |---|---|
/// | is not sealed, is empty, starts, has failed | is bound; accepts nothing, and waits on |
/// | was ready once | accepts, whatever becomes of the view: one relaxed load for each connection, no lock |
/// | drains before it was seen ready | is closed at once: who waits is reset, and can go elsewhere |
/// | drains | accepts on: a lame duck serves who comes |
/// | stops | takes what is in the backlog, closes the socket, and ends after a [while](Self::with_settle) |
/// | drained before the listener was made | is closed at once |
///
/// It looks while it is polled, so give it to its server before the set can be ready.
///
/// What is in the backlog at the end has been told by the kernel that it is connected: to close the socket
/// over it would reset it. So it is taken, without waiting for more, before the socket is closed. Only what
/// completes in the instant between is reset; the lame duck is there so that nobody comes any more.
///
/// A failure to accept never ends it: a client that is gone is skipped; when descriptors run out it pauses
/// for 100 ms at a time, and says so once.
///
/// Serve it with axum ([`axum::serve`](https://docs.rs/axum/latest/axum/serve/trait.Listener.html)), with
/// tonic ([`incoming`](Self::incoming)), or with a loop of your own ([`accept`](Self::accept));
/// [`stopping`](Self::stopping) is the signal for their graceful shutdown, and [`within`](crate::within)
/// bounds it.
#[derive(Debug)]
pub struct Gated {
    readiness: Readiness,
    address: SocketAddr,
    bound: Duration,
    socket: Socket,
    door: Door,
    stop: Arc<AtomicBool>,
    told: oneshot::Receiver<()>,
    teller: AbortHandle,
    accepting: Accepting,
    pause: Option<Pin<Box<Sleep>>>,
    settle: Duration,
    ended: watch::Sender<bool>,
}

impl Gated {
    /// Binds a port now, and lets nobody in before the set was ready.
    ///
    /// # Errors
    /// When the port cannot be had, or no tokio runtime is around.
    pub async fn bind(addr: impl ToSocketAddrs, readiness: &Readiness) -> Result<Self, HttpError> {
        runtime(readiness)?;
        let bound = TcpListener::bind(addr).await;
        let set = || readiness.name().clone();
        let listener = bound.map_err(|source| HttpError::Bind { set: set(), source })?;
        Self::new(listener, readiness)
    }

    /// Takes a listener that was bound before: handed over by systemd, say.
    ///
    /// Its deadlines and its wake-ups are this runtime's: the one that has made the listener, best of all.
    ///
    /// # Errors
    /// When no tokio runtime is around, or the listener has no address.
    pub fn new(listener: TcpListener, readiness: &Readiness) -> Result<Self, HttpError> {
        let runtime = runtime(readiness)?;
        let address = listener.local_addr();
        let set = || readiness.name().clone();
        let address = address.map_err(|source| HttpError::NoAddress { set: set(), source })?;
        let stop = Arc::new(AtomicBool::new(false));
        let (tell_it, told) = oneshot::channel();
        let flag = Arc::clone(&stop);
        let phase = readiness.wait_phase(Phase::Stopping);
        let teller = tell(phase, tell_it, move || flag.store(true, Ordering::Relaxed));
        Ok(Self {
            readiness: readiness.clone(),
            address,
            bound: readiness.clock().now(),
            socket: Socket::Open(listener),
            door: Door::of(readiness),
            stop,
            told,
            teller: runtime.spawn(teller).abort_handle(),
            accepting: Accepting::new(address, readiness.clock().clone()),
            pause: None,
            settle: DEFAULT_SETTLE,
            ended: watch::Sender::new(false),
        })
    }

    /// Accepts from the start, for a server that answers 503 itself: by a [`NotYetLayer`](crate::NotYetLayer).
    pub fn answering(mut self) -> Self {
        self.door = Door::Open(None);
        self
    }

    /// Sets how long it waits at the end, with its socket closed, before it says so. Default: 100 ms.
    ///
    /// A server that is told to shut down closes connections of which it has read nothing yet, although their
    /// request may be on its way. So the end, and [`stopping`](Self::stopping), come so much later. At 0 such
    /// connections are lost; it counts for the bound of [`within`](crate::within).
    pub fn with_settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }

    /// Waits for the next connection; `None` at the end, and ever after.
    ///
    /// It has TCP_NODELAY set: streams of gRPC answer in small pieces, which the kernel would else hold back
    /// for 40 ms each.
    ///
    /// # Cancel safety
    /// Dropping it loses no connection.
    pub async fn accept(&mut self) -> Option<(TcpStream, SocketAddr)> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// Makes a stream of connections, for tonic.
    pub fn incoming(self) -> Incoming {
        Incoming { gated: self }
    }

    /// Waits until the listener has ended, as the signal for a server's graceful shutdown.
    ///
    /// It has when the set stops and the last connections were taken, when the set drained before it was
    /// ready, or when the listener is dropped. A server that no longer comes for the last connections is
    /// waited for a second and the [while](Self::with_settle) at the end, no longer. As many as are wanted can
    /// be made, also before it is ready.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut ended = self.ended.subscribe();
        let phase = self.readiness.wait_phase(Phase::Stopping);
        let longest = LAST_WITHIN.saturating_add(self.settle);
        async move {
            // An error: the listener is gone, which is an end, too.
            let mut ended = pin!(async { drop(ended.wait_for(|ended| *ended).await) });
            tokio::select! {
                () = &mut ended => return,
                _ = phase => {}
            }
            drop(timeout(longest, ended).await);
        }
    }

    /// The address that it is bound to.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(TcpStream, SocketAddr)>> {
        loop {
            if let Socket::Closed = self.socket {
                return self.poll_end(cx).map(|()| None);
            }
            if ready!(self.door.poll(cx)) {
                self.decided();
                continue;
            }
            // Relaxed: see `tell`.
            if self.stop.load(Ordering::Relaxed) {
                self.socket.begin_last();
                match self.socket.take_last() {
                    Some(accepted) => return Poll::Ready(Some(without_delay(accepted))),
                    None => self.close(),
                }
                continue;
            }
            match self.poll_socket(cx) {
                Poll::Ready(Some(accepted)) => return Poll::Ready(Some(without_delay(accepted))),
                Poll::Ready(None) => {}
                Poll::Pending => {
                    // When the runtime has ended nobody tells any more: that is the end, too.
                    ready!(Pin::new(&mut self.told).poll(cx)).unwrap_or_default();
                    self.stop.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    /// Accepts, or pauses; `None` when it is to be tried again.
    fn poll_socket(&mut self, cx: &mut Context<'_>) -> Poll<Option<(TcpStream, SocketAddr)>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(match ready!(self.socket.poll_accept(cx)) {
            Ok(accepted) => {
                self.accepting.succeeded();
                Some(accepted)
            }
            Err(error) => {
                if self.accepting.failed(&error) {
                    self.pause = Some(Box::pin(sleep(BACK_OFF)));
                }
                None
            }
        })
    }

    /// It is known whether anybody is ever let in.
    fn decided(&mut self) {
        if let Door::Open(Some(ready)) = &self.door {
            events::opened(ready, self.address, self.bound);
        } else {
            self.socket.close();
            let (set, now) = (self.readiness.name(), self.readiness.clock().now());
            events::never_opened(set, self.address, self.bound, now);
        }
    }

    fn close(&mut self) {
        let last = self.socket.close();
        let (set, now) = (self.readiness.name(), self.readiness.clock().now());
        events::closed(set, self.address, last, self.bound, now);
        self.pause = Some(Box::pin(sleep(self.settle)));
    }

    /// Waits, once, until what came last was read; then the end is told.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(settling) = &mut self.pause {
            ready!(settling.as_mut().poll(cx));
            self.pause = None;
        }
        self.ended.send_replace(true);
        Poll::Ready(())
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        self.teller.abort();
    }
}

fn without_delay(accepted: (TcpStream, SocketAddr)) -> (TcpStream, SocketAddr) {
    // It fails when the connection is gone already, which whoever reads from it will see.
    let _ = accepted.0.set_nodelay(true);
    accepted
}

fn runtime(readiness: &Readiness) -> Result<Handle, HttpError> {
    Handle::try_current()
        .map_err(|_| HttpError::NoRuntime { what: "gated listener", set: readiness.name().clone() })
}
