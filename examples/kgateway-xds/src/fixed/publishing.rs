use std::sync::Arc;
use std::time::Duration;

use ads::Snapshot;
use ads::translate::{Key, Object, Options, Translation, Verdict, translate};
use firstlight_clock::Clock;
use firstlight_kube::Watched;
use firstlight_ready::{Evidence, Gate};
use firstlight_sync::{Debounce, Item, Publisher, Tracker};
use futures_util::stream::{BoxStream, SelectAll};
use futures_util::{Stream, StreamExt};
use kube::runtime::watcher::{self, Event};
use tokio::time::timeout;

use crate::inputs::Known;

/// Changes are collected until they pause, but never for longer than the second.
const DEBOUNCE: Debounce = Debounce::new(Duration::from_millis(10), Duration::from_millis(200));

/// What the loop needs to know of an event.
pub(super) struct Change {
    /// An object of a first list, to be finished when it has been translated.
    item: Option<(Key, Item)>,
    /// Whether the stores are others than before.
    is_news: bool,
}

/// The loop that translates what is known, and publishes it once everything has been.
pub(super) struct Publishing {
    known: Known,
    options: Options,
    tracker: Tracker,
    publisher: Publisher<Snapshot>,
    gate: Arc<Gate>,
    in_flight: Vec<(Key, Item)>,
}

impl Publishing {
    pub(super) fn new(
        known: Known,
        options: Options,
        tracker: Tracker,
        publisher: Publisher<Snapshot>,
        gate: Arc<Gate>,
    ) -> Self {
        Self { known, options, tracker, publisher, gate, in_flight: Vec::new() }
    }

    /// Runs as long as there is anything to hear of.
    pub(super) async fn run(mut self, mut changes: SelectAll<BoxStream<'static, Change>>) {
        let (clock, mut debounce) = (Clock::new(), DEBOUNCE);
        loop {
            let pause = debounce.due().map(|due| due.saturating_sub(clock.now()));
            match timeout(pause.unwrap_or(Duration::MAX), changes.next()).await {
                Ok(None) => return,
                Ok(Some(change)) => {
                    self.in_flight.extend(change.item);
                    if change.is_news {
                        debounce.change(clock.now());
                    }
                }
                Err(_) => {}
            }
            // Half of the inputs makes no snapshot; all of them for the first time make one at once.
            let all = self.tracker.sources().iter().all(|source| source.is_done);
            if all && (debounce.act(clock.now()) || self.publisher.version() == 0) {
                self.publish();
            } else if all {
                continue;
            }
            // Acted on, or of no use yet: nothing is due.
            debounce = DEBOUNCE;
        }
    }

    fn publish(&mut self) {
        let translation = translate(&self.known.inputs(), &self.options);
        for (key, item) in self.in_flight.drain(..) {
            match translation.verdicts.get(&key) {
                Some(Verdict::Relevant) => item.relevant(),
                Some(Verdict::Rejected(reason)) => item.rejected(reason),
                // It is gone again.
                Some(Verdict::Irrelevant) | None => item.irrelevant(),
            }
        }
        if self.tracker.is_synced() {
            tell(&self.gate, &translation);
            self.publisher.publish(translation.snapshot);
        }
    }
}

/// What the newest translation came to: all of it opens the gate, and none of it closes it again.
fn tell(gate: &Gate, translation: &Translation) {
    let verdicts = &translation.verdicts;
    let mut rejected = verdicts.iter().filter_map(|(key, verdict)| match verdict {
        Verdict::Rejected(reason) => Some(format!("{key}: {reason}")),
        Verdict::Relevant | Verdict::Irrelevant => None,
    });
    if let Some(first) = rejected.next() {
        gate.degraded(format!("{} rejected: {first}", 1 + rejected.count()));
    } else if verdicts.values().any(|verdict| *verdict == Verdict::Relevant) {
        gate.ready();
    } else {
        gate.ready_empty(Evidence::new(verdicts.len() as u64, ""));
    }
}

/// Errors are left out: the gates tell of them, and the watches try again.
pub(super) fn changes<K: Into<Object>>(
    watch: impl Stream<Item = watcher::Result<Watched<K>>> + Send + 'static,
) -> BoxStream<'static, Change> {
    let change = |Watched { event, item }: Watched<K>| {
        let is_news = matches!(event, Event::Apply(_) | Event::Delete(_) | Event::InitDone);
        let item = match event {
            Event::InitApply(object) => item.map(|item| (object.into().key(), item)),
            _ => None,
        };
        Change { item, is_news }
    };
    watch.filter_map(move |told| std::future::ready(told.ok().map(change))).boxed()
}
