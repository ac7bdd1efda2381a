//! A configuration that comes after everything went to stderr, and what happens while it tells.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use firstlight_clock::Clock;
use firstlight_log::{Boot, Booted, Format, Settings};
use tracing::span::Attributes;
use tracing::{Id, Span, Subscriber, info, info_span};
use tracing_subscriber::layer::{Context, Layer};

use super::alone::alone;
use super::lines::Lines;
use super::told::Told;

/// Boots, and nobody configures in time.
fn late() -> Booted {
    let log = Boot::new().with_fallback_after(Duration::ZERO).boot();
    let end = Clock::real().now() + Duration::from_secs(60);
    while log.stats().sinks[0].1.written() == 0 {
        assert!(Clock::real().now() < end, "it never said so");
        let _ = log.flush(Duration::from_millis(1));
    }
    log
}

/// Has the last handle of a span, and drops it when it is told of it.
struct Closes(Arc<Mutex<Option<Span>>>);

impl<S: Subscriber> Layer<S> for Closes {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let span = self.0.lock().unwrap().take();
        if let Some(span) = span {
            info!("by the teller");
            assert!(thread::spawn(|| info!("by another thread")).join().is_ok());
            drop(span);
        }
    }
}

#[test]
fn an_early_span_that_ends_while_it_is_told_is_told_to_have_ended() {
    alone(|| {
        let log = late();
        let (told, lines) = (Told::default(), Lines::default());
        let closes = Closes(Arc::new(Mutex::new(Some(info_span!("early")))));
        let settings = Settings::new().with_layer(closes).with_layer(told.clone());
        log.configure(settings.with_sink(lines.sink(Format::Json))).unwrap();
        assert_eq!(
            (told.count("open early"), told.count("close early")),
            (1, 1),
            "{:?}",
            told.all()
        );
    });
}

#[test]
fn what_is_logged_while_a_late_configuration_tells_is_kept_and_told() {
    alone(|| {
        let log = late();
        let lines = Lines::default();
        let closes = Closes(Arc::new(Mutex::new(Some(info_span!("early")))));
        let settings = Settings::new().with_layer(closes).with_sink(lines.sink(Format::Json));
        assert_eq!(log.configure(settings).unwrap().evicted, 0);
        assert_eq!(lines.messages(&log), ["by the teller", "by another thread"]);
    });
}
