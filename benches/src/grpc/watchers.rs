use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_util::Stream;

use crate::contest::time;
use crate::grpc::Peer;

/// Those who watch, each with a stream and a waker of its own, as tasks have.
pub struct Watchers<P: Peer> {
    peer: P,
    streams: Vec<(P::Watch, Waker)>,
    bells: Vec<Arc<Bell>>,
    serving: bool,
}

#[derive(Default)]
struct Bell(AtomicU64);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl<P: Peer> Watchers<P> {
    /// So many, all of whom have heard that it does not serve yet.
    ///
    /// # Panics
    /// When one has not.
    pub fn new(watchers: usize) -> Self {
        let peer = P::new();
        let bells: Vec<Arc<Bell>> = (0..watchers).map(|_| Arc::default()).collect();
        let stream = |bell: &Arc<Bell>| (peer.watch(), Waker::from(Arc::clone(bell)));
        let streams = bells.iter().map(stream).collect();
        let mut this = Self { peer, streams, bells, serving: false };
        this.read();
        this
    }

    /// What is held for their wakers, which is not the streams' own.
    pub fn wakers(watchers: usize) -> Box<dyn std::any::Any> {
        Box::new((0..watchers).map(|_| Arc::<Bell>::default()).collect::<Vec<_>>())
    }

    /// Turns the status so often; timed is that all are woken, or that all have read it too, and wait again.
    ///
    /// # Panics
    /// When somebody was not woken, or is told something else.
    pub fn flips(&mut self, times: u64, with_reading: bool) -> Duration {
        (0..times).map(|_| self.flip(with_reading)).sum()
    }

    fn flip(&mut self, with_reading: bool) -> Duration {
        let before = self.rung();
        self.serving = !self.serving;
        let told = time(|| self.peer.turn(self.serving));
        assert!(self.rung() - before >= self.bells.len() as u64, "somebody was not woken");
        let read = time(|| self.read());
        if with_reading { told + read } else { told }
    }

    /// Lets all read the one status that is new, and wait again.
    fn read(&mut self) {
        for (stream, waker) in &mut self.streams {
            let mut context = Context::from_waker(waker);
            let mut next = || Pin::new(&mut *stream).poll_next(&mut context);
            let Poll::Ready(Some(told)) = next() else { panic!("nothing new") };
            assert_eq!(P::serves(told), self.serving, "another status");
            assert!(next().is_pending(), "one status more");
        }
    }

    fn rung(&self) -> u64 {
        self.bells.iter().map(|bell| bell.0.load(Relaxed)).sum()
    }
}

impl<P: Peer> fmt::Debug for Watchers<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watchers({})", self.streams.len())
    }
}
