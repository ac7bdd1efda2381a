//! Filter, sinks and formats can be changed while the program runs.

use std::thread;

use firstlight_log::{Boot, Format, Logger, Settings, boot};
use serde_json::Value;
use tracing::{debug, info, info_span, trace, warn};

use super::alone::alone;
use super::lines::Lines;

fn configured(filter: &str) -> (firstlight_log::Booted, Lines) {
    let log = boot();
    let lines = Lines::default();
    log.configure(Settings::new().with_filter(filter).with_sink(lines.sink(Format::Json))).unwrap();
    (log, lines)
}

/// One callsite of each kind, the same ones each time.
fn all_levels(round: u32) {
    trace!("trace {round}");
    debug!("debug {round}");
    info!("info {round}");
    warn!("warn {round}");
    log::trace!("log trace {round}");
    log::debug!("log debug {round}");
    log::info!("log info {round}");
}

#[track_caller]
fn assert_levels(log: &Logger, lines: &Lines, round: u32, levels: &[&str]) {
    all_levels(round);
    let suffix = format!(" {round}");
    let told: Vec<_> = lines
        .messages(log)
        .iter()
        .filter_map(|line| Some(line.strip_suffix(&suffix)?.to_owned()))
        .collect();
    assert_eq!(told, levels, "round {round}");
}

/// A callsite remembers what it was told once; it has to be told anew.
#[test]
fn l12_the_level_can_be_raised_and_lowered_for_callsites_that_were_met_before() {
    alone(|| {
        let log = boot();
        // Met early, all of them.
        all_levels(0);
        let lines = Lines::default();
        log.configure(Settings::new().with_filter("info").with_sink(lines.sink(Format::Json)))
            .unwrap();
        assert_levels(&log, &lines, 0, &["info", "warn", "log info", "info", "warn", "log info"]);
        assert_eq!(log::max_level(), log::LevelFilter::Info);
        for (round, filter, levels) in [
            (1, "debug", &["debug", "info", "warn", "log debug", "log info"][..]),
            (2, "off", &[]),
            (3, "trace", &["trace", "debug", "info", "warn", "log trace", "log debug", "log info"]),
            (4, "warn", &["warn"]),
            (
                5,
                "error,it::it::reconfigure=debug",
                &["debug", "info", "warn", "log debug", "log info"],
            ),
            (6, "debug,it::it=warn", &["warn"]),
            (7, "it=info", &["info", "warn", "log info"]),
        ] {
            assert_eq!(log.set_filter(filter).unwrap(), []);
            assert_levels(&log, &lines, round, levels);
            assert_eq!(
                log.filter().unwrap().to_string(),
                firstlight_log::Filter::parse(filter).0.to_string()
            );
            let most = log.filter().unwrap().max_level().to_string().to_lowercase();
            assert_eq!(log::max_level().to_string().to_lowercase(), most, "log is in step");
        }
    });
}

#[test]
fn the_level_changes_on_every_thread() {
    alone(|| {
        let (log, lines) = configured("info");
        let say = |text: &'static str| thread::spawn(move || debug!("{text}")).join().unwrap();
        say("one");
        log.set_filter("debug").unwrap();
        say("two");
        log.set_filter("info").unwrap();
        say("three");
        assert_eq!(lines.messages(&log), ["two"]);
    });
}

/// `tracing` asks the thread's own subscriber, where it knows of one only; on such a thread that is none.
#[test]
fn a_thread_that_has_no_subscriber_can_change_the_filter() {
    alone(|| {
        let (log, lines) = configured("info");
        // One callsite, which is known.
        let say = |text: &str| info!("{text}");
        say("one");
        tracing::dispatcher::with_default(&tracing::Dispatch::none(), || log.set_filter("debug"))
            .unwrap();
        ["two", "three"].into_iter().for_each(say);
        debug!("four");
        assert_eq!(lines.messages(&log), ["one", "two", "three", "four"]);
        let late = Lines::default();
        tracing::dispatcher::with_default(&tracing::Dispatch::none(), || {
            log.set_sinks([late.sink(Format::Json)])
        })
        .unwrap();
        say("five");
        assert_eq!(late.messages(&log), ["five"]);
    });
}

#[test]
fn bad_directives_are_told_and_the_good_ones_apply() {
    alone(|| {
        let (log, lines) = configured("info");
        let complaints = log.set_filter("debug,hyper=wran").unwrap();
        assert_eq!(complaints.len(), 1);
        debug!("wanted");
        assert_eq!(lines.messages(&log), ["wanted"]);
        let told = lines
            .read(&log)
            .into_iter()
            .find(|line| line.contains("hyper=wran"))
            .expect("it is told");
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((&told["level"], &told["target"]), (&"WARN".into(), &"firstlight_log".into()));
        assert!(told["fields"]["message"].as_str().unwrap().contains("hyper=warn"), "{told}");
    });
}

