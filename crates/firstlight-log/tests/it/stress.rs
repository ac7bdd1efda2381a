//! Threads that log, and configure, while early becomes live.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use firstlight_log::{Boot, ConfigureError, Format, Settings, boot};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, debug, info, warn};
use tracing_subscriber::layer::{Context, Layer};

use super::alone::alone;
use super::lines::Lines;

const THREADS: u64 = 8;
const EVENTS: u64 = 3_000;

/// Writes down the numbers of events: thread, number, and whether it is one that the filter does not want.
#[derive(Debug, Clone, Default)]
struct Numbers(Arc<Mutex<Vec<(u64, u64, bool)>>>);

#[derive(Default)]
struct Number {
    thread: Option<u64>,
    number: u64,
}

impl Visit for Number {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "thread" => self.thread = Some(value),
            _ => self.number = value,
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber> Layer<S> for Numbers {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut number = Number::default();
        event.record(&mut number);
        if let Some(thread) = number.thread {
            let unwanted = *event.metadata().level() > tracing::Level::INFO;
            self.0.lock().unwrap().push((thread, number.number, unwanted));
        }
    }
}

#[track_caller]
fn assert_whole(place: &str, told: &[(u64, u64, bool)]) {
    assert!(
        told.iter().all(|(.., unwanted)| !unwanted),
        "{place}: something slipped through the filter"
    );
    let mut next: HashMap<u64, u64> = HashMap::new();
    for (thread, number, _) in told {
        let next = next.entry(*thread).or_default();
        *next += u64::from(*next % 7 == 3);
        assert_eq!(number, next, "{place}: thread {thread} lost, doubled or reordered something");
        *next += 1;
    }
    let wanted = (0..EVENTS).filter(|number| number % 7 != 3).count() as u64;
    assert_eq!(told.len() as u64, THREADS * wanted, "{place}");
}

/// Eight threads number their events, each seventh of which the filter does not want; in the middle it is
/// configured.
fn stress(with_layer: bool) {
    let log = Boot::new().with_ring_bytes(usize::MAX).with_fallback_after(Duration::MAX).boot();
    let (numbers, lines) = (Numbers::default(), Lines::default());
    let (reached, middle) = mpsc::channel();
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let reached = reached.clone();
            thread::spawn(move || {
                for number in 0..EVENTS {
                    if number == 400 {
                        reached.send(()).unwrap();
                    }
                    match number % 7 {
                        3 => debug!(thread, number),
                        5 => warn!(thread, number),
                        _ => info!(thread, number),
                    }
                }
            })
        })
        .collect();
    (0..THREADS / 2).for_each(|_| middle.recv().unwrap());
    let settings = Settings::new().with_filter("info").with_sink(lines.sink(Format::Json));
    let settings = if with_layer { settings.with_layer(numbers.clone()) } else { settings };
    let configured = log.configure(settings).unwrap();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!((configured.evicted, configured.layer_panics), (0, 0), "{configured}");
    assert!(configured.replayed > 1_000 && configured.filtered > 100, "{configured}");
    if with_layer {
        assert_whole("the layer", &numbers.0.lock().unwrap());
    }
    let number = |line: serde_json::Value| {
        let field = |name: &str| line["fields"][name].as_u64().expect("a number");
        (field("thread"), field("number"), line["level"] == "DEBUG")
    };
    assert_whole("the sink", &lines.json(&log).into_iter().map(number).collect::<Vec<_>>());
    assert_eq!((log.stats().waiting, log.stats().evicted), (0, 0));
}

#[test]
fn nothing_is_lost_doubled_or_reordered_while_eight_threads_log_through_it() {
    for _ in 0..8 {
        alone(|| stress(false));
    }
}

#[test]
fn nothing_is_lost_doubled_or_reordered_for_a_layer_either() {
    for _ in 0..8 {
        alone(|| stress(true));
    }
}

#[test]
fn of_two_threads_that_configure_at_once_one_does_and_the_other_hears_where() {
    for _ in 0..4 {
        alone(|| {
            let log = boot();
            (0..500).for_each(|number| info!(number));
            let (lines, start) = (Lines::default(), Barrier::new(2));
            let configure = || {
                start.wait();
                let place = Location::caller().line() + 1;
                let configured = log.configure(Settings::new().with_sink(lines.sink(Format::Json)));
                (configured, place)
            };
            let results = thread::scope(|scope| {
                let other = scope.spawn(configure);
                [configure(), other.join().unwrap()]
            });
            let won = results.iter().filter(|(result, _)| result.is_ok()).count();
            let refused =
                results.iter().find_map(|(result, place)| Some((result.as_ref().err()?, place)));
            let Some((ConfigureError::AlreadyConfigured { at }, place)) = refused else {
                panic!("{results:?}")
            };
            assert_eq!((won, at.line()), (1, *place));
            assert_eq!(lines.json(&log).len(), 500);
        });
    }
}

#[test]
fn events_that_come_while_stderr_gives_way_to_the_configuration_are_told_once() {
    let err = alone(|| {
        let log = Boot::new().with_ring_bytes(4 << 20).with_fallback_after(Duration::ZERO).boot();
        let (count, lines) = (AtomicUsize::new(0), Lines::default());
        thread::scope(|scope| {
            for thread in 0..4_u64 {
                let count = &count;
                // So few that none of them is too many for stderr.
                scope.spawn(move || {
                    (0..500_u64).for_each(|number| {
                        info!(thread, number, "numbered");
                        count.fetch_add(1, Ordering::Relaxed);
                    });
                });
            }
            while count.load(Ordering::Relaxed) < 700 {
                thread::yield_now();
            }
            log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        });
        // Those on stderr are judged by the parent: the child gives it the others behind them.
        lines.read(&log).iter().for_each(|line| eprintln!("{line}"));
    });
    let mut told: HashMap<u64, Vec<u64>> = HashMap::new();
    for line in err.lines().filter(|line| line.contains("numbered")) {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("not in its format: {line}"));
        let field = |name: &str| line["fields"][name].as_u64().unwrap();
        told.entry(field("thread")).or_default().push(field("number"));
    }
    assert_eq!(told.len(), 4);
    for (thread, numbers) in told {
        assert!(numbers.iter().copied().eq(0..500), "thread {thread}: {numbers:?}");
    }
}
