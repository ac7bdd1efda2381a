//! What happens once in a process.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_clock::Clock;
use tracing::Dispatch;
use tracing_log::LogTracer;

use crate::announce;
use crate::boot::Boot;
use crate::core::{Core, Fallback, Front, Plan, Why};
use crate::filter::Filter;
use crate::format::{Color, Environment, Format};
use crate::inside::{Inside, renderer};
use crate::live::{LiveSink, Now, Tap};
use crate::logger::Logger;
use crate::outcome::{Outcome, Owner};
use crate::panics;
use crate::premain::{Cause, PreMain};
use crate::time::nanos;
use crate::writer::{Alarm, Limits, Open, Target, Writer};

/// Installs the logger of the process.
///
/// `tracing` comes first: if that is somebody else's, nothing is bridged into it.
pub(crate) fn global(boot: &Boot, place: &'static Location<'static>) -> (Logger, Outcome) {
    let began = Clock::real().now();
    let core =
        Core::new(Plan { capture: boot.capture, ring_bytes: boot.ring_bytes, booted_at: place });
    let front = Dispatch::new(Front::new(Arc::clone(&core)));
    let outcome = match tracing::dispatcher::set_global_default(front.clone()) {
        Err(_) => Outcome { tracing: Owner::Foreign, log: Owner::Untouched },
        Ok(()) => Outcome { tracing: Owner::Installed, log: bridge(boot) },
    };
    let ours = outcome.tracing == Owner::Installed;
    let sampled = Clock::real().now();
    let premain = PreMain::sample();
    let sampling = Clock::real().now() - sampled;
    let logger = logger(boot, core, outcome, premain);
    if ours {
        panics::install(logger.clone());
        // Not to the subscriber of a scope that this thread may be in.
        tracing::dispatcher::with_default(&front, || {
            tell(boot, &logger, nanos(began), nanos(sampling))
        });
    }
    (logger, outcome)
}

fn bridge(boot: &Boot) -> Owner {
    use tracing_log::AsLog;

    match LogTracer::builder().with_max_level(boot.capture.as_log().to_level_filter()).init() {
        Ok(()) => Owner::Installed,
        Err(_) => Owner::Foreign,
    }
}

pub(crate) fn logger(
    boot: &Boot,
    core: Arc<Core>,
    outcome: Outcome,
    premain: Option<PreMain>,
) -> Logger {
    let environment = Environment::read();
    let redaction = Arc::new(boot.redaction.clone());
    // Where stderr is closed there is nowhere to fall back to.
    let open = Open::target(Target::Stderr).or_else(|_| Open::target(Target::Nowhere));
    let owns_tracing = outcome.tracing == Owner::Installed;
    let mut writer = None;
    let mut thread_took = Duration::ZERO;
    if let (true, Ok(open)) = (owns_tracing, open) {
        let renderer = renderer(&environment, &open, Format::Auto, Color::Auto, &redaction);
        let announce = announce::of(&renderer, open.name());
        let (watched, has_rung) = (Arc::clone(&core), Arc::new(AtomicBool::new(false)));
        let rings = Arc::clone(&has_rung);
        let ring = Box::new(move || {
            rings.swap(true, Ordering::AcqRel);
            watched.fall_back(Why::NotInTime);
        });
        let alarm = Alarm { after: boot.fallback_after, ring };
        let began = Clock::real().now();
        let started =
            Writer::start(open, Limits::default(), "firstlight-log", announce, Some(alarm));
        thread_took = Clock::real().now() - began;
        core.set_fallback(Fallback(LiveSink {
            level: tracing::level_filters::LevelFilter::TRACE,
            renderer,
            writer: started.clone(),
            longest: Limits::default().longest_line(),
        }));
        // It may have been due before there was anything to fall back to. Of the two swaps the later one sees
        // what was done before the other.
        if has_rung.swap(true, Ordering::AcqRel) {
            core.fall_back(Why::NotInTime);
        }
        writer = Some(started);
    }
    let (filter, _) = Filter::parse("");
    Logger(Arc::new(Inside {
        core,
        tap: Arc::new(Tap::new(Now { filter, sinks: Vec::new(), redaction })),
        environment,
        writer: Mutex::new(writer),
        leaving: Mutex::default(),
        flush_timeout: boot.flush_timeout,
        gave_up: AtomicBool::new(false),
        has_said: AtomicBool::new(false),
        thread_took,
        premain,
        steps: Arc::default(),
        owns_tracing,
        owns_log: outcome.log == Owner::Installed,
    }))
}

/// The first events: what was before `main`, and the boot.
fn tell(boot: &Boot, logger: &Logger, began: u64, premain_ns: u64) {
    if let Some(premain) = logger.premain() {
        // The books were read when the boot had begun.
        let end = nanos(premain.age()).min(began);
        logger.0.step("before main", Duration::ZERO, Duration::from_nanos(end));
        let cause = match premain.cause() {
            Cause::Unclear => "done".to_owned(),
            cause => cause.to_string(),
        };
        let ms = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
        macro_rules! tell {
            ($level:expr) => {
                tracing::event!(
                    target: "firstlight_log", $level,
                    span = "before main", outcome = cause, start_ns = 0_u64, end_ns = end,
                    cpu_ms = ms(Some(premain.cpu())), run_queue_wait_ms = ms(premain.run_queue_wait()),
                    major_faults = premain.major_faults(), throttled_ms = ms(premain.throttled()),
                    "{premain}"
                )
            };
        }
        if premain.age() >= boot.premain_threshold {
            tell!(tracing::Level::WARN);
        } else {
            tell!(tracing::Level::DEBUG);
        }
    }
    let ended = Clock::real().now();
    logger.0.step("boot", Duration::from_nanos(began), ended);
    let end = nanos(ended);
    let place = logger.booted_at();
    tracing::debug!(
        target: "firstlight_log",
        span = "boot", outcome = "done", start_ns = began, end_ns = end,
        premain_ns, thread_ns = nanos(logger.0.thread_took),
        "logging is booted at {place}"
    );
}
