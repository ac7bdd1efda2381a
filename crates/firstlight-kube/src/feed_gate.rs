use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use firstlight_ready::machine::Report;
use firstlight_ready::{Gate, Reason};
use futures_core::Stream;
use kube::Resource;
use kube::runtime::watcher::{self, Event};
use pin_project::pin_project;
use tokio::time::{Sleep, sleep};

use crate::course::{Course, News};
use crate::events::{self, Fed};
use crate::spell::CALM;
use crate::step::{Step, revision};

/// The stream of [`WatchExt::feed_gate`](crate::WatchExt::feed_gate): a watch that feeds a gate.
///
/// * **Never too early**: the gate opens with the first `InitDone`, and not with a list that broke off,
///   however much of it came. No objects at all is a complete list: ready and empty, which
///   [`Spec::empty`](firstlight_ready::Spec::empty) judges. Trouble opens no gate that is closed for being
///   empty.
/// * **Never again**: a relist, a 410, errors and the end of the watch close no gate, not even a live one. That
///   closes when the stream is dropped, and when a relist finds nothing where empty does not count.
/// * **Says why**: the reason is the last error until a list is complete, or until the watch tells
///   something good; a watch that tells nothing at all is taken to be well after [`CALM`]. One that flaps
///   stays degraded until it has been calm for so long. Reasons are one bounded line and carry no secrets
///   of the client; the words of the API server (who may not do what) are in them.
/// * **Cheap**: progress is told every thousand objects and when the stream waits, and never makes a line
///   in the log. A list that begins anew has made progress once it is longer than the one that broke off,
///   so that [`Spec::stall`](firstlight_ready::Spec::stall) finds one that never gets anywhere.
/// * **Heartbeat**: every good event after the first list is a [`beat`](Gate::beat). That suits kinds that
///   change all the time (leases, nodes); others are silent while all is well, so give them no
///   [`Spec::heartbeat`](firstlight_ready::Spec::heartbeat).
/// * **Hysteresis**: a quiet watch tells of its first list and no more, so leave the
///   [`rise`](firstlight_ready::Hysteresis::rise) of a live gate at 1: with 2 it waits for a change.
///
/// Empty is what the last list was: after an object has come it is not, and that the last object was
/// deleted is seen by the next relist. The evidence is the revision of the last object that was seen, if
/// there ever was one: kube does not pass on that of the list.
///
/// Dropped before the first list is complete, also by a panic, it fails the gate; a stream that is never
/// polled lets the gate run into its deadline. After its end it is not polled again, and stays ended. It
/// must be polled in a tokio runtime with a timer, as kube's watcher must.
#[pin_project]
#[must_use = "a gate is not fed unless the stream is polled"]
pub struct FeedGate<S> {
    #[pin]
    stream: S,
    gate: Gate,
    course: Course,
    /// Runs while there is trouble that a time without errors would end.
    calm: Option<Pin<Box<Sleep>>>,
    has_ended: bool,
}

impl<S> FeedGate<S> {
    pub(crate) fn new(stream: S, gate: Gate) -> Self {
        Self { stream, gate, course: Course::default(), calm: None, has_ended: false }
    }
}

impl<S, K> Stream for FeedGate<S>
where
    S: Stream<Item = watcher::Result<Event<K>>>,
    K: Resource,
{
    type Item = watcher::Result<Event<K>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        if *this.has_ended {
            return Poll::Ready(None);
        }
        let gate = &*this.gate;
        let told = match this.stream.poll_next(cx) {
            Poll::Ready(told) => told,
            Poll::Pending => {
                this.course.pause(|report| tell(gate, report, false));
                if let Some(calm) = this.calm {
                    ready!(calm.as_mut().poll(cx));
                    *this.calm = None;
                    let now = gate.clock().now();
                    let news = this.course.calm(now, |report| tell(gate, report, false));
                    log(gate, news, "");
                }
                return Poll::Pending;
            }
        };
        let step = told.as_ref().map_or(Step::End, Step::of);
        let revision = told.as_ref().map_or("", revision);
        let is_empty = this.course.is_empty();
        let now = gate.clock().now();
        let news = this.course.take(&step, revision, now, |report| tell(gate, report, is_empty));
        let reason = match &step {
            Step::Trouble(trouble) => {
                *this.calm = this.course.waits_for_calm().then(|| Box::pin(sleep(CALM)));
                trouble.text.as_str()
            }
            _ => "",
        };
        log(gate, news, reason);
        *this.has_ended = told.is_none();
        if *this.has_ended || !this.course.waits_for_calm() {
            *this.calm = None;
        }
        Poll::Ready(told)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

fn log(gate: &Gate, news: Option<News>, reason: &str) {
    if let Some(news) = news {
        let fed = Fed { what: "gate", name: gate.name().as_str() };
        events::tell(fed, &news, Reason::new(reason).as_str(), gate.clock().now());
    }
}

fn tell(gate: &Gate, report: Report, is_empty: bool) {
    match report {
        Report::Syncing(reason) => gate.syncing(reason),
        Report::Progress(progress) => gate.progress(progress.done, progress.total),
        Report::Ready => gate.ready(),
        Report::ReadyEmpty(evidence) => gate.ready_empty(evidence),
        // Degraded would open a gate that is closed because it is empty: `Empty::Reject`.
        Report::Degraded(reason) if is_empty && !gate.is_open() => gate.syncing(reason),
        Report::Degraded(reason) => gate.degraded(reason),
        Report::Failed(reason) => gate.failed(reason),
        Report::Beat => gate.beat(),
        _ => {}
    }
}

impl<S> fmt::Debug for FeedGate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedGate").field("gate", &self.gate).finish_non_exhaustive()
    }
}
