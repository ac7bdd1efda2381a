//! What happens once in a process: the boot, and the hand-over. Each is measured in a process of its own.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use firstlight_log::{Boot, Settings, Sink};
use tracing_appender::non_blocking::NonBlockingBuilder;

use super::named;
use super::peers::{self, Format, Swallowing};
use super::swallow::{Here, There};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// `boot()`.
    Boot,
    /// The one thread that a boot starts, which is part of it.
    BootThread,
    /// The look at what was before `main`, which is part of it.
    BootPremain,
    /// The boot without these two.
    BootRest,
    /// `fmt().init()`, with its own writer.
    FmtInit,
    /// The same with `non_blocking`.
    NonBlockingInit,
    /// logforth's text to stderr, through `Async`.
    LogforthInit,
    /// 1 000 events, then the hand-over.
    EarlyThenConfigure,
    /// The hand-over, then the events.
    ConfigureThenEvents,
    /// fmt, then the events.
    FmtThenEvents,
}

impl Once {
    const ALL: &[(&'static str, Self)] = &[
        ("boot", Self::Boot),
        ("boot-thread", Self::BootThread),
        ("boot-premain", Self::BootPremain),
        ("boot-rest", Self::BootRest),
        ("fmt-init", Self::FmtInit),
        ("non-blocking-init", Self::NonBlockingInit),
        ("logforth-init", Self::LogforthInit),
        ("early-then-configure", Self::EarlyThenConfigure),
        ("configure-then-events", Self::ConfigureThenEvents),
        ("fmt-then-events", Self::FmtThenEvents),
    ];
}

/// How many events there are around a hand-over.
pub const EVENTS: u64 = 1_000;
/// How a child is called.
pub(super) const CHILD: &str = "log-once";

/// Measures it in a new process.
///
/// # Panics
/// When that fails, or checks that fail there.
pub fn measure(what: Once) -> Duration {
    let (name, _) = Once::ALL.iter().find(|(_, known)| *known == what).expect("all are there");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args([CHILD, name])
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("a child");
    let mut told = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut told).expect("a number");
    assert!(child.wait().expect("a child").success(), "{name} failed");
    Duration::from_nanos(told.trim().parse().expect("a number"))
}

/// Is the child.
pub(super) fn serve(name: &str) {
    let time = here(named(Once::ALL, name));
    println!("{}", time.as_nanos());
}

fn here(what: Once) -> Duration {
    let timed = |job: &mut dyn FnMut()| {
        let began = Instant::now();
        job();
        began.elapsed()
    };
    match what {
        Once::Boot => {
            let began = Instant::now();
            let log = boot();
            let time = began.elapsed();
            assert!(log.outcome().to_string().contains("installed"), "{}", log.outcome());
            // Else it tells on stderr that nobody did.
            peers::configure(&log, Format::Text, There::default());
            log.flush(Duration::from_secs(10)).expect("a sink that swallows");
            time
        }
        Once::BootThread => parts_of_boot().1,
        Once::BootPremain => parts_of_boot().2,
        Once::BootRest => {
            let (whole, thread, premain) = parts_of_boot();
            whole - thread - premain
        }
        Once::FmtInit => timed(&mut || tracing_subscriber::fmt().init()),
        Once::NonBlockingInit => {
            let mut guard = None;
            let time = timed(&mut || {
                let (writer, own) = NonBlockingBuilder::default().finish(std::io::stderr());
                guard = Some(own);
                tracing_subscriber::fmt().with_writer(writer).init();
            });
            drop(guard);
            time
        }
        Once::LogforthInit => timed(&mut || {
            peers::logforth(peers::async_of(Swallowing::new(Format::Text, std::io::stderr)));
        }),
        Once::EarlyThenConfigure => hand_over(true),
        Once::ConfigureThenEvents => hand_over(false),
        Once::FmtThenEvents => {
            let time = timed(&mut || {
                peers::fmt(Format::Text, || Here);
                events();
            });
            assert_eq!(Here::take(), EVENTS);
            time
        }
    }
}

fn boot() -> firstlight_log::Booted {
    // Nothing of it is to be seen on stderr.
    Boot::new().with_fallback_after(Duration::MAX).with_flush_timeout(Duration::ZERO).boot()
}

fn events() {
    for number in 0..EVENTS {
        tracing::info!(
            attempt = number,
            peer = "10.0.0.7:5432",
            waited_ms = 12.5,
            "connection refused"
        );
    }
}

/// The events before or after the hand-over; the writing is not waited for, but checked.
fn hand_over(early: bool) -> Duration {
    let there = There::default();
    let log = Boot::new().with_ring_bytes(1 << 20).with_fallback_after(Duration::MAX).boot();
    let began = Instant::now();
    if early {
        events();
    }
    peers::configure(&log, Format::Text, there.clone());
    if !early {
        events();
    }
    let time = began.elapsed();
    log.flush(Duration::from_secs(10)).expect("a sink that swallows");
    // One more says that it is configured; another one of how the start was may be there.
    let lines = there.take();
    let stats = log.stats();
    assert!((EVENTS + 1..EVENTS + 3).contains(&lines), "{lines} lines, {stats:?}");
    time
}

/// The boot, and what its event says of two of its parts: the start of the thread, and the look at what was before `main`, the process's
/// age included.
fn parts_of_boot() -> (Duration, Duration, Duration) {
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic under it").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let kept = Kept::default();
    let began = Instant::now();
    // The age of the process, which is the first thing that there is to know of the time before `main`.
    std::hint::black_box(firstlight_clock::Clock::real().now());
    let age = began.elapsed();
    let log = boot();
    let whole = began.elapsed();
    let sink = Sink::writer(kept.clone()).with_format(firstlight_log::Format::Json);
    let settings = Settings::new().with_filter("debug").with_sink(sink);
    log.configure(settings).expect("ours, and the first time");
    log.flush(Duration::from_secs(10)).expect("a sink that keeps");
    let lines = kept.0.lock().expect("no panic under it");
    let lines = String::from_utf8_lossy(&lines);
    let part = |field: &str| {
        let objects = lines.lines().map(serde_json::from_str::<serde_json::Value>);
        let mut told = objects.filter_map(|object| object.ok()?["fields"][field].as_u64());
        Duration::from_nanos(told.next().unwrap_or_else(|| panic!("no {field} in {lines}")))
    };
    (whole, part("thread_ns"), part("premain_ns") + age)
}
