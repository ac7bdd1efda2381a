//! Bad use and bad input: defined, and no harm.

use std::panic::Location;
use std::thread;
use std::time::Duration;

use firstlight_log::{Boot, ConfigureError, Format, Outcome, Owner, Redaction, Settings, boot};
use tracing::{debug, error, info, info_span, warn};

use super::alone::alone;
use super::lines::Lines;
use super::told::Told;

#[test]
fn l2_whose_the_two_global_places_are_is_told_apart() {
    alone(|| {
        let place = Location::caller().line() + 1;
        let first = boot();
        assert_eq!(*first.outcome(), Outcome { tracing: Owner::Installed, log: Owner::Installed });
        // Of another crate, with other settings.
        let second = Boot::new().with_ring_bytes(0).with_redaction(Redaction::none()).boot();
        for owner in [second.outcome().tracing, second.outcome().log] {
            let Owner::Already(at) = owner else { panic!("{owner}") };
            assert!(at.file().ends_with("misuse.rs") && at.line() == place, "{at}");
        }
        info!(password = "hunter2", "kept");
        drop(second);
        assert!(first.stats().waiting >= 2, "the end of the second is not that of the first");
        let lines = Lines::default();
        first.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        assert_eq!(lines.json(&first)[0]["fields"]["password"], "[redacted]");
        assert_eq!(boot().outcome().tracing, boot().outcome().log);
    });
}

#[test]
fn l2_where_only_log_is_somebody_elses_tracing_is_ours() {
    alone(|| {
        struct Theirs;
        impl log::Log for Theirs {
            fn enabled(&self, _: &log::Metadata<'_>) -> bool {
                true
            }
            fn log(&self, _: &log::Record<'_>) {}
            fn flush(&self) {}
        }
        log::set_boxed_logger(Box::new(Theirs)).unwrap();
        log::set_max_level(log::LevelFilter::Error);
        let log = boot();
        assert_eq!(*log.outcome(), Outcome { tracing: Owner::Installed, log: Owner::Foreign });
        assert!(log.outcome().is_ours());
        let lines = Lines::default();
        log.configure(Settings::new().with_filter("trace").with_sink(lines.sink(Format::Json)))
            .unwrap();
        info!("ours");
        assert_eq!(lines.messages(&log), ["ours"]);
        assert_eq!(log::max_level(), log::LevelFilter::Error, "theirs is left alone");
    });
}

#[test]
fn l2_where_tracing_is_somebody_elses_nothing_is_half_installed() {
    let err = alone(|| {
        let told = Told::default();
        use tracing_subscriber::layer::SubscriberExt;
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(told.clone()))
            .unwrap();
        let log = boot();
        assert_eq!(*log.outcome(), Outcome { tracing: Owner::Foreign, log: Owner::Untouched });
        assert!(!log.outcome().is_ours());
        let error = log.configure(Settings::new()).expect_err("it is not ours");
        assert!(
            matches!(error, ConfigureError::Foreign { .. })
                && error.to_string().contains("misuse.rs"),
            "{error}"
        );
        info!("theirs");
        log::info!("nobody's");
        log::set_max_level(log::LevelFilter::Trace);
        assert_eq!(told.all(), ["event theirs"]);
        assert_eq!((log.stats().waiting, log.is_configured()), (0, false));
        log.flush(Duration::ZERO).unwrap();
    });
    assert_eq!(err, "", "it has nothing to say");
}

