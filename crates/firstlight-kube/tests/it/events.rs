//! The rows of the table of events in ARCHITECTURE.md: each is emitted, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use firstlight_kube::WatchExt;
use firstlight_sync::Tracker;
use futures_util::{StreamExt, stream};
use kube::runtime::watcher::Event as Told;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::support::{Rig, list, list_failed, object, watch_failed};

const TARGET: &str = "firstlight_kube";

/// Fields, the message aside, with the levels that were seen.
type Table = BTreeMap<String, BTreeSet<String>>;

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Table>>);

impl<S: Subscriber> Layer<S> for Seen {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() == TARGET {
            let fields = metadata.fields().iter().map(|field| field.name());
            let fields: Vec<_> = fields.filter(|field| *field != "message").collect();
            let mut table = self.0.lock().expect("no panic");
            table.entry(fields.join(" ")).or_default().insert(metadata.level().to_string());
        }
    }
}

impl Seen {
    /// Listens until the guard is dropped, in this thread.
    fn listen() -> (Self, DefaultGuard) {
        let seen = Self::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone());
        (seen, tracing::subscriber::set_default(subscriber))
    }

    fn table(&self) -> Table {
        self.0.lock().expect("no panic").clone()
    }
}

/// The rows `| target | level | fields | when |` of this crate.
fn documented() -> Table {
    let text = include_str!("../../../../ARCHITECTURE.md");
    let ours = format!("| `{TARGET}` |");
    let rows = text.lines().filter(|line| line.starts_with(&ours)).map(|row| {
        let cells: Vec<_> = row.split('|').map(|cell| cell.replace('`', "")).collect();
        let levels = cells[2].split(',').map(|level| level.trim().to_owned());
        (cells[3].trim().to_owned(), levels.collect::<Vec<_>>())
    });
    let mut table = Table::new();
    rows.for_each(|(fields, levels)| table.entry(fields).or_default().extend(levels));
    table
}

#[tokio::test(start_paused = true)]
async fn the_table_in_the_architecture_is_what_is_emitted() {
    let all = || {
        let mut told = vec![Ok(Told::Init), list_failed(403, "no")];
        told.extend(list(2));
        told.extend([watch_failed(500, "boom"), Ok(Told::Apply(object("a", 9)))]);
        told.extend(list(0));
        told
    };
    let (gate, guard) = Seen::listen();
    let mut rig = Rig::new();
    rig.tell(all());
    rig.end();
    drop(guard);
    let (source, _guard) = Seen::listen();
    let tracker = Tracker::builder("caches").source("cm").build().expect("good names");
    let feeding = tracker.source("cm").expect("declared").feed(async |feed| {
        stream::iter(all()).feed_source(feed).for_each(async |_| {}).await;
    });
    feeding.await;
    assert_eq!(gate.table(), documented());
    assert_eq!(source.table(), documented());
}
