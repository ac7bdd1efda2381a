//! A watch that is told by hand, an object, and the errors that an API server makes of itself.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use firstlight_kube::WatchExt;
use firstlight_ready::{GateSnapshot, GateState, Readiness, Spec};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::Status;
use kube::runtime::watcher::{Error, Event, Result};

pub(crate) type Told = Result<Event<ConfigMap>>;
pub(crate) type Events = Pin<Box<dyn Stream<Item = Told> + Send>>;

/// What a watch is to tell; `None` is its end.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    next: VecDeque<Option<Told>>,
    reader: Option<Waker>,
}

impl Script {
    pub(crate) fn tell(&self, told: impl IntoIterator<Item = Told>) {
        self.push(told.into_iter().map(Some));
    }

    pub(crate) fn end(&self) {
        self.push([None]);
    }

    pub(crate) fn stream(&self) -> Events {
        let script = self.clone();
        Box::pin(stream::poll_fn(move |cx| {
            let mut guarded = script.0.lock().expect("no panic");
            match guarded.next.pop_front() {
                Some(told) => Poll::Ready(told),
                None => {
                    guarded.reader = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        }))
    }

    fn push(&self, told: impl IntoIterator<Item = Option<Told>>) {
        let mut guarded = self.0.lock().expect("no panic");
        guarded.next.extend(told);
        let waker = guarded.reader.take();
        drop(guarded);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A gate called `cm` that a script feeds, driven by hand.
pub(crate) struct Rig {
    pub(crate) readiness: Readiness,
    pub(crate) script: Script,
    pub(crate) stream: Events,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::of(Spec::new("cm"))
    }

    pub(crate) fn of(spec: Spec) -> Self {
        Self::build(spec, None)
    }

    /// With a required gate of that name, which is ready.
    pub(crate) fn beside(other: &str, spec: Spec) -> Self {
        Self::build(spec, Some(other))
    }

    fn build(spec: Spec, other: Option<&str>) -> Self {
        let readiness = Readiness::new("proxy").expect("a runtime");
        let gate = readiness.register(spec).expect("a good name");
        if let Some(other) = other {
            readiness.register(Spec::new(other)).expect("a good name").ready();
        }
        readiness.seal().expect("once");
        let script = Script::default();
        let stream = Box::pin(script.stream().feed_gate(gate));
        Self { readiness, script, stream }
    }

    /// Lets the watch tell this, and drives it until it has nothing more; returns how much came through.
    pub(crate) fn tell(&mut self, told: impl IntoIterator<Item = Told>) -> usize {
        self.script.tell(told);
        self.drive()
    }

    pub(crate) fn end(&mut self) {
        self.script.end();
        self.drive();
    }

    pub(crate) fn drive(&mut self) -> usize {
        let mut through = 0;
        while let Some(Some(_)) = self.stream.next().now_or_never() {
            through += 1;
        }
        through
    }

    pub(crate) fn gate(&self) -> GateSnapshot {
        self.readiness.snapshot().gate("cm").expect("declared").clone()
    }

    /// The gate's state, whether it is open, and its reason.
    #[track_caller]
    pub(crate) fn is(&self, state: GateState, open: bool, reason: &str) {
        let gate = self.gate();
        let said = gate.reason.as_ref().map_or("", |reason| reason.as_str());
        assert_eq!((gate.state, gate.open, said), (state, open, reason));
    }
}

/// A complete list of so many objects.
pub(crate) fn list(objects: u64) -> Vec<Told> {
    let mut told = vec![Ok(Event::Init)];
    told.extend((0..objects).map(|n| Ok(Event::InitApply(object(&format!("cm-{n}"), n + 1)))));
    told.push(Ok(Event::InitDone));
    told
}

pub(crate) fn object(name: &str, revision: u64) -> ConfigMap {
    let mut object = ConfigMap::default();
    object.metadata.name = Some(name.to_owned());
    object.metadata.namespace = Some("default".to_owned());
    object.metadata.resource_version = Some(revision.to_string());
    object
}

/// What the API server answers with.
pub(crate) fn status(code: u16, message: &str) -> Box<Status> {
    Status::failure(message, "").with_code(code).boxed()
}

pub(crate) fn list_failed(code: u16, message: &str) -> Told {
    Err(Error::InitialListFailed(kube::Error::Api(status(code, message))))
}

pub(crate) fn watch_failed(code: u16, message: &str) -> Told {
    Err(Error::WatchStartFailed(kube::Error::Api(status(code, message))))
}

/// An ERROR event in the watch.
pub(crate) fn watch_error(code: u16, message: &str) -> Told {
    Err(Error::WatchError(status(code, message)))
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
