//! The table of events in ARCHITECTURE.md: each row is emitted, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use firstlight::check::{Check, Checks, Health, Trouble};
use firstlight::cleanup::{Cleanup, Janitor, Settings};
use firstlight::log::{Boot, Settings as LogSettings};
use firstlight::poll::{ErrorClass, Verdict, Wait};
use firstlight::ready::{Hysteresis, LameDuck, Mode, Phase, Readiness, Signals, Spec, Transition};
use firstlight::sync::{Tracker, first_output};
use tokio::time::{Instant, sleep};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::child;

/// Target and fields, the message aside, with the levels that were seen.
type Table = BTreeMap<(String, String), BTreeSet<String>>;

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Table>>);

impl<S: Subscriber> Layer<S> for Seen {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target().starts_with("firstlight") {
            let fields = metadata.fields().iter().map(|field| field.name());
            let fields: Vec<_> = fields.filter(|field| *field != "message").collect();
            let row = (metadata.target().to_owned(), fields.join(" "));
            let mut table = self.0.lock().expect("no panic");
            table.entry(row).or_default().insert(metadata.level().to_string());
        }
    }
}

/// The table as it is documented: `| target | level | fields | when |`; the adapters' own tests look at their rows.
fn documented() -> Table {
    let text = include_str!("../../../../ARCHITECTURE.md");
    let theirs = ["grpc", "http", "kube"].map(|name| format!("| `firstlight_{name}` |"));
    let rows = text.lines().filter(|line| line.starts_with("| `firstlight_"));
    let rows = rows.filter(|line| !theirs.iter().any(|theirs| line.starts_with(theirs.as_str())));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(|cell| cell.replace('`', "")).collect();
        let words =
            |cell: &str| cell.replace(',', " ").split_whitespace().map(str::to_owned).collect();
        let fields: Vec<String> = words(&cells[3]);
        ((cells[1].trim().to_owned(), fields.join(" ")), words(&cells[2]).into_iter().collect())
    })
    .collect()
}

#[test]
fn the_table_in_the_architecture_is_what_the_crates_emit() {
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut paused = tokio::runtime::Builder::new_current_thread();
    let paused = paused.enable_all().start_paused(true).build().expect("a runtime");
    paused.block_on(async {
        gates().await;
        steps(&seen).await;
        floods().await;
        checks().await;
        sources().await;
        outputs();
        polls().await;
        cleanups().await;
    });
    let no_stack_is_so_large = [("RUST_MIN_STACK", "1125899906842624")];
    seen.add_child("it::events::a_process_without_threads", "", &no_stack_is_so_large);
    for task in ["late main", "lost"] {
        seen.add_child("it::events::a_process_with_a_logger", task, &[]);
    }
    // Signals come in real time.
    let real = tokio::runtime::Builder::new_current_thread().enable_all().build();
    real.expect("a runtime").block_on(signals(&seen));

    let (seen, documented) = (seen.0.lock().expect("no panic").clone(), documented());
    let rows = |table: &Table| -> Vec<String> {
        let row = |((target, fields), levels): (&(String, String), &BTreeSet<String>)| {
            let levels: Vec<_> = levels.iter().map(String::as_str).collect();
            format!("{target} | {} | {fields}", levels.join(", "))
        };
        table.iter().map(row).collect()
    };
    let (seen, documented) = (rows(&seen), rows(&documented));
    let missing: Vec<_> = seen.iter().filter(|row| !documented.contains(row)).collect();
    let unseen: Vec<_> = documented.iter().filter(|row| !seen.contains(row)).collect();
    assert!(
        missing.is_empty() && unseen.is_empty(),
        "not documented: {missing:#?}\nnot seen: {unseen:#?}"
    );
}

async fn gates() {
    let readiness = Readiness::new("orders").expect("a runtime");
    let live = Spec::new("db").mode(Mode::Live(Hysteresis::default()));
    let db = readiness.register(live).expect("a gate");
    let hints = readiness.register(Spec::new("hints").optional()).expect("a gate");
    readiness.seal().expect("sealed");
    sleep(Duration::from_secs(6)).await;
    db.ready();
    db.not_ready("away");
    drop(hints);
    readiness.drain("the test is over");
}

