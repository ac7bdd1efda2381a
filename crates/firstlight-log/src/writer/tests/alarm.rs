use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::rig::{LONG, Page, announce, info};
use crate::writer::{Alarm, Limits, Open, Target, Writer};

fn with_alarm(target: Target, after: Duration, ring: impl FnOnce() + Send + 'static) -> Writer {
    let open = Open::target(target).expect("it can be opened");
    let alarm = Alarm { after, ring: Box::new(ring) };
    Writer::start(open, Limits::default(), "firstlight-log", announce(), Some(alarm))
}

/// Sends the ringing thread's name.
fn bell() -> (impl FnOnce() + Send + 'static, Receiver<Option<String>>) {
    let (tx, rx) = channel();
    let ring = move || {
        let _ = tx.send(thread::current().name().map(str::to_owned));
    };
    (ring, rx)
}

#[test]
fn an_alarm_rings_once_on_the_writers_thread() {
    for after in [Duration::ZERO, Duration::from_millis(20)] {
        let (ring, rung) = bell();
        let page = Page::default();
        let writer = with_alarm(page.target(), after, ring);
        let name = rung.recv_timeout(LONG).expect("it rings");
        assert_eq!(name.as_deref(), Some("firstlight-log"));
        info(&writer, "after it");
        assert_eq!(writer.close(LONG), Ok(()));
        assert_eq!(page.text(), "after it\n");
        assert!(rung.recv().is_err(), "once");
    }
}

#[test]
fn an_alarm_waits_for_its_time_while_lines_are_written() {
    let (ring, rung) = bell();
    let page = Page::default();
    let writer = with_alarm(page.target(), LONG * 1000, ring);
    for _ in 0..100 {
        info(&writer, "a line");
        assert_eq!(writer.flush(LONG), Ok(()));
    }
    assert!(rung.try_recv().is_err());
    // Who closes before it rang, hears that it never will.
    assert_eq!(writer.close(LONG), Ok(()));
    drop(writer);
    assert!(rung.recv().is_err());
}

#[cfg(unix)]
#[test]
fn an_alarm_rings_though_the_sink_stalls() {
    let (_reader, pipe) = super::rig::pipe();
    let (ring, rung) = bell();
    let writer = with_alarm(Target::Fd(pipe), Duration::from_millis(50), ring);
    for _ in 0..2000 {
        info(&writer, &"x".repeat(100));
    }
    assert!(rung.recv_timeout(LONG).is_ok());
    assert!(writer.stats().waiting() > 0);
}

#[test]
fn a_panic_of_an_alarm_does_not_end_the_writer() {
    let (tx, rx) = channel::<()>();
    let page = Page::default();
    let writer = with_alarm(page.target(), Duration::ZERO, move || {
        let _tx = tx;
        panic!("an alarm");
    });
    assert!(rx.recv().is_err());
    info(&writer, "after it");
    assert_eq!(writer.close(LONG), Ok(()));
    assert_eq!(page.text(), "after it\n");
}

#[test]
fn an_alarm_may_log_and_exchange_the_sink() {
    let (tx, rx) = channel::<Writer>();
    let (done, is_done) = channel();
    let (before, after) = (Page::default(), Page::default());
    let target = after.target();
    let writer = with_alarm(before.target(), Duration::ZERO, move || {
        let writer = rx.recv().expect("it is sent");
        info(&writer, "to the first");
        let open = Open::target(target).expect("it can be opened");
        writer.retarget(open, Limits::default(), announce());
        info(&writer, "to the second");
        let _ = done.send(());
    });
    tx.send(writer.clone()).expect("it waits");
    is_done.recv_timeout(LONG).expect("it does not hang");
    assert_eq!(writer.close(LONG), Ok(()));
    assert_eq!((before.text(), after.text()), ("to the first\n".into(), "to the second\n".into()));
}
