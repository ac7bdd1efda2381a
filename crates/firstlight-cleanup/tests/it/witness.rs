//! A janitor whose clean-ups are counted, and whose ends can be waited for.

use std::any::Any;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use firstlight_cleanup::{
    Attempt, Cleanup, Ending, Janitor, Notice, Outcome, Reason, Settings, What,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Whatever takes longer has hung.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A guard of any kind: all it can do is to be dropped.
pub(crate) type Armed = Box<dyn Any + Send>;

/// How a clean-up ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<Reason>,
}

#[derive(Clone)]
pub(crate) struct Witness {
    pub(crate) janitor: Janitor,
    counts: Arc<Counts>,
    ends: Arc<Mutex<Ends>>,
}

#[derive(Default)]
struct Counts {
    synced: AtomicUsize,
    ran: AtomicUsize,
    escaped: AtomicUsize,
}

struct Ends {
    told: UnboundedReceiver<End>,
    kept: VecDeque<End>,
}

impl Witness {
    pub(crate) fn new() -> Self {
        Self::with(|settings| settings)
    }

    pub(crate) fn with(settings: impl FnOnce(Settings) -> Settings) -> Self {
        let (tell, told) = unbounded_channel();
        let settings = settings(Settings::new("witness")).with_observer(teller(tell));
        Self {
            janitor: Janitor::with(settings),
            counts: Arc::default(),
            ends: Arc::new(Mutex::new(Ends { told, kept: VecDeque::new() })),
        }
    }

    /// What a sync part does.
    pub(crate) fn sync(&self) -> impl FnOnce(Ending) + Send + use<> {
        let counts = Arc::clone(&self.counts);
        move |_| {
            counts.synced.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// What an async part does.
    pub(crate) fn work(&self) -> impl FnMut(Attempt) -> std::future::Ready<()> + Send + use<> {
        let counts = Arc::clone(&self.counts);
        move |_| {
            counts.ran.fetch_add(1, Ordering::SeqCst);
            std::future::ready(())
        }
    }

    /// A guard that borrows its janitor, which is leaked for that.
    pub(crate) fn scope(&self, name: &'static str) -> Armed {
        let janitor: &'static Janitor = Box::leak(Box::new(self.janitor.clone()));
        Box::new(janitor.scope(Cleanup::once(name, self.work()).with_sync(self.sync())))
    }

    pub(crate) fn tracked(&self, name: &'static str) -> Armed {
        let cleanup = Cleanup::once(name, self.work()).with_sync(self.sync());
        Box::new(self.janitor.track(cleanup).expect("it is open"))
    }

    /// Drops a guard; a panic that comes out of that is counted.
    pub(crate) fn let_go<T>(&self, guard: T) {
        if catch_unwind(AssertUnwindSafe(|| drop(guard))).is_err() {
            self.counts.escaped.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// How often a sync part ran.
    pub(crate) fn synced(&self) -> usize {
        self.counts.synced.load(Ordering::SeqCst)
    }

    /// How often an async part ran to its end.
    pub(crate) fn ran(&self) -> usize {
        self.counts.ran.load(Ordering::SeqCst)
    }

    /// How many panics came out of a drop.
    pub(crate) fn escaped(&self) -> usize {
        self.counts.escaped.load(Ordering::SeqCst)
    }

    /// Waits for the end of a clean-up of that name.
    pub(crate) async fn ended(&self, name: &str) -> End {
        poll_fn(|cx| {
            let mut ends = self.ends.lock().unwrap();
            while let Poll::Ready(Some(end)) = ends.told.poll_recv(cx) {
                ends.kept.push_back(end);
            }
            match ends.kept.iter().position(|end| end.name == name) {
                Some(at) => Poll::Ready(ends.kept.remove(at).unwrap()),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// The same on a thread without a runtime.
    #[track_caller]
    pub(crate) fn wait(&self, name: &str) -> End {
        block_on(self.ended(name)).unwrap_or_else(|| panic!("{name} does not end"))
    }
}

impl Witness {
    /// The same within a runtime, whose thread it blocks.
    #[track_caller]
    pub(crate) fn wait_in_place(&self, name: &'static str) -> End {
        let witness = self.clone();
        std::thread::spawn(move || witness.wait(name)).join().expect("it ends")
    }
}

fn teller(tell: UnboundedSender<End>) -> impl Fn(&Notice<'_>) + Send + Sync {
    move |notice| {
        if let What::Ended(outcome) = notice.what {
            // The test may be over.
            let _ = tell.send(End { name: notice.name, outcome, reason: notice.reason });
        }
    }
}

/// Runs a future on this thread in real time; none when patience ends.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await.ok() })
}

/// Runs a scene on a thread of its own, so that one that blocks fails instead of hanging.
#[track_caller]
pub(crate) fn bounded<T: Send + 'static>(
    what: &str,
    scene: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let value = catch_unwind(AssertUnwindSafe(scene));
        let _ = tell.send(value);
    });
    match told.recv_timeout(PATIENCE * 2) {
        Ok(Ok(value)) => {
            // Its thread-local values are dropped before it is joined.
            thread.join().unwrap_or_else(|_| panic!("{what}: its thread panicked at its end"));
            value
        }
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(_) => panic!("{what}: it blocks"),
    }
}

/// Panics without telling the panic hook, which would fill the test's output.
pub(crate) fn panic_quietly() {
    std::panic::resume_unwind(Box::new("on purpose"))
}
