//! What the tests share.

use std::fmt::Write;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use firstlight_ready::{Gate, Readiness, Spec};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Layer, SubscriberExt};

pub(crate) fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A set that is not sealed.
#[track_caller]
pub(crate) fn open_set() -> Readiness {
    Readiness::new("orders").expect("a runtime")
}

/// A sealed set of these gates.
#[track_caller]
pub(crate) fn sealed<const N: usize>(specs: [Spec; N]) -> (Readiness, [Gate; N]) {
    let readiness = open_set();
    let gates = specs.map(|spec| readiness.register(spec).expect("registered"));
    readiness.seal().expect("sealed");
    (readiness, gates)
}

/// Counts how often it was woken.
#[derive(Default)]
pub(crate) struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Counter {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let counter = Arc::new(Self::default());
        (counter.clone(), Waker::from(counter))
    }

    pub(crate) fn woken(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Polls once.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Runs a future on this thread without any runtime.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Thread(std::thread::Thread);
    impl Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Thread(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// One event: its level, its message, its other fields.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) level: Level,
    pub(crate) message: String,
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Line {
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        &found.unwrap_or_else(|| panic!("no field {name} in {self:?}")).1
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|(name, _)| *name).collect()
    }
}

/// The events of our target, on this thread.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<Line>>>);

impl Lines {
    pub(crate) fn captured() -> (Self, DefaultGuard) {
        let lines = Self::default();
        let subscriber = tracing_subscriber::registry().with(lines.clone());
        (lines, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn take(&self) -> Vec<Line> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }

    /// Takes the messages.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.take().into_iter().map(|line| line.message).collect()
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        struct Fields(Line);
        impl Visit for Fields {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                match field.name() {
                    "message" => write!(self.0.message, "{value:?}").expect("a string takes all"),
                    name => self.0.fields.push((name, format!("{value:?}"))),
                }
            }
            fn record_str(&mut self, field: &Field, value: &str) {
                self.0.fields.push((field.name(), value.to_owned()));
            }
        }
        if event.metadata().target() != "firstlight_ready" {
            return;
        }
        let level = *event.metadata().level();
        let mut fields = Fields(Line { level, message: String::new(), fields: Vec::new() });
        event.record(&mut fields);
        self.0.lock().expect("no panic").push(fields.0);
    }
}
