//! The last gate of a set, and those who wait for it: each peer makes one, and opens it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use event_listener::Event;
use futures_util::FutureExt;
use kubert::initialized::Initialized;
use tokio::sync::{Barrier, Notify, SetOnce, oneshot, watch};

use crate::contest::time;
use crate::ready::{Crowd, Set, Waiter};

/// Closed, until it is opened.
pub struct Door {
    open: Box<dyn FnMut()>,
    /// Who waits; nobody has looked yet.
    pub waiters: Vec<Waiter>,
}

impl Door {
    fn new(waiters: Vec<Waiter>, open: impl FnMut() + 'static) -> Self {
        Self { open: Box::new(open), waiters }
    }

    /// Opens it; not to be called twice. Never inlined: a profiler can collect within it alone.
    #[inline(never)]
    pub fn open(&mut self) {
        (self.open)();
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("waiters", &self.waiters.len()).finish_non_exhaustive()
    }
}

/// Opens so many doors with so many waiters each; only the opening is timed.
///
/// # Panics
/// When not every waiter is woken once, or one does not find what it waited for.
pub fn open_all(doors: usize, waiters: usize, door: impl Fn(usize) -> Door) -> Duration {
    open_before(doors, waiters, door, Crowd::new)
}

/// The same with wakers that do nothing, so that what is left is the price of those who wake.
///
/// # Panics
/// When a waiter does not find what it waited for.
pub fn open_before_the_deaf(
    doors: usize,
    waiters: usize,
    door: impl Fn(usize) -> Door,
) -> Duration {
    open_before(doors, waiters, door, Crowd::deaf)
}

fn open_before(
    doors: usize,
    waiters: usize,
    door: impl Fn(usize) -> Door,
    crowd: fn(Vec<Waiter>) -> Crowd,
) -> Duration {
    let mut doors: Vec<_> = (0..doors).map(|_| door(waiters)).collect();
    let take = |door: &mut Door| crowd(std::mem::take(&mut door.waiters));
    let crowds: Vec<_> = doors.iter_mut().map(take).collect();
    let time = time(|| doors.iter_mut().for_each(Door::open));
    for crowd in crowds {
        assert_eq!(crowd.woken(), crowd.to_be_woken(), "not each was woken once");
        crowd.pass();
    }
    time
}

/// Ours: a set with two gates, one of which is open already.
pub fn ours(waiters: usize) -> Door {
    let set = Set::latched(2);
    set.gates[1].ready();
    let readiness = set.readiness.clone();
    let wait = || -> Waiter {
        // No `async` block around it, which would hold it twice.
        Box::pin(readiness.wait().map(|ready| ready.is_ok()))
    };
    Door::new((0..waiters).map(|_| wait()).collect(), move || {
        // All of it: the set ends with its runtime.
        let set = &set;
        set.gates[0].ready();
    })
}

/// The limit: a flag and a list of wakers.
pub fn wakers(waiters: usize) -> Door {
    #[derive(Default)]
    struct Shared {
        open: AtomicBool,
        wakers: Mutex<Vec<Waker>>,
    }
    let shared = Arc::new(Shared::default());
    let lock = |shared: &Shared| std::mem::take(&mut *lock(&shared.wakers));
    let wait = || -> Waiter {
        let shared = Arc::clone(&shared);
        Box::pin(std::future::poll_fn(move |cx| {
            if shared.open.load(Ordering::Acquire) {
                return Poll::Ready(true);
            }
            self::lock(&shared.wakers).push(cx.waker().clone());
            Poll::Pending
        }))
    };
    Door::new((0..waiters).map(|_| wait()).collect(), move || {
        shared.open.store(true, Ordering::Release);
        lock(&shared).into_iter().for_each(Waker::wake);
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// tokio's Notify beside a flag.
pub fn notify(waiters: usize) -> Door {
    let shared = Arc::new((Notify::new(), AtomicBool::new(false)));
    let wait = || -> Waiter {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let notified = shared.0.notified();
            if !shared.1.load(Ordering::Acquire) {
                notified.await;
            }
            shared.1.load(Ordering::Acquire)
        })
    };
    Door::new((0..waiters).map(|_| wait()).collect(), move || {
        shared.1.store(true, Ordering::Release);
        shared.0.notify_waiters();
    })
}

/// tokio's watch.
pub fn watch(waiters: usize) -> Door {
    let (sender, receiver) = watch::channel(false);
    let wait = || -> Waiter {
        let mut receiver = receiver.clone();
        Box::pin(async move { receiver.wait_for(|open| *open).await.is_ok() })
    };
    Door::new((0..waiters).map(|_| wait()).collect(), move || {
        sender.send_replace(true);
    })
}

/// event-listener's Event beside a flag.
pub fn event_listener(waiters: usize) -> Door {
    let shared = Arc::new((Event::new(), AtomicBool::new(false)));
    let wait = || -> Waiter {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            event_listener::listener!(shared.0 => listener);
            if !shared.1.load(Ordering::Acquire) {
                listener.await;
            }
            shared.1.load(Ordering::Acquire)
        })
    };
    Door::new((0..waiters).map(|_| wait()).collect(), move || {
        shared.1.store(true, Ordering::Release);
        shared.0.notify(usize::MAX);
    })
}

/// tokio's `SetOnce`.
pub fn set_once(waiters: usize) -> Door {
    let shared = Arc::new(SetOnce::new());
    let wait = || -> Waiter {
        let shared = Arc::clone(&shared);
        Box::pin(async move { *shared.wait().await })
    };
    Door::new((0..waiters).map(|_| wait()).collect(), move || {
        shared.set(true).expect("set once");
    })
}

/// tokio's oneshot: for one waiter.
pub fn oneshot(waiters: usize) -> Door {
    assert_eq!(waiters, 1, "it has one receiver");
    let (sender, receiver) = oneshot::channel();
    let mut sender = Some(sender);
    let waiter: Waiter = Box::pin(async move { receiver.await.is_ok() });
    Door::new(vec![waiter], move || {
        let sent = sender.take().is_some_and(|sender| sender.send(()).is_ok());
        assert!(sent, "nobody receives");
    })
}

/// tokio's Barrier: who opens it is the last to come.
pub fn barrier(waiters: usize) -> Door {
    let barrier = Arc::new(Barrier::new(waiters + 1));
    let wait = || -> Waiter {
        let barrier = Arc::clone(&barrier);
        Box::pin(async move { !barrier.wait().await.is_leader() })
    };
    Door::new((0..waiters).map(|_| wait()).collect(), move || {
        let last = barrier.wait().now_or_never();
        assert!(last.is_some_and(|last| last.is_leader()), "not the last");
    })
}

/// kubert's `Initialized`: for one waiter, who takes it.
pub fn kubert(waiters: usize) -> Door {
    assert_eq!(waiters, 1, "who waits takes it");
    let mut initialized = Initialized::default();
    let mut handle = Some(initialized.add_handle());
    let waiter: Waiter = Box::pin(async move {
        initialized.initialized().await;
        true
    });
    Door::new(vec![waiter], move || drop(handle.take()))
}