async fn steps(seen: &Seen) {
    let readiness = Readiness::new("steps").expect("a runtime");
    let gate = readiness.register(Spec::new("db")).expect("a gate");
    let limit = Duration::from_secs(1);
    gate.step("connect", limit, async { Ok::<_, String>(()) }).await.expect("connected");
    gate.step("migrate", limit, pending::<Result<(), String>>()).await.expect_err("hangs");
    // In paused time its limit is over at once, and the call returns when it is told to.
    let (go_on, wait) = std::sync::mpsc::channel();
    let call = move || {
        wait.recv().map_err(|error| error.to_string())?;
        Ok::<_, String>(())
    };
    gate.run_blocking(limit, call).await.expect_err("too late");
    go_on.send(()).expect("it waits");
    seen.until("firstlight_ready", "set gate step outcome start_ns end_ns reason").await;
}

/// An observer that panics, and one that causes more than can be kept.
async fn floods() {
    let gate = Arc::new(Mutex::new(None::<firstlight::ready::Gate>));
    let flooding = Arc::clone(&gate);
    let readiness = Readiness::builder("flood")
        .observer(|_: &Transition| panic!("on purpose"))
        .observer(move |_: &Transition| {
            if let Some(gate) = flooding.lock().expect("no panic").take() {
                (0..20_000).for_each(|_| {
                    gate.not_ready("away");
                    gate.ready();
                });
            }
        })
        .build()
        .expect("a runtime");
    let live = Spec::new("db").mode(Mode::Live(Hysteresis::default()));
    let db = readiness.register(live).expect("a gate");
    let other = readiness.register(Spec::new("other")).expect("a gate");
    db.ready();
    *gate.lock().expect("no panic") = Some(db);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    other.ready();
    std::panic::set_hook(hook);
}

async fn checks() {
    let readiness = Readiness::new("checks").expect("a runtime");
    let checks = Checks::new(&readiness);
    checks.add(Check::new("well", || async { Ok(Health::Ready) })).expect("added");
    checks.add(Check::new("ill", || async { Err(Trouble::new("refused")) })).expect("added");
    checks.refresh("well", Duration::ZERO).await.expect("a result");
    checks.refresh("ill", Duration::ZERO).await.expect("a result");
}

async fn sources() {
    let tracker = |sources: &[&str]| {
        let builder = sources.iter().fold(Tracker::builder("caches"), |all, name| all.source(name));
        builder.build().expect("a tracker")
    };
    // Synced; and then its loop fails after all.
    let caches = tracker(&["pods"]);
    let feed = caches.source("pods").expect("a source").feed(async |feed| {
        feed.item().relevant();
        feed.done()?;
        feed.failed("the watch broke");
        Ok::<_, firstlight::sync::SyncError>(())
    });
    feed.await.expect("fed");
    // Synced with an item that was dropped.
    let caches = tracker(&["pods"]);
    let feed = caches.source("pods").expect("a source").feed(async |feed| {
        drop(feed.item().with_key("default/web"));
        feed.done()
    });
    feed.await.expect("fed");
    // Failed, with another source that is given up.
    let caches = tracker(&["pods", "services"]);
    let services = caches.source("services").expect("a source");
    caches.source("pods").expect("a source").failed("forbidden");
    drop(services);
    assert!(caches.wait().await.is_err(), "failed");
    tracker(&["pods"]).cancel();
}

fn outputs() {
    let (publisher, _output) = first_output::<u8>("snapshot").expect("an output");
    publisher.publish(1);
    drop(first_output::<u8>("snapshot").expect("an output"));
}

async fn polls() {
    let began = Instant::now();
    let wait = Wait::local("the name").with_timeout(Duration::from_secs(600));
    let polled = wait.until(|_| async move {
        match began.elapsed().as_secs() {
            0..60 => Verdict::transient(ErrorClass::Refused, "connection refused"),
            60..300 => Verdict::transient(ErrorClass::NameLookup, "no such name"),
            _ => Verdict::Ready(()),
        }
    });
    polled.await.expect("ready");
    let late = Wait::local("late").with_timeout(Duration::from_secs(1));
    let refused = |_| async { Verdict::<()>::transient(ErrorClass::Refused, "connection refused") };
    assert!(late.until(refused).await.is_err(), "too late");
}

