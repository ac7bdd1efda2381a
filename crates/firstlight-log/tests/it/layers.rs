//! Layers of the user's: what they hear, under which filter, and that they find each other.

use std::sync::{Arc, Mutex};

use firstlight_log::{Format, Settings, boot};
use tracing::level_filters::LevelFilter;
use tracing::span::Attributes;
use tracing::{Event, Id, Span, Subscriber, debug, error, info, info_span, trace, warn};
use tracing_error::{ErrorLayer, SpanTrace};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::DefaultFields;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, Registry};

use super::alone::alone;
use super::lines::Lines;
use super::told::Told;

/// What `tracing-error` does to find its own layer, OpenTelemetry's extension of spans does as well.
#[test]
fn layers_that_look_for_each_other_find_each_other() {
    alone(|| {
        fn fails() -> SpanTrace {
            info_span!("inner", attempt = 3).in_scope(SpanTrace::capture)
        }
        let log = boot();
        let span = info_span!("early", id = 7);
        let _in = span.enter();
        let too_early = SpanTrace::capture();
        assert_eq!(too_early.status(), tracing_error::SpanTraceStatus::UNSUPPORTED);
        let layer = ErrorLayer::new(DefaultFields::new());
        log.configure(
            Settings::new().with_sink(Lines::default().sink(Format::Json)).with_layer(layer),
        )
        .unwrap();
        let trace = fails();
        assert_eq!(trace.status(), tracing_error::SpanTraceStatus::CAPTURED);
        let mut seen = Vec::new();
        trace.with_spans(|metadata, fields| {
            seen.push(format!("{} {fields}", metadata.name()));
            true
        });
        assert_eq!(seen, ["inner attempt=3", "early id=7"]);
    });
}

#[test]
fn a_layer_finds_the_registry_and_what_it_has_put_into_a_span() {
    alone(|| {
        struct Mark;
        struct Marks(Arc<Mutex<Vec<bool>>>);
        impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Marks {
            fn on_new_span(&self, _: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
                cx.span(id).expect("it is new").extensions_mut().insert(Mark);
            }
            fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
                let marked = cx
                    .event_span(event)
                    .is_some_and(|span| span.extensions().get::<Mark>().is_some());
                self.0.lock().unwrap().push(marked);
            }
        }
        let log = boot();
        let marked = Arc::new(Mutex::new(Vec::new()));
        let span = info_span!("span").entered();
        info!("early");
        log.configure(Settings::new().without_sinks().with_layer(Marks(Arc::clone(&marked))))
            .unwrap();
        info!("late");
        assert_eq!(*marked.lock().unwrap(), [true; 3], "also our own line on the configuration");
        let found = tracing::dispatcher::get_default(|dispatch| {
            dispatch.downcast_ref::<Registry>().is_some()
        });
        assert!(found);
        drop(span);
    });
}

#[test]
fn a_layer_under_the_filter_hears_what_is_written_and_one_beside_it_hears_all() {
    alone(|| {
        let log = boot();
        let (under, beside, own) = (Told::default(), Told::default(), Told::default());
        let lines = Lines::default();
        let early = |text| {
            tracing::debug_span!("debug").in_scope(|| info!("info of {text}"));
            debug!("debug of {text}");
            warn!("warn of {text}");
            trace!("trace of {text}");
        };
        early("early");
        let settings = Settings::new()
            .with_filter("info")
            .with_sink(lines.sink(Format::Json))
            .with_layer(under.clone())
            .with_unfiltered_layer(beside.clone())
            .with_unfiltered_layer(own.clone().with_filter(LevelFilter::WARN));
        assert_eq!(log.configure(settings).unwrap().layer_panics, 0);
        early("late");
        let warns = ["warn of early", "warn of late"];
        let infos = ["info of early", "warn of early", "info of late", "warn of late"];
        assert_eq!(lines.messages(&log), infos);
        assert!(lines.json(&log).iter().all(|line| line.get("spans").is_none()));
        assert_eq!(under.all(), infos.map(|text| format!("event {text}")));
        assert_eq!(own.all(), warns.map(|text| format!("event {text}")));
        let heard = |text: &str| beside.all().iter().filter(|told| told.contains(text)).count();
        assert_eq!(
            heard("event info of early in debug") + heard("event info of late in debug"),
            2,
            "{:?}",
            beside.all()
        );
        assert_eq!(
            (
                heard("event debug of"),
                heard("event warn of"),
                heard("open debug"),
                heard("close debug")
            ),
            (2, 2, 2, 2)
        );
        // TRACE is not kept before it is known that anybody wants it; live a layer beside the filter hears of
        // it.
        assert_eq!((heard("trace of early"), heard("trace of late")), (0, 1));
    });
}