#[test]
fn l7_a_flood_before_the_configuration_takes_no_more_memory_than_was_said() {
    alone(|| {
        let log = Boot::new().with_ring_bytes(128 * 1024).boot();
        error!("the first");
        for number in 0..200_000_u64 {
            debug!(number, "a flood");
            if number % 100 == 0 {
                drop(info_span!("span", number).entered());
            }
        }
        warn!("the last");
        assert!(log.stats().waiting < 128 * 1024 / 64, "{:?}", log.stats());
        let lines = Lines::default();
        let configured =
            log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        assert_eq!(lines.messages(&log), ["the first", "the last"]);
        assert!(configured.evicted > 190_000, "{configured}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn l8_to_import_it_starts_no_thread_and_to_boot_it_one_with_a_name() {
    alone(|| {
        let threads = || {
            let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
            let name = |task: std::fs::DirEntry| {
                std::fs::read_to_string(task.path().join("comm")).unwrap_or_default()
            };
            let mut names: Vec<_> = tasks.map(|task| name(task).trim().to_owned()).collect();
            names.sort();
            names
        };
        let before = threads();
        info!("nobody's");
        let _ = firstlight_log::logger();
        drop(firstlight_log::boot_scoped());
        assert_eq!(threads(), before);
        let _log = boot();
        // A thread gives itself its name.
        let mut after = threads();
        while after.len() != before.len() + 1 || !after.iter().any(|name| name == "firstlight-log")
        {
            thread::yield_now();
            after = threads();
        }
    });
}

#[test]
fn l8_the_time_limit_runs_from_the_boot_and_nobodys_event_is_blamed() {
    let err = alone(|| {
        // The process is some milliseconds old by now; the limit is not over.
        let log = Boot::new().with_fallback_after(Duration::from_secs(3_600)).boot();
        info!("innocent");
        assert!(log.stats().waiting > 0);
        assert_eq!(log.booted_at().file().rsplit('/').next(), Some("misuse.rs"));
        // At its end everything is told.
        drop(boot());
        assert!(log.stats().waiting > 0, "that was a second one");
    });
    let complaint = err.lines().next().expect("it was never configured");
    assert!(
        complaint.contains("misuse.rs") && complaint.contains("when the process exits"),
        "{err}"
    );
    assert_eq!(err.matches("innocent").count(), 1, "{err}");
}

#[test]
fn l9_what_the_logger_says_itself_has_the_format_of_the_sink() {
    alone(|| {
        let log = Boot::new().with_premain_threshold(Duration::ZERO).boot();
        let (json, text) = (Lines::default(), Lines::default());
        let settings = Settings::new().with_filter("info,nonsense=wran");
        log.configure(
            settings.with_sink(json.sink(Format::Json)).with_sink(text.sink(Format::Text)),
        )
        .unwrap();
        log.set_filter("[span]=debug").unwrap();
        thread::spawn(|| panic!("by intention")).join().unwrap_err();
        let said = json.read(&log);
        assert!(said.len() >= 4, "{said:?}");
        for line in &said {
            let line: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            assert_eq!(line["target"], "firstlight_log");
            let field = |name: &str| line["fields"][name].as_u64();
            assert!(field("start_ns") <= field("end_ns") && field("end_ns").is_some(), "{line}");
        }
        assert_eq!(text.read(&log).len(), said.len());
        assert!(text.read(&log).iter().all(|line| !line.starts_with('{')));
    });
}

#[test]
fn a_sink_that_logs_itself_is_counted_and_not_written() {
    alone(|| {
        struct Logs(Lines);
        impl std::io::Write for Logs {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                let span = info_span!("writing");
                span.in_scope(|| info!("I write {} bytes", bytes.len()));
                log::info!("once more");
                self.0.write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let log = boot();
        let lines = Lines::default();
        info!("early");
        let sink = firstlight_log::Sink::writer(Logs(lines.clone())).with_format(Format::Json);
        log.configure(Settings::new().with_sink(sink)).unwrap();
        info!("late");
        assert_eq!(lines.messages(&log), ["early", "late"]);
        assert!(log.stats().from_sinks >= 2, "{:?}", log.stats());
    });
}

#[test]
fn settings_of_the_boot_at_their_maximum_are_no_panic() {
    alone(|| {
        let log = Boot::new()
            .with_ring_bytes(usize::MAX)
            .with_fallback_after(Duration::MAX)
            .with_flush_timeout(Duration::MAX)
            .boot();
        info!("kept");
        let lines = Lines::default();
        log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        assert_eq!(lines.messages(&log), ["kept"]);
    });
}

#[test]
fn a_ring_of_no_bytes_keeps_spans_and_counts_events() {
    alone(|| {
        let log = Boot::new()
            .with_ring_bytes(0)
            .with_fallback_after(Duration::MAX)
            .with_flush_timeout(Duration::ZERO)
            .boot();
        let _span = info_span!("span").entered();
        info!("lost");
        let lines = Lines::default();
        let configured =
            log.configure(Settings::new().with_sink(lines.sink(Format::Json))).unwrap();
        assert!(configured.evicted >= 2 && configured.replayed == 0, "{configured}");
        info!("kept");
        assert_eq!(lines.messages(&log), ["kept"]);
        assert_eq!(lines.json(&log)[0]["span"]["name"], "span");
    });
}