async fn cleanups() {
    let second = Duration::from_secs(1);
    let janitor = Janitor::with(Settings::new("orders").with_warn_after(second));
    let flaky = Cleanup::idempotent("flaky", |attempt: firstlight::cleanup::Attempt| async move {
        if attempt.number() == 1 { Err("refused") } else { Ok(()) }
    });
    let _ = janitor.scope(flaky.with_key("dp1")).run().await;
    let _ = janitor.scope(Cleanup::once("failing", |_| async { Err::<(), _>("no") })).run().await;
    // A poll in which time passes.
    let long = Cleanup::once("long", move |_| async move {
        let mut advance = pin!(tokio::time::advance(second * 2));
        let polled = poll_fn(|cx| Poll::Ready(advance.as_mut().poll(cx))).await;
        assert!(polled.is_pending(), "so far only the time has passed");
    });
    let _ = janitor.scope(long.with_deadline(second)).run().await;
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    drop(janitor.scope(Cleanup::sync_only("memory", |_| panic!("on purpose"))));
    std::panic::set_hook(hook);
    let armed = janitor.track(Cleanup::sync_only("armed", |_| {})).expect("open");
    sleep(second * 2).await;
    assert_eq!(janitor.drain(Duration::ZERO).await.left, 1);
    drop(armed);
    assert!(janitor.drain(Duration::ZERO).await.is_clean());
    let full = Janitor::with(Settings::new("full").with_queue(0));
    drop(full.scope(Cleanup::once("overflows", |_| async {})));
}

/// In a child, where every stack is asked to be larger than memory: there is no thread for what has no runtime.
#[test]
fn a_process_without_threads() {
    if child::task().is_some() {
        let seen = Seen::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone());
        let _guard = tracing::subscriber::set_default(subscriber);
        drop(Janitor::new("orders").scope(Cleanup::once("waits", |_| async {})));
        seen.print();
    }
}

/// In a child, since there is one logger in a process; the layer hears of all from the boot on.
#[test]
fn a_process_with_a_logger() {
    let Some(task) = child::task() else { return };
    let threshold = if task == "lost" { Duration::MAX } else { Duration::ZERO };
    let log = Boot::new().with_premain_threshold(threshold).boot();
    if task == "lost" {
        tracing::info!("{}", "cut ".repeat(10_000));
    }
    let seen = Seen::default();
    let settings = LogSettings::new().with_filter("wran").without_sinks();
    log.configure(settings.with_unfiltered_layer(seen.clone())).expect("the first time");
    log.step("config").done();
    log.step("db").fail("refused");
    let logger = log.logger().clone();
    let panics = std::thread::spawn(move || {
        let _step = logger.step("cache");
        panic!("on purpose");
    });
    assert!(panics.join().is_err(), "it panics");
    seen.print();
}

async fn signals(seen: &Seen) {
    let signals = Signals::install().expect("handlers");
    let readiness = Readiness::new("signals").expect("a runtime");
    signals.drain(&readiness, LameDuck { seen: 0, max: Duration::from_secs(3_600) });
    let kill =
        || rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM);
    for phase in [Phase::Draining, Phase::Stopping] {
        kill().expect("sent");
        readiness.wait_phase(phase).await;
    }
    kill().expect("sent");
    seen.until("firstlight_ready", "set signal start_ns end_ns").await;
}

impl Seen {
    /// For the parent of this process.
    fn print(&self) {
        for ((target, fields), levels) in &*self.0.lock().expect("no panic") {
            let levels: Vec<_> = levels.iter().map(String::as_str).collect();
            println!("\n| {target} | {} | {fields}", levels.join(" "));
        }
    }

    /// What that test emits in a child.
    fn add_child(&self, test: &str, task: &str, env: &[(&str, &str)]) {
        let mut table = self.0.lock().expect("no panic");
        for row in child::rows(test, task, env) {
            let mut cells = row.split(" | ").map(str::to_owned);
            let (target, levels, fields) = (cells.next(), cells.next(), cells.next());
            let levels = levels.expect("levels");
            let levels = levels.split(' ').map(str::to_owned);
            table
                .entry((target.expect("a target"), fields.expect("fields")))
                .or_default()
                .extend(levels);
        }
    }

    /// Waits until such an event has come, from another thread.
    async fn until(&self, target: &str, fields: &str) {
        let row = (target.to_owned(), fields.to_owned());
        let began = firstlight::ready::Readiness::new("clock").expect("a runtime");
        while !self.0.lock().expect("no panic").contains_key(&row) {
            sleep(Duration::from_millis(1)).await;
            assert!(began.clock().now() < Duration::from_secs(1 << 20), "{row:?} never came");
        }
    }
}