/// Of per-layer filters `tracing` remembers on each thread what they said last: what was told must not decide
/// on what comes next.
#[test]
fn the_last_early_event_does_not_decide_on_the_first_late_one() {
    alone(|| {
        let log = boot();
        let (under, lines) = (Told::default(), Lines::default());
        tracing::debug_span!("unwanted").in_scope(|| debug!("unwanted"));
        let _ = tracing::debug_span!("the last");
        let settings = Settings::new()
            .with_filter("info")
            .with_sink(lines.sink(Format::Json))
            .with_layer(under.clone());
        assert_eq!(log.configure(settings).unwrap().layer_panics, 0);
        assert!(lines.read(&log)[0].contains("logging is configured"));
        info!("one");
        let _ = info_span!("span").entered();
        info!("two");
        assert_eq!(lines.messages(&log), ["one", "two"]);
        assert_eq!(
            under.all(),
            ["event one", "open span", "enter span", "exit span", "close span", "event two"]
        );
    });
}

/// tracing-subscriber #1629: a layer with a filter panics when it is reloaded; here it is given once, to
/// `configure`.
#[test]
fn tracing_subscriber_1629_a_layer_with_a_filter_of_its_own_can_be_attached_late() {
    alone(|| {
        let log = boot();
        let told = Told::default();
        info!("early");
        error!(target: "db", "early");
        let filter = filter_fn(|metadata| metadata.target() == "db");
        let configured = log.configure(
            Settings::new().without_sinks().with_layer(told.clone().with_filter(filter)),
        );
        assert_eq!(configured.unwrap().layer_panics, 0);
        info!("late");
        let _span = tracing::info_span!(target: "db", "query").entered();
        error!(target: "db", "late");
        log.set_filter("off").unwrap();
        error!(target: "db", "not wanted any more");
        log.set_filter("debug").unwrap();
        debug!(target: "db", "wanted");
        assert_eq!(
            told.all(),
            [
                "event early",
                "open query",
                "enter query",
                "event late in query",
                "event wanted in query"
            ]
        );
    });
}

#[test]
fn a_layer_that_panics_when_it_is_put_on_leaves_everything_as_it_was() {
    alone(|| {
        struct Bad;
        impl<S: Subscriber> Layer<S> for Bad {
            fn on_layer(&mut self, _: &mut S) {
                panic!("by intention");
            }
        }
        let log = boot();
        info!("early");
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            log.configure(Settings::new().with_layer(Bad)).is_ok()
        }));
        assert!(panicked.is_err() && !log.is_configured());
        let told = Told::default();
        log.configure(Settings::new().without_sinks().with_layer(told.clone())).unwrap();
        let _ = Span::current();
        info!("late");
        // The panic had what was logged before told on stderr.
        assert_eq!(told.all(), ["event late"]);
    });
}

#[test]
fn a_layer_under_the_filter_hears_records_of_log_by_their_own_targets() {
    alone(|| {
        let log = boot();
        let told = Told::default();
        let early = |text: &str| {
            log::info!(target: "hyper::client", "{text} not wanted");
            log::warn!(target: "hyper::client", "{text} wanted");
        };
        early("early");
        let lines = Lines::default();
        let settings = Settings::new()
            .with_filter("info,hyper=warn")
            .with_sink(lines.sink(Format::Json))
            .with_layer(told.clone());
        log.configure(settings).unwrap();
        early("late");
        assert_eq!(lines.messages(&log), ["early wanted", "late wanted"]);
        assert!(lines.json(&log).iter().all(|line| line["target"] == "hyper::client"));
        assert_eq!(told.all().len(), 2);
        assert!(
            told.all()[0].starts_with("event early wanted log.target=\"hyper::client\""),
            "{:?}",
            told.all()
        );
    });
}
