//! From early to live: everything is told once, in order, through the final filter.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use firstlight_clock::Clock;
use firstlight_log::{Boot, ConfigureError, Format, Settings, boot, event_time};
use tracing::{Event, Subscriber, debug, error, info, info_span, warn};
use tracing_subscriber::layer::{Context, Layer};

use super::alone::alone;
use super::lines::Lines;
use super::told::Told;

#[test]
fn early_events_have_their_own_times_and_come_first() {
    alone(|| {
        /// The times of events.
        #[derive(Clone, Default)]
        struct Times(Arc<Mutex<Vec<SystemTime>>>);
        impl<S: Subscriber> Layer<S> for Times {
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                if event.metadata().target() != "firstlight_log" {
                    self.0.lock().unwrap().push(event_time());
                }
            }
        }
        let log = boot();
        let (times, lines) = (Times::default(), Lines::default());
        let wall = || firstlight_clock::started_at() + Clock::real().now();
        let began = wall();
        info!("early");
        let between = wall();
        while wall() < between + Duration::from_millis(20) {
            thread::yield_now();
        }
        log.configure(
            Settings::new().with_sink(lines.sink(Format::Json)).with_layer(times.clone()),
        )
        .unwrap();
        info!("late");
        let times = times.0.lock().unwrap().clone();
        // The wall clock may be set meanwhile; the same millisecond is near enough.
        let slack = Duration::from_millis(5);
        assert!(times[0] + slack >= began && times[0] <= between + slack, "{times:?} {began:?}");
        assert!(times[1] >= between + Duration::from_millis(15), "{times:?}");
        let lines = lines.json(&log);
        assert_eq!(lines[0]["fields"]["message"], "early");
        assert!(lines[0]["timestamp"].as_str() < lines[1]["timestamp"].as_str());
    });
}

#[test]
fn it_says_what_was_replayed_filtered_evicted_and_cut() {
    alone(|| {
        let log = Boot::new().with_ring_bytes(64 * 1024).boot();
        (0..10_000).for_each(|number| info!(number, "a flood"));
        (0..10).for_each(|number| debug!(number, "not wanted"));
        error!(text = "x".repeat(1 << 20), "it is too long");
        assert!(log.stats().waiting > 100 && log.stats().evicted > 5_000, "{:?}", log.stats());
        let lines = Lines::default();
        let configured =
            log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        // Two of our own: before main, and the boot.
        let own = 1 + u64::from(log.premain().is_some());
        assert_eq!(
            configured.replayed + configured.filtered + configured.evicted,
            10_011 + own,
            "{configured}"
        );
        assert_eq!((configured.cut, configured.filtered), (1, 10 + own));
        assert_eq!(configured.evicted, log.stats().evicted);
        let all = lines.read(&log);
        let told =
            all.iter().find(|line| line.contains("logging is configured")).expect("it says so");
        assert!(
            told.contains("WARN") && told.contains(&format!("\"evicted\":{}", configured.evicted)),
            "{told}"
        );
        let long = lines.json(&log).pop().unwrap();
        let text = long["fields"]["text"].as_str().unwrap();
        assert!(
            text.len() == 8 * 1024 + "…[cut]".len() && text.ends_with("…[cut]"),
            "{}",
            text.len()
        );
        assert_eq!(lines.messages(&log).len() as u64, configured.replayed);
    });
}

/// The place between a callsite's question and its event is wide where a value takes long.
#[track_caller]
fn on_its_way(with_layer: bool) {
    let log = boot();
    let (told, lines) = (Told::default(), Lines::default());
    let mut settings = Settings::new().with_filter("info").with_sink(lines.sink(Format::Json));
    if with_layer {
        settings = settings.with_layer(told.clone());
    }
    debug!(
        answer = {
            log.configure(settings).unwrap();
            42
        },
        "was on its way when the filter came"
    );
    info!(answer = log.set_filter("warn").unwrap().len(), "was on its way when the filter changed");
    warn!("wanted");
    assert_eq!(lines.messages(&log), ["wanted"]);
    assert!(!with_layer || told.all() == ["event wanted"], "{:?}", told.all());
}

#[test]
fn an_event_on_its_way_when_the_filter_comes_does_not_slip_through() {
    alone(|| on_its_way(false));
}

#[test]
fn an_event_on_its_way_when_the_filter_comes_does_not_reach_a_layer_under_it() {
    alone(|| on_its_way(true));
}

