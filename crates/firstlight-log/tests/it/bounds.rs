//! What grows, waits or recurs without end elsewhere, and has a bound here.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use firstlight_clock::Clock;
use firstlight_log::{Boot, Format, Redaction, Settings, Sink, boot};
use tracing::field::Empty;
use tracing::{Event, Subscriber, info, info_span};
use tracing_subscriber::layer::{Context, Layer};

use super::alone::alone;
use super::lines::Lines;

/// A sink that writes nothing before it is let.
struct Held(Receiver<()>, Lines);

fn held(lines: &Lines) -> (Sink, Sender<()>) {
    let (let_go, held) = channel();
    (Sink::writer(Held(held, lines.clone())).with_format(Format::Json), let_go)
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Until the sender is dropped.
        let _ = self.0.recv();
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_a_replaced_sink_has_not_written_is_waited_for_by_a_flush() {
    alone(|| {
        let (lines, next) = (Lines::default(), Lines::default());
        let (sink, let_go) = held(&lines);
        let log = boot();
        log.configure(Settings::new().with_sink(sink)).unwrap();
        (0..1000).for_each(|number| info!(number, "to the first"));
        log.set_sinks([next.sink(Format::Json)]).unwrap();
        let waiting = |log: &firstlight_log::Logger| {
            log.stats().sinks.iter().map(|(_, stats)| stats.waiting()).sum::<u64>()
        };
        assert!(log.flush(Duration::from_millis(20)).is_err(), "it is not written");
        assert!(waiting(&log) >= 1000, "{:?}", log.stats());
        drop(let_go);
        assert_eq!(lines.messages(&log).len(), 1000);
        assert_eq!((log.stats().sinks.len(), waiting(&log)), (1, 0), "it has gone");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn of_sinks_that_are_replaced_again_and_again_and_stall_no_more_than_a_few_stay() {
    use std::os::fd::AsRawFd;

    alone(|| {
        let threads = || std::fs::read_dir("/proc/self/task").expect("it is there").count();
        // Nobody reads, and it is full.
        let (_reader, writer) = io::pipe().unwrap();
        let path = format!("/proc/self/fd/{}", writer.as_raw_fd());
        let log = boot();
        log.configure(Settings::new().with_sink(Sink::file(&path))).unwrap();
        let before = threads();
        for _ in 0..50 {
            (0..2000).for_each(|number| {
                info!(number, "more than the pipe takes, and not more than the queue")
            });
            log.set_sinks([Sink::file(&path)]).unwrap();
        }
        let end = Clock::real().now() + Duration::from_secs(60);
        while threads() > before + 10 && Clock::real().now() < end {
            let _ = log.flush(Duration::from_millis(1));
        }
        assert!(threads() <= before + 10, "{} threads", threads());
    });
}

#[test]
fn a_span_that_tells_its_progress_for_ever_keeps_the_last_value() {
    alone(|| {
        let log = boot();
        let lines = Lines::default();
        log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        let job = info_span!("job", id = 7, progress = Empty, rest = "kept");
        for progress in 0..200_000 {
            job.record("progress", progress);
        }
        // All that is kept is gone through for each of them.
        let began = Clock::real().now();
        job.in_scope(|| (0..200).for_each(|_| info!("told")));
        let took = Clock::real().now() - began;
        assert!(took < Duration::from_secs(5), "{took:?}");
        let span = &lines.json(&log)[199]["span"];
        assert_eq!(span["progress"], 199_999);
        assert_eq!((&span["id"], &span["rest"]), (&7.into(), &"kept".into()));
    });
}

#[test]
fn an_early_span_that_tells_its_progress_for_ever_leaves_room_for_the_values_of_others() {
    alone(|| {
        let log = Boot::new().with_fallback_after(Duration::MAX).boot();
        let lines = Lines::default();
        let job = info_span!("job", id = 7, progress = Empty);
        job.record("progress", -1);
        job.in_scope(|| info!("first"));
        for progress in 0..100_000 {
            job.record("progress", progress);
        }
        job.in_scope(|| info!("second"));
        info_span!("other", id = 8).in_scope(|| info!("third"));
        let configured =
            log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        assert_eq!(configured.spans_evicted, 0);
        let told = lines.json(&log);
        let span = |at: usize, field: &str| told[at]["span"][field].as_i64();
        assert_eq!((span(0, "id"), span(0, "progress")), (Some(7), Some(-1)));
        assert_eq!((span(1, "id"), span(1, "progress")), (Some(7), Some(99_999)));
        assert_eq!(span(2, "id"), Some(8));
    });
}

#[test]
fn in_spans_within_spans_by_the_thousand_logging_early_takes_no_time_to_speak_of() {
    alone(|| {
        let log = Boot::new().with_fallback_after(Duration::MAX).boot();
        let began = Clock::real().now();
        let mut within: Vec<_> =
            (0..2000).map(|depth| info_span!("deep", depth).entered()).collect();
        info!("at the bottom");
        // The cube of the depth would take minutes.
        let took = Clock::real().now() - began;
        assert!(took < Duration::from_secs(20), "{took:?}");
        while within.pop().is_some() {}
        assert!(log.stats().waiting > 0);
    });
}

#[test]
fn a_layer_that_hangs_when_it_is_told_makes_nobody_wait_twice() {
    struct Hangs(Mutex<Sender<()>>, Arc<AtomicBool>);

    impl<S: Subscriber> Layer<S> for Hangs {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            if !self.1.swap(true, Ordering::SeqCst) {
                let _ = self.0.lock().unwrap().send(());
                loop {
                    thread::park();
                }
            }
        }
    }

    alone(|| {
        let log = Boot::new().with_fallback_after(Duration::MAX).boot();
        info!("it hangs here");
        let (hangs, told) = channel();
        let layer = Hangs(Mutex::new(hangs), Arc::default());
        let logger = log.logger().clone();
        thread::spawn(move || logger.configure(Settings::new().without_sinks().with_layer(layer)));
        told.recv().unwrap();
        // Far more than there is room for: at 100 ms each these took minutes.
        let began = Clock::real().now();
        (0..3000).for_each(|number| info!(number, "while it hangs"));
        let took = Clock::real().now() - began;
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert!(log.stats().evicted > 0);
    });
}

#[test]
fn a_rule_of_redaction_that_logs_or_panics_is_not_read_by_itself() {
    alone(|| {
        let log = boot();
        let lines = Lines::default();
        let rule = |field: &str, text: &str| {
            info!("about a {field}");
            log::warn!("and by log");
            assert_ne!(text, "bad", "the rule panics");
            None
        };
        let settings = Settings::new().with_redaction(Redaction::none().with_rule(rule));
        log.configure(settings.with_sink(lines.sink(Format::Json))).unwrap();
        ["one", "bad", "two"].into_iter().for_each(|text| info!("{text}"));
        assert_eq!(lines.messages(&log), ["one", "[redacted]", "two"]);
        assert!(log.stats().from_sinks >= 6, "{:?}", log.stats());
    });
}

#[test]
fn what_a_span_says_does_not_fill_the_memory_by_standing_in_each_early_line() {
    alone(|| {
        let log = Boot::new().with_fallback_after(Duration::MAX).boot();
        let (lines, big) = (Lines::default(), "x".repeat(8_000));
        let span = info_span!(
            "big",
            a = big,
            b = big,
            c = big,
            d = big,
            e = big,
            f = big,
            g = big,
            h = big,
            i = big
        );
        span.in_scope(|| (0..1_000).for_each(|number| info!(number, "small")));
        let (sink, let_go) = held(&lines);
        let configured =
            log.configure(Settings::new().with_sink(sink.with_capacity(usize::MAX))).unwrap();
        let (_, stats) = &log.stats().sinks[0];
        assert!(stats.waiting() * 144_000 < 80 << 20, "{stats:?}");
        assert!(stats.waiting() + stats.dropped() > configured.replayed, "{stats:?}");
        drop(let_go);
        let _ = log.flush(Duration::from_secs(30));
        assert!(lines.read(&log).iter().any(|line| line.contains("lines are missing here")));
    });
}

#[test]
fn a_boot_on_a_thread_that_panics_does_not_end_the_process() {
    struct Boots;

    impl Drop for Boots {
        fn drop(&mut self) {
            std::mem::forget(boot());
            info!("from a destructor");
        }
    }

    alone(|| {
        let panics = || {
            let _boots = Boots;
            panic!("before anything is booted");
        };
        assert!(thread::spawn(panics).join().is_err());
        let log = boot();
        let lines = Lines::default();
        log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        assert_eq!(lines.messages(&log), ["from a destructor"]);
    });
}
