//! The rows of the table of events in ARCHITECTURE.md: each is emitted, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use firstlight_grpc::MAX_WATCHERS;
use firstlight_grpc::wire::HealthCheckRequest;
use firstlight_grpc::wire::health_server::Health;
use tonic::Request;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::support::Set;

const TARGET: &str = "firstlight_grpc";

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

#[tokio::test]
async fn the_table_in_the_architecture_is_what_is_emitted() {
    let (seen, _guard) = Seen::listen();
    let set = Set::new();
    let health = set.health();
    let watch = || health.watch(Request::new(HealthCheckRequest { service: String::new() }));
    let mut streams = Vec::new();
    for _ in 0..MAX_WATCHERS {
        streams.push(watch().await.expect("watched"));
    }
    assert!(watch().await.is_err(), "one too many");
    set.db.ready();
    set.readiness.stopped();
    assert!(watch().await.is_err(), "too late");
    assert_eq!(seen.table(), documented());
}
