use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use firstlight_log::{ConfigureError, Scoped, Settings, boot_scoped};
use tracing::instrument::WithSubscriber;

fn lines(log: &Scoped) -> Vec<String> {
    log.captured().iter().map(ToString::to_string).collect()
}

#[test]
fn what_the_thread_logs_is_kept_with_its_fields_and_spans() {
    let log = boot_scoped();
    let request = tracing::info_span!("request", id = 7, user = tracing::field::Empty);
    let _request = request.enter();
    request.record("user", "ada");
    tracing::trace_span!("query").in_scope(|| {
        tracing::warn!(target: "db", attempt = 3, ratio = 0.5, ok = false, text = "a b", why = ?Some("x"), "refused {}", 1);
    });
    tracing::trace!(target: "db", "alone");
    assert_eq!(
        lines(&log),
        [
            r#"WARN db: refused 1 attempt=3 ratio=0.5 ok=false text=a b why=Some("x") in request{id=7 user=ada}:query"#,
            "TRACE db: alone in request{id=7 user=ada}",
        ]
    );
    let event = &log.captured()[0];
    assert_eq!((event.field("attempt"), event.field("message")), (Some("3"), None));
    assert_eq!(log.take().len(), 2);
    assert_eq!((log.take().len(), log.missed()), (0, 0));
}

#[test]
fn threads_have_their_own_and_the_younger_one_captures() {
    let log = boot_scoped();
    let elsewhere = thread::spawn(|| {
        let log = boot_scoped();
        tracing::info!("there");
        lines(&log)
    });
    assert_eq!(elsewhere.join().unwrap(), ["INFO it::it::scoped: there"]);
    tracing::info!("before");
    let younger = boot_scoped();
    tracing::info!("within");
    assert_eq!(lines(&younger), ["INFO it::it::scoped: within"]);
    drop(younger);
    tracing::info!("after");
    assert_eq!(lines(&log), ["INFO it::it::scoped: before", "INFO it::it::scoped: after"]);
}

#[test]
fn the_same_callsite_is_heard_by_the_next_scope() {
    for _ in 0..3 {
        let log = boot_scoped();
        tracing::debug!("again");
        assert_eq!(log.captured().len(), 1);
    }
}

#[test]
fn others_belong_to_the_scope_with_its_dispatch() {
    let log = boot_scoped();
    let dispatch = log.dispatch();
    thread::spawn(|| tracing::info!("a stranger")).join().unwrap();
    let friend =
        move || tracing::dispatcher::with_default(&dispatch, || tracing::info!("a friend"));
    thread::spawn(friend).join().unwrap();
    let task = async { tracing::info!("a task") }.with_subscriber(log.dispatch());
    let polled = thread::spawn(|| pin!(task).poll(&mut Context::from_waker(Waker::noop())));
    assert_eq!(polled.join().unwrap(), Poll::Ready(()));
    assert_eq!(lines(&log), ["INFO it::it::scoped: a friend", "INFO it::it::scoped: a task"]);
}

#[test]
fn a_scope_can_be_filtered_and_opened_again() {
    fn log_all() {
        tracing::info!("info");
        tracing::debug!("debug");
        tracing::error!(target: "db", "db");
        tracing::info_span!(target: "db", "span").in_scope(|| tracing::info!("in a span"));
    }
    let log = boot_scoped();
    log.set_filter("info,db=off").unwrap();
    log_all();
    let messages =
        |log: &Scoped| log.take().into_iter().map(|event| event.to_string()).collect::<Vec<_>>();
    assert_eq!(messages(&log), ["INFO it::it::scoped: info", "INFO it::it::scoped: in a span"]);
    assert_eq!(log.filter().unwrap().to_string(), "info,db=off");
    log.set_filter("trace").unwrap();
    log_all();
    assert_eq!(
        messages(&log),
        [
            "INFO it::it::scoped: info",
            "DEBUG it::it::scoped: debug",
            "ERROR db: db",
            "INFO it::it::scoped: in a span in span"
        ]
    );
}

#[test]
fn bad_directives_are_warn_events() {
    let log = boot_scoped();
    let complaints = log.set_filter("info,db=wran").unwrap();
    let events = log.captured();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        (events[0].level, events[0].target.as_str()),
        (tracing::Level::WARN, "firstlight_log")
    );
    assert_eq!(events[0].message, complaints[0].to_string());
}

#[test]
fn a_scope_is_configured_already() {
    let log = boot_scoped();
    assert!(log.is_configured());
    assert_eq!(log.booted_at().file(), file!());
    let again = log.configure(Settings::new());
    assert!(matches!(
        again,
        Err(ConfigureError::Foreign { .. } | ConfigureError::AlreadyConfigured { .. })
    ));
}

#[test]
fn memory_is_bounded_and_what_is_missed_is_counted() {
    let log = boot_scoped();
    for n in 0..10_003 {
        tracing::info!(n, "x");
    }
    assert_eq!((log.captured().len(), log.missed()), (10_000, 3));
    assert_eq!(log.captured()[9_999].field("n"), Some("9999"));
    drop(log.take());
    tracing::info!(text = "x".repeat(1 << 20), "room again");
    assert!(
        log.captured()[0].field("text").is_some_and(|text| (65_536..65_600).contains(&text.len()))
    );
}

#[test]
fn a_value_that_logs_while_it_is_told_does_not_stop_it() {
    struct Chatty;
    impl fmt::Debug for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            tracing::info!("from within");
            f.write_str("chatty")
        }
    }
    let log = boot_scoped();
    tracing::info!(value = ?Chatty, "outer");
    // `tracing` itself lets no event into a thread's default from within another one.
    assert_eq!(lines(&log), ["INFO it::it::scoped: outer value=chatty"]);
}

#[test]
fn a_record_of_log_has_its_own_target() {
    let log = boot_scoped();
    let record = log::Record::builder()
        .args(format_args!("classic"))
        .level(log::Level::Warn)
        .target("old::crate")
        .line(Some(7))
        .build();
    tracing_log::format_trace(&record).unwrap();
    assert_eq!(lines(&log), ["WARN old::crate: classic"]);
}

#[test]
fn a_line_that_is_shown_is_one_line() {
    let log = boot_scoped();
    let span = tracing::info_span!("s", x = "1\n2");
    span.in_scope(|| tracing::info!(y = "3\n4\x1b[2J", "5\n6"));
    assert_eq!(lines(&log), [r"INFO it::it::scoped: 5\n6 y=3\n4\u{1b}[2J in s{x=1\n2}"]);
    assert_eq!(log.captured()[0].field("y"), Some("3\n4\x1b[2J"));
}