#[test]
fn l3_a_layer_that_logs_whenever_it_is_told_ends_and_is_heard() {
    alone(|| {
        /// Logs at each event, once per stack; while it is told early events that is for ever.
        struct Echo;
        thread_local!(static INSIDE: AtomicBool = const { AtomicBool::new(false) });
        impl<S: Subscriber> Layer<S> for Echo {
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                if event.metadata().target() != "firstlight_log"
                    && !INSIDE.with(|inside| inside.swap(true, Ordering::Relaxed))
                {
                    let _span = tracing::info_span!("echo").entered();
                    info!("echo");
                    INSIDE.with(|inside| inside.store(false, Ordering::Relaxed));
                }
            }
        }
        let log = boot();
        let lines = Lines::default();
        info!("first");
        let settings = Settings::new().with_sink(lines.sink(Format::Json)).with_layer(Echo);
        let configured = log.configure(settings).unwrap();
        assert_eq!(configured.layer_panics, 0);
        assert!(configured.evicted > 0, "at some point it is too much: {configured}");
        info!("last");
        let told = lines.messages(&log);
        assert_eq!(told[..2], ["first", "echo"]);
        assert!(
            told.len() > 5 && told.len() < 100 && told.contains(&"last".to_owned()),
            "{told:?}"
        );
    });
}

#[test]
fn a_layer_that_opens_spans_whenever_it_is_told_of_one_ends() {
    alone(|| {
        struct Nested;
        impl<S: Subscriber> Layer<S> for Nested {
            fn on_new_span(
                &self,
                _: &tracing::span::Attributes<'_>,
                _: &tracing::Id,
                _: Context<'_, S>,
            ) {
                // Live it would be for ever, whoever the subscriber is.
                if !firstlight_log::logger().expect("it is booted").is_configured() {
                    let _ = tracing::info_span!("nested");
                }
            }
        }
        let log = boot();
        let _span = tracing::info_span!("outer").entered();
        let configured = log.configure(
            Settings::new().with_sink(Lines::default().sink(Format::Json)).with_layer(Nested),
        );
        assert!(configured.unwrap().spans_evicted > 0);
    });
}

#[test]
fn a_layer_that_panics_while_it_is_told_does_not_stop_the_others_and_is_counted() {
    let err = alone(|| {
        struct Bad;
        impl<S: Subscriber> Layer<S> for Bad {
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                let own = event.metadata().target() != "firstlight_log";
                assert!(!own || event.metadata().level() != &tracing::Level::WARN, "by intention");
            }
            fn on_register_dispatch(&self, _: &tracing::Dispatch) {
                panic!("by intention, when it is introduced");
            }
        }
        let log = boot();
        let (told, lines) = (Told::default(), Lines::default());
        let _span = tracing::info_span!("span").entered();
        info!("one");
        warn!("two");
        info!("three");
        let began = Clock::real().now();
        let settings = Settings::new()
            .with_sink(lines.sink(Format::Json))
            .with_layer(Bad)
            .with_layer(told.clone());
        let configured = log.configure(settings).unwrap();
        assert_eq!(configured.layer_panics, 2, "{configured}");
        assert!(Clock::real().now() - began < Duration::from_secs(20));
        info!("four");
        // The hook tells of the panics as well; what comes after the layer that panicked did not hear of that
        // one event.
        assert_eq!(lines.messages(&log), ["one", "three", "four"]);
        assert_eq!(told.count("event three in span"), 1);
        assert_eq!(told.count("event four in span"), 1);
        let all = lines.read(&log).join("\n");
        assert_eq!(all.matches("a thread panicked: by intention").count(), 2, "{all}");
    });
    assert!(!err.contains("is not configured"), "it is being configured: {err}");
}

#[test]
fn to_configure_from_within_a_layer_is_refused_with_the_place() {
    alone(|| {
        #[derive(Clone, Default)]
        struct Configures(Arc<Mutex<Vec<String>>>);
        impl<S: Subscriber> Layer<S> for Configures {
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                if event.metadata().target() == "firstlight_log" {
                    return;
                }
                let log = firstlight_log::logger().expect("it is booted");
                let refused = log.configure(Settings::new()).expect_err("refused").to_string();
                let mut refusals = self.0.lock().unwrap();
                refusals.push(refused);
                // While it is told early events nothing can be changed either.
                if let Err(error) = log.set_filter("debug") {
                    refusals.push(error.to_string());
                }
            }
        }
        let log = boot();
        info!("early");
        let layer = Configures::default();
        let place = Location::caller().line() + 1;
        log.configure(Settings::new().without_sinks().with_layer(layer.clone())).unwrap();
        info!("late");
        let refusals = layer.0.lock().unwrap().clone();
        assert_eq!(refusals.len(), 3, "{refusals:?}");
        assert!(refusals[1].contains("is not configured yet"), "{refusals:?}");
        for at in [0, 2] {
            assert!(refusals[at].starts_with("logging was configured before, at "), "{refusals:?}");
            assert!(refusals[at].contains(&format!("hand_over.rs:{place}:")), "{refusals:?}");
        }
    });
}

