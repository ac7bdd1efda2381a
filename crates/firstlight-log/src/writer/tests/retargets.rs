use std::io::ErrorKind;

use tracing::Level;

use super::rig::{LONG, Page, announce, held_up, info, start};
use crate::writer::{FlushError, Limits, Open, Target, Writer};

fn go_to(writer: &Writer, target: Target) {
    let open = Open::target(target).expect("it can be opened");
    writer.retarget(open, Limits::default(), announce());
}

#[test]
fn what_was_pushed_before_goes_to_the_old_one_and_the_rest_to_the_new_one() {
    let (writer, old) = held_up(Limits::default());
    let new = Page::default();
    info(&writer, "old");
    go_to(&writer, new.target());
    info(&writer, "new");
    assert_eq!((old.text().as_str(), new.text().as_str()), ("", ""));
    old.go();
    assert_eq!(writer.flush(LONG), Ok(()));
    assert_eq!((old.text().as_str(), new.text().as_str()), ("first\nold\n", "new\n"));
    assert!(old.is_dropped(), "by now");
    assert_eq!(writer.close(LONG), Ok(()));
    assert!(new.is_dropped());
    assert_eq!(writer.stats().written(), 3);
}

#[test]
fn one_that_is_exchanged_before_a_line_came_is_never_written_to() {
    let (writer, old) = held_up(Limits::default());
    let (unused, new) = (Page::default(), Page::default());
    go_to(&writer, unused.target());
    go_to(&writer, new.target());
    unused.until_dropped();
    info(&writer, "new");
    old.go();
    assert_eq!(writer.flush(LONG), Ok(()));
    assert_eq!((unused.text().as_str(), new.text().as_str()), ("", "new\n"));
    // A later one still counts as the one it is.
    go_to(&writer, Target::Nowhere);
    assert_eq!(writer.flush(LONG), Ok(()));
    assert!(new.is_dropped());
}

#[test]
fn what_a_dead_one_lost_is_told_in_the_one_after_it() {
    let target = Target::Write(Box::new(Gone));
    let writer = start(target, Limits::default());
    info(&writer, "one");
    let kind = ErrorKind::BrokenPipe;
    assert_eq!(writer.flush(LONG), Err(FlushError::Dead { sink: "writer".into(), kind }));
    writer.push(Level::ERROR, b"two\n");
    let new = Page::default();
    go_to(&writer, new.target());
    info(&writer, "three");
    assert!(!writer.stats().is_dead());
    assert_eq!(writer.flush(LONG), Ok(()));
    let lines = new.lines();
    assert_eq!(lines.last().map(String::as_str), Some("three"));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], "<lost 2, failed 1>");
}

struct Gone;

impl std::io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
#[test]
fn an_old_one_that_stalls_does_not_hold_up_the_new_one_for_ever() {
    let (_reader, pipe) = super::rig::pipe();
    let writer = start(Target::Fd(pipe), Limits::default());
    for _ in 0..2000 {
        info(&writer, &"x".repeat(100));
    }
    let new = Page::default();
    go_to(&writer, new.target());
    info(&writer, "new");
    assert!(matches!(writer.flush(LONG), Err(FlushError::Failed { .. })));
    let stats = writer.stats();
    let lines = new.lines();
    assert_eq!(lines, [format!("<lost {0}, failed {0}>", stats.failed()), "new".to_owned()]);
    assert_eq!((stats.is_dead(), stats.last_error()), (false, Some(ErrorKind::TimedOut)));
    assert_eq!(stats.written() + stats.failed(), 2001);
}

#[test]
fn a_closed_one_stays_closed_and_drops_what_it_is_given() {
    let writer = start(Target::Nowhere, Limits::default());
    assert_eq!(writer.close(LONG), Ok(()));
    let page = Page::default();
    go_to(&writer, page.target());
    assert!(page.is_dropped());
    info(&writer, "late");
    assert_eq!(writer.flush(LONG), Ok(()));
    assert_eq!((page.text().as_str(), writer.stats().dropped()), ("", 1));
}
