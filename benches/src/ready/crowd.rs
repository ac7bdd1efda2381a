use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

/// Somebody who waits; true when what came is what was waited for.
pub type Waiter = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Waiters, each with a waker of its own, as tasks have; or with one that does nothing.
pub struct Crowd(Vec<(Waiter, Option<Arc<Bell>>)>);

/// Counts how often it is rung.
#[derive(Default)]
struct Bell(AtomicU64);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Crowd {
    /// What it takes for each, besides the waiter's own.
    pub const BYTES: usize = size_of::<(Waiter, Option<Arc<Bell>>)>() - size_of::<Waiter>();

    /// Lets them begin to wait.
    pub fn new(waiters: Vec<Waiter>) -> Self {
        Self::with(waiters, || Some(Arc::default()))
    }

    /// Lets them begin to wait with wakers that do nothing.
    pub fn deaf(waiters: Vec<Waiter>) -> Self {
        Self::with(waiters, || None)
    }

    fn with(waiters: Vec<Waiter>, bell: fn() -> Option<Arc<Bell>>) -> Self {
        let mut crowd = Self(waiters.into_iter().map(|waiter| (waiter, bell())).collect());
        crowd.look();
        crowd
    }

    /// Lets all look, and find that it is not over.
    pub fn look(&mut self) {
        assert!(self.poll().all(|polled| polled.is_pending()), "a wait is over too early");
    }

    /// Lets all look, and find what they waited for.
    pub fn pass(mut self) {
        assert!(self.poll().all(|polled| polled == Poll::Ready(true)), "a wait is not over");
    }

    /// How often they were woken in all.
    pub fn woken(&self) -> u64 {
        self.0.iter().filter_map(|(_, bell)| bell.as_ref()).map(|bell| bell.0.load(Relaxed)).sum()
    }

    /// How often that is, if each who can be is woken once.
    pub fn to_be_woken(&self) -> u64 {
        self.0.iter().filter(|(_, bell)| bell.is_some()).count() as u64
    }

    fn poll(&mut self) -> impl Iterator<Item = Poll<bool>> {
        self.0.iter_mut().map(|(waiter, bell)| {
            let waker = match bell {
                Some(bell) => Waker::from(Arc::clone(bell)),
                None => Waker::noop().clone(),
            };
            waiter.as_mut().poll(&mut Context::from_waker(&waker))
        })
    }
}

impl fmt::Debug for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crowd({})", self.0.len())
    }
}
