use std::sync::Arc;
use std::time::Duration;

use tracing::Level;

use super::rig::{LONG, Page, announce, held_up, info, start};
use crate::writer::config::Config;
use crate::writer::local::Local;
use crate::writer::{FlushError, Limits, Open, Target, Writer};

const SHORT: Duration = Duration::from_millis(30);

#[test]
fn a_flush_waits_for_all_that_was_pushed_and_may_be_repeated() {
    let page = Page::default();
    let writer = start(page.target(), Limits::default());
    assert_eq!(writer.flush(LONG), Ok(()), "of nothing");
    info(&writer, "one");
    for _ in 0..3 {
        assert_eq!(writer.flush(LONG), Ok(()));
        assert_eq!(page.text(), "one\n");
    }
    assert_eq!(writer.flush(Duration::ZERO), Ok(()));
    assert_eq!(writer.flush(Duration::MAX), Ok(()));
}

#[test]
fn a_flush_is_bounded_and_says_what_waits() {
    let (writer, page) = held_up(Limits::default());
    info(&writer, "two");
    for timeout in [Duration::ZERO, SHORT] {
        let waits = FlushError::TimedOut { sink: "writer".into(), lines: 2, bytes: 10 };
        assert_eq!(writer.flush(timeout), Err(waits));
    }
    page.go();
    assert_eq!(writer.flush(LONG), Ok(()));
    assert_eq!(writer.stats().waiting(), 0);
}

#[test]
fn after_a_close_lines_are_counted_and_flushes_find_nothing_to_do() {
    let page = Page::default();
    let writer = start(page.target(), Limits::default());
    info(&writer, "one");
    assert_eq!(writer.close(LONG), Ok(()));
    assert!(page.is_dropped(), "the thread has gone, and with it the writer of the user's");
    info(&writer, "late");
    assert_eq!(writer.flush(LONG), Ok(()));
    assert_eq!(writer.close(LONG), Ok(()));
    let stats = writer.stats();
    assert_eq!((stats.written(), stats.dropped(), stats.waiting()), (1, 1, 0));
    assert_eq!(page.text(), "one\n");
}

#[test]
fn a_close_is_bounded_and_gives_up_what_is_left() {
    let (writer, page) = held_up(Limits::default());
    info(&writer, "two");
    assert!(matches!(writer.close(SHORT), Err(FlushError::TimedOut { lines: 2, .. })));
    page.go();
    page.until_dropped();
}

#[cfg(unix)]
#[test]
fn a_close_ends_the_thread_of_a_stalled_pipe() {
    let (_reader, pipe) = super::rig::pipe();
    let writer = start(Target::Fd(pipe), Limits::default());
    for _ in 0..2000 {
        info(&writer, &"x".repeat(100));
    }
    assert!(matches!(writer.close(SHORT), Err(FlushError::TimedOut { .. })));
    // Given up, all are accounted for.
    assert!(matches!(writer.flush(LONG), Err(FlushError::Failed { .. })));
    let stats = writer.stats();
    assert_eq!((stats.written() + stats.failed(), stats.waiting()), (2000, 0));
}

#[test]
fn l13_who_drops_the_last_one_does_not_wait_and_what_waits_is_written() {
    let (writer, page) = held_up(Limits::default());
    info(&writer, "two");
    let last = writer.clone();
    drop(writer);
    info(&last, "three");
    drop(last);
    page.go();
    page.until_dropped();
    assert_eq!(page.text(), "first\ntwo\nthree\n");
}

#[test]
fn l11_a_flush_is_bounded_though_the_lock_is_never_given_back() {
    let page = Page::default();
    let writer = start(page.target(), Limits::default());
    info(&writer, "one");
    assert_eq!(writer.flush(LONG), Ok(()));
    let held = writer.0.shared.hold();
    // On the thread that holds it, as in a panic hook.
    let stuck = || Err(FlushError::Stuck { sink: "writer".into() });
    assert_eq!(writer.flush(SHORT), stuck());
    assert_eq!(writer.flush(Duration::ZERO), stuck());
    assert_eq!(writer.close(SHORT), stuck());
    drop(held);
    assert_eq!(writer.close(LONG), Ok(()));
}

fn without_thread(page: &Page, limits: Limits) -> Writer {
    let open = Open::target(page.target()).expect("it can be opened");
    let config = Arc::new(Config { open, announce: announce() });
    let none = |_| false;
    Writer(Arc::new(Local::start_with(config, limits, Arc::default(), "firstlight-log", none)))
}

#[test]
fn where_there_is_no_thread_who_flushes_writes() {
    let page = Page::default();
    let writer = without_thread(&page, Limits::new(200));
    info(&writer, "one");
    assert_eq!(page.text(), "");
    assert_eq!(writer.flush(LONG), Ok(()));
    assert_eq!(page.text(), "one\n");
    let other = Page::default();
    let open = Open::target(other.target()).expect("it can be opened");
    writer.retarget(open, Limits::new(200), announce());
    info(&writer, "two");
    assert_eq!(writer.flush(LONG), Ok(()));
    assert_eq!((page.text().as_str(), other.text().as_str()), ("one\n", "two\n"));
    assert_eq!(writer.close(LONG), Ok(()));
}

#[test]
fn where_there_is_no_thread_nothing_waits_for_room() {
    for limits in [Limits::new(200), Limits::new(200).lossless()] {
        let page = Page::default();
        let writer = without_thread(&page, limits);
        for _ in 0..100 {
            writer.push(Level::INFO, b"a line\n");
        }
        assert_eq!(writer.close(LONG), Ok(()));
        let stats = writer.stats();
        assert_eq!(stats.written() + stats.dropped(), 100);
        let lost = format!("<lost {}, failed 0>", stats.dropped());
        assert_eq!(page.lines().last(), Some(&lost));
    }
}

#[cfg(unix)]
#[test]
fn where_there_is_no_thread_a_flush_is_bounded_too() {
    let (_reader, pipe) = super::rig::pipe();
    let open = Open::target(Target::Fd(pipe)).expect("it can be opened");
    let config = Arc::new(Config { open, announce: announce() });
    let none = |_| false;
    let limits = Limits::default();
    let local = Local::start_with(config, limits, Arc::default(), "firstlight-log", none);
    let writer = Writer(Arc::new(local));
    for _ in 0..2000 {
        info(&writer, &"x".repeat(100));
    }
    // Nobody else will come back to what he has taken; the rest waits for the next one.
    assert!(matches!(writer.flush(SHORT), Err(FlushError::TimedOut { .. })));
    let stats = writer.stats();
    assert_eq!(stats.written() + stats.failed() + stats.waiting(), 2000);
    assert!(stats.failed() > 0 && stats.waiting() > 0 && !stats.is_dead(), "{stats:?}");
    info(&writer, "late");
    assert!(matches!(writer.close(SHORT), Err(FlushError::TimedOut { .. })));
}