#[test]
fn sinks_change_and_what_went_to_the_old_ones_stays_there() {
    alone(|| {
        let (log, first) = configured("info");
        info!("one");
        assert_eq!(first.messages(&log), ["one"]);
        let (second, third) = (Lines::default(), Lines::default());
        log.set_sinks([second.sink(Format::Json), third.sink(Format::Text)]).unwrap();
        info!("two");
        assert_eq!(second.messages(&log), ["two"]);
        assert!(third.read(&log)[0].ends_with("two"), "{:?}", third.read(&log));
        assert_eq!(log.stats().sinks.len(), 2);
        log.set_sinks([]).unwrap();
        info!("nowhere");
        log.set_sinks([first.sink(Format::Json)]).unwrap();
        info!("three");
        assert_eq!(first.messages(&log), ["one", "three"]);
    });
}

/// tracing-subscriber #3511: of a span that was opened before a JSON layer was there, an event in it
/// panicked.
#[test]
fn tracing_subscriber_3511_and_l1_spans_opened_before_keep_their_fields_in_text_and_json() {
    alone(|| {
        let log = boot();
        let early = info_span!("early", id = 1, name = "job one", late = tracing::field::Empty);
        let _early = early.enter();
        let (text, json, pretty, again) =
            (Lines::default(), Lines::default(), Lines::default(), Lines::default());
        log.configure(Settings::new().with_sink(text.sink(Format::Text))).unwrap();
        let live = info_span!("live", x = 2.5);
        let _live = live.enter();
        info!("one");
        let line = text.read(&log).pop().unwrap();
        assert!(
            line.contains("early{id=1 name=\"job one\"}:live{x=2.5}") && line.ends_with("one"),
            "{line}"
        );
        early.record("late", true);
        for (sink, format) in
            [(&json, Format::Json), (&pretty, Format::Pretty), (&again, Format::Json)]
        {
            log.set_sinks([sink.sink(format)]).unwrap();
            info!("two");
            // A sink that was replaced is emptied in the background.
            assert!(!sink.read(&log).is_empty());
        }
        for lines in [&json, &again] {
            let line = &lines.json(&log)[0];
            let early = serde_json::json!({"name": "early", "id": 1, "field.name": "job one", "late": true});
            assert_eq!(
                line["spans"],
                serde_json::json!([early, {"name": "live", "x": 2.5}]),
                "{line}"
            );
        }
        let line = pretty.read(&log).join("\n");
        for part in ["early", "job one", "late", "live", "2.5", "two"] {
            assert!(line.contains(part), "{line}");
        }
    });
}

#[test]
fn changes_of_many_threads_at_once_leave_one_of_them_and_no_lock() {
    alone(|| {
        let (log, _) = configured("info");
        let log = &*log;
        thread::scope(|scope| {
            for filter in ["debug", "info", "warn,it=trace"] {
                scope.spawn(move || (0..50).for_each(|_| drop(log.set_filter(filter).unwrap())));
            }
            scope.spawn(|| {
                (0..50).for_each(|_| log.set_sinks([Lines::default().sink(Format::Json)]).unwrap())
            });
            (0..2_000).for_each(|number| info!(number));
        });
        let most = log.filter().unwrap().max_level().to_string().to_lowercase();
        assert_eq!(log::max_level().to_string().to_lowercase(), most);
        assert_eq!(tracing::level_filters::LevelFilter::current().to_string(), most);
    });
}

#[test]
fn what_was_captured_early_can_be_told_and_what_was_not_cannot() {
    alone(|| {
        let log = Boot::new().with_capture(tracing::Level::TRACE).boot();
        all_levels(0);
        let lines = Lines::default();
        log.configure(Settings::new().with_filter("trace").with_sink(lines.sink(Format::Json)))
            .unwrap();
        assert_eq!(lines.messages(&log).len(), 7);
    });
}

#[test]
fn trace_is_not_captured_unless_it_is_asked_for_and_is_told_from_then_on() {
    alone(|| {
        let log = boot();
        all_levels(0);
        let lines = Lines::default();
        log.configure(Settings::new().with_filter("trace").with_sink(lines.sink(Format::Json)))
            .unwrap();
        assert_eq!(
            lines.messages(&log),
            ["debug 0", "info 0", "warn 0", "log debug 0", "log info 0"]
        );
        assert_levels(
            &log,
            &lines,
            1,
            &["trace", "debug", "info", "warn", "log trace", "log debug", "log info"],
        );
    });
}
