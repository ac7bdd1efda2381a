//! The rows of the table of events in ARCHITECTURE.md: each is emitted, and nothing else is. In a child, whose
//! descriptors run out.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_http::{Gated, Health, within};
use firstlight_ready::Phase;
use tokio::task::yield_now;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::it::server::serve;
use crate::it::set::{SOON, get, ready, send, starting};

const TARGET: &str = "firstlight_http";
const CHILD: &str = "FIRSTLIGHT_HTTP_TEST_CHILD";

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

#[test]
fn the_table_in_the_architecture_is_what_is_emitted() {
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let (seen, _guard) = Seen::listen();
            listeners().await;
            health_ports(&seen).await;
            let (readiness, _gate) = ready();
            readiness.cut("SIGTERM");
            let server = std::future::pending::<()>();
            assert!(!within(&readiness, Duration::ZERO, server).await.is_finished());
            assert_eq!(seen.table(), documented());
        });
        return;
    }
    let child = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("this binary"))
        .args(["--exact", "it::table::the_table_in_the_architecture_is_what_is_emitted"])
        .arg("--nocapture")
        .env(CHILD, "yes")
        .output()
        .expect("a child");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}{child:?}");
}

async fn listeners() {
    let (readiness, _gate) = starting();
    let mut gated = Gated::bind("127.0.0.1:0", &readiness).await.expect("a port");
    readiness.drain("SIGTERM");
    assert!(gated.accept().await.is_none(), "it never was open");
    let (readiness, _gate) = ready();
    let mut gated = Gated::bind("127.0.0.1:0", &readiness).await.expect("a port");
    let _client = send(gated.local_addr(), b"").await;
    assert!(gated.accept().await.is_some());
    readiness.cut("SIGTERM");
    readiness.wait_phase(Phase::Stopping).await;
    assert!(gated.accept().await.is_none(), "it is closed");
}

async fn health_ports(seen: &Seen) {
    let (readiness, _gate) = ready();
    let (address, _serving) = serve(Health::new(&readiness).with_max_connections(8)).await;
    let mut half_open = Vec::new();
    while !seen.has("address connections start_ns end_ns") {
        half_open.push(send(address, b"GET").await);
        yield_now().await;
    }
    drop(half_open);
    while !seen.has("address shed start_ns end_ns") {
        assert!(get(address, "/readyz").await.ends_with("ok"));
    }
    let mut taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    // One for the client, none for the server.
    drop(taken.pop());
    let _client = send(address, b"GET").await;
    seen.until("address error start_ns end_ns").await;
    drop(taken);
    seen.until("address failures start_ns end_ns").await;
}

impl Seen {
    fn has(&self, fields: &str) -> bool {
        self.table().contains_key(fields)
    }

    async fn until(&self, fields: &str) {
        let come = async {
            while !self.has(fields) {
                yield_now().await;
            }
        };
        tokio::time::timeout(SOON, come).await.expect("it comes");
    }
}