#[test]
fn a_sink_that_cannot_be_opened_changes_nothing_and_the_next_configuration_works() {
    alone(|| {
        let log = boot();
        let _span = tracing::info_span!("span").entered();
        info!("early");
        let gone = tempfile::tempdir().unwrap().path().join("missing").join("file");
        let lines = Lines::default();
        let settings = Settings::new()
            .with_sink(lines.sink(Format::Json))
            .with_sink(firstlight_log::Sink::file(&gone));
        let error = log.configure(settings).expect_err("there is no such directory");
        assert!(
            matches!(error, ConfigureError::Sink { .. }) && error.to_string().contains("missing"),
            "{error}"
        );
        assert!(!log.is_configured() && log.filter().is_none());
        assert!(matches!(log.set_filter("debug"), Err(ConfigureError::NotConfigured { .. })));
        assert!(matches!(log.set_sinks([]), Err(ConfigureError::NotConfigured { .. })));
        info!("meanwhile");
        let waiting = log.stats().waiting;
        let configured =
            log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        assert_eq!((configured.replayed + configured.filtered) as usize, waiting);
        assert_eq!(lines.messages(&log), ["early", "meanwhile"]);
        // Later, too, sinks that cannot be opened leave those that are there.
        assert!(log.set_sinks([firstlight_log::Sink::file(&gone)]).is_err());
        info!("late");
        assert_eq!(lines.messages(&log), ["early", "meanwhile", "late"]);
    });
}

#[test]
fn after_everything_went_to_stderr_a_configuration_tells_the_rest_once_and_knows_the_spans() {
    let err = alone(|| {
        let log = Boot::new().with_fallback_after(Duration::MAX).boot();
        let span = tracing::info_span!("long", id = 7);
        let short = tracing::info_span!("short");
        span.in_scope(|| info!("one"));
        // A panic is the way to have it at once.
        thread::spawn(|| panic!("by intention")).join().unwrap_err();
        assert!(!log.is_configured());
        let _in = span.enter();
        short.in_scope(|| info!("two"));
        drop(short);
        (0..2_000).for_each(|_| drop(tracing::info_span!("many").entered()));
        span.record("id", 8);
        info!("three");
        let (told, lines) = (Told::default(), Lines::default());
        let settings = Settings::new()
            .with_filter("debug")
            .with_sink(lines.sink(Format::Json))
            .with_layer(told.clone());
        let configured = log.configure(settings).unwrap();
        assert_eq!(
            (configured.replayed, configured.spans, configured.spans_evicted),
            (0, 1, 0),
            "{configured}"
        );
        info!("four");
        drop(_in);
        drop(span);
        info!("five");
        assert_eq!(lines.messages(&log), ["four", "five"]);
        assert_eq!(lines.json(&log)[0]["span"]["id"], 8);
        assert_eq!(
            told.all(),
            [
                "open long id=7",
                "record long id=8",
                "enter long",
                "event four in long",
                "exit long",
                "close long",
                "event five"
            ]
        );
    });
    for once in [
        "\"one\"",
        "\"two\"",
        "\"three\"",
        "\"a thread panicked: by intention",
        "is not configured when a thread panicked",
    ] {
        assert_eq!(err.matches(once).count(), 1, "{once:?} in {err}");
    }
    assert!(!err.contains("four"), "{err}");
    // The value that it had when the event came, and the one that came later.
    assert!(err.contains("\"id\":7") && err.contains("\"id\":8"), "{err}");
}

/// While it is told, what others log waits behind it, also where it went to stderr a moment ago.
#[test]
fn what_another_thread_logs_while_a_layer_is_told_comes_after_that() {
    let err = alone(|| meanwhile(false));
    assert!(!err.contains("\"meanwhile\""), "{err}");
}

#[test]
fn what_another_thread_logs_while_a_layer_is_told_does_not_go_to_stderr_as_before() {
    let err = alone(|| meanwhile(true));
    assert!(!err.contains("\"meanwhile\""), "{err}");
}

fn meanwhile(is_fallen: bool) {
    struct Asks;
    impl<S: Subscriber> Layer<S> for Asks {
        fn on_new_span(
            &self,
            _: &tracing::span::Attributes<'_>,
            _: &tracing::Id,
            _: Context<'_, S>,
        ) {
            let log = || info_span!(parent: None, "other").in_scope(|| info!("meanwhile"));
            if !firstlight_log::logger().expect("it is booted").is_configured() {
                static ONCE: AtomicBool = AtomicBool::new(false);
                if !ONCE.swap(true, Ordering::Relaxed) {
                    thread::spawn(log).join().unwrap();
                }
            }
        }
    }
    let log = Boot::new().with_fallback_after(Duration::MAX).boot();
    let span = info_span!("span").entered();
    if is_fallen {
        thread::spawn(|| panic!("by intention")).join().unwrap_err();
    }
    info!("first");
    let (told, lines) = (Told::default(), Lines::default());
    let settings = Settings::new()
        .with_sink(lines.sink(Format::Json))
        .with_layer(Asks)
        .with_layer(told.clone());
    assert_eq!(log.configure(settings).unwrap().layer_panics, 0);
    drop(span);
    let messages = if is_fallen { &["meanwhile"][..] } else { &["first", "meanwhile"] };
    assert_eq!(lines.messages(&log), messages);
    assert_eq!((told.count("event meanwhile in other"), told.count("close other")), (1, 1));
}
