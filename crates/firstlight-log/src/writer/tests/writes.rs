use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tracing::Level;

use super::rig::{LONG, announce, held_up, info, start};
use crate::writer::{FlushError, Limits, Open, Target, Writer};

/// What a writer of the user's does, call for call, and then takes everything.
enum Act {
    Take(usize),
    Fail(ErrorKind),
    Panic,
}

struct Play {
    acts: VecDeque<Act>,
    flushes: VecDeque<ErrorKind>,
    kept: Arc<Mutex<Vec<u8>>>,
}

impl Write for Play {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = match self.acts.pop_front() {
            None => bytes.len(),
            Some(Act::Take(most)) => most.min(bytes.len()),
            Some(Act::Fail(kind)) => return Err(kind.into()),
            Some(Act::Panic) => panic!("a writer of the user's"),
        };
        self.kept.lock().expect("whole").extend_from_slice(&bytes[..most]);
        Ok(most)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushes.pop_front().map_or(Ok(()), |kind| Err(kind.into()))
    }
}

#[track_caller]
fn play(acts: impl IntoIterator<Item = Act>, flushes: &[ErrorKind]) -> Played {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let play = Play {
        acts: acts.into_iter().collect(),
        flushes: flushes.iter().copied().collect(),
        kept: kept.clone(),
    };
    let writer = start(Target::Write(Box::new(play)), Limits::default());
    Played { writer, kept }
}

struct Played {
    writer: Writer,
    kept: Arc<Mutex<Vec<u8>>>,
}

impl Played {
    fn line(&self, line: &str) -> Result<(), FlushError> {
        info(&self.writer, line);
        self.writer.flush(LONG)
    }

    fn text(&self) -> String {
        String::from_utf8(self.kept.lock().expect("whole").clone()).expect("text")
    }
}

fn failed(kind: ErrorKind) -> Result<(), FlushError> {
    Err(FlushError::Failed { sink: "writer".to_owned(), lines: 1, kind })
}

#[test]
fn what_is_taken_byte_by_byte_or_after_an_interruption_arrives_whole() {
    for acts in [
        vec![Act::Take(1), Act::Take(1), Act::Take(2)],
        vec![Act::Fail(ErrorKind::Interrupted), Act::Take(1), Act::Fail(ErrorKind::Interrupted)],
        vec![Act::Fail(ErrorKind::WouldBlock), Act::Take(1), Act::Fail(ErrorKind::WouldBlock)],
    ] {
        let played = play(acts, &[]);
        assert_eq!(played.line("a line"), Ok(()));
        assert_eq!(played.text(), "a line\n");
        let stats = played.writer.stats();
        assert_eq!((stats.written(), stats.bytes(), stats.failed()), (1, 7, 0));
        assert_eq!(stats.last_error(), None);
    }
}

#[test]
fn a_refused_line_is_counted_and_told_before_the_next_one() {
    let refusals = [
        (Act::Fail(ErrorKind::StorageFull), ErrorKind::StorageFull),
        (Act::Fail(ErrorKind::Other), ErrorKind::Other),
        (Act::Take(0), ErrorKind::WriteZero),
    ];
    for (act, kind) in refusals {
        let played = play([act], &[]);
        assert_eq!(played.line("one"), failed(kind));
        assert_eq!(played.writer.flush(LONG), Ok(()), "it is told once");
        assert_eq!(played.line("two"), Ok(()));
        assert_eq!(played.text(), "<lost 1, failed 1>\ntwo\n");
        let stats = played.writer.stats();
        assert_eq!((stats.written(), stats.failed(), stats.dropped()), (1, 1, 0));
        assert_eq!((stats.last_error(), stats.is_dead()), (Some(kind), false));
    }
}

#[test]
fn what_comes_after_half_a_line_begins_on_a_new_one() {
    let played = play([Act::Take(3), Act::Fail(ErrorKind::StorageFull)], &[]);
    assert_eq!(played.line("one more"), failed(ErrorKind::StorageFull));
    assert_eq!(played.line("two"), Ok(()));
    assert_eq!(played.text(), "one\n<lost 1, failed 1>\ntwo\n");
}

#[test]
fn while_a_gap_cannot_be_told_nothing_is_written_after_it() {
    let full = || Act::Fail(ErrorKind::StorageFull);
    let played = play([full(), Act::Take(4), full()], &[]);
    assert_eq!(played.line("one"), failed(ErrorKind::StorageFull));
    assert_eq!(played.line("two"), failed(ErrorKind::StorageFull));
    assert_eq!(played.line("three"), Ok(()));
    assert_eq!(played.text(), "<los\n<lost 2, failed 2>\nthree\n");
}

#[test]
fn one_that_is_interrupted_for_ever_is_no_endless_loop() {
    let played = play((0..1001).map(|_| Act::Fail(ErrorKind::Interrupted)), &[]);
    assert_eq!(played.line("one"), failed(ErrorKind::Interrupted));
}

#[test]
fn a_line_that_was_kept_and_could_not_be_passed_on_has_failed() {
    let played = play([], &[ErrorKind::StorageFull]);
    assert_eq!(played.line("one"), failed(ErrorKind::StorageFull));
    assert_eq!(played.writer.stats().written(), 0);
}

#[test]
fn a_panic_in_a_writer_of_the_users_ends_that_writer_and_nothing_else() {
    for (acts, kind) in
        [(Act::Panic, ErrorKind::Other), (Act::Fail(ErrorKind::BrokenPipe), ErrorKind::BrokenPipe)]
    {
        let played = play([acts], &[]);
        let dead = Err(FlushError::Dead { sink: "writer".to_owned(), kind });
        assert_eq!(played.line("one"), dead);
        assert_eq!(played.line("two"), dead);
        assert_eq!(played.text(), "", "it is not called again");
        let stats = played.writer.stats();
        assert_eq!((stats.written(), stats.failed(), stats.dropped()), (0, 1, 1));
        assert!(stats.is_dead());
        assert_eq!(played.writer.close(LONG), dead);
    }
}

/// Logs while it is written to, as a writer over a network does whose client logs.
struct Chatty(Arc<OnceLock<Writer>>, Arc<Mutex<Vec<u8>>>);

impl Write for Chatty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.1.lock().expect("whole");
        kept.extend_from_slice(bytes);
        let lines = kept.iter().filter(|byte| **byte == b'\n').count();
        drop(kept);
        if let (Some(writer), true) = (self.0.get(), lines < 10) {
            for _ in 0..1000 {
                info(writer, "of the writer's own");
            }
            let own = Err(FlushError::OwnThread { sink: "writer".to_owned() });
            assert_eq!(writer.flush(LONG), own);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn l3_logging_from_inside_a_sink_waits_for_nothing_though_the_queue_is_full() {
    for limits in [Limits::new(2000), Limits::new(2000).lossless()] {
        let (itself, kept) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(Vec::new())));
        let target = Target::Write(Box::new(Chatty(itself.clone(), kept.clone())));
        let open = Open::target(target).expect("it can be opened");
        let writer = Writer::start(open, limits, "firstlight-log", announce(), None);
        itself.set(writer.clone()).expect("once");
        info(&writer, "one");
        while writer.stats().waiting() > 0 {
            writer.flush(LONG).expect("it goes on");
        }
        let stats = writer.stats();
        assert!(stats.dropped() > 0, "{stats:?}");
        assert_eq!((stats.written() + stats.dropped()) % 1000, 1, "none is uncounted: {stats:?}");
        assert!(kept.lock().expect("whole").starts_with(b"one\nof the writer's own\n"));
    }
}

#[test]
fn a_line_is_written_whole_or_not_at_all_however_large() {
    let huge = format!("{}\n", "x".repeat(1 << 20));
    // Larger than the queue: counted.
    let (writer, page) = held_up(Limits::default());
    page.go();
    writer.push(Level::ERROR, huge.as_bytes());
    info(&writer, "after");
    assert_eq!(writer.flush(LONG), Ok(()));
    assert_eq!(page.text(), "first\n<lost 1, failed 0>\nafter\n");
    assert_eq!(writer.stats().dropped_of(Level::ERROR), 1);
    // Lossless: it goes alone.
    let (writer, page) = held_up(Limits::new(1000).lossless());
    page.go();
    writer.push(Level::ERROR, huge.as_bytes());
    info(&writer, "after");
    assert_eq!(writer.flush(LONG), Ok(()));
    assert_eq!(page.text(), format!("first\n{huge}after\n"));
}

#[test]
fn what_was_lost_last_is_told_without_a_line_after_it() {
    let (writer, page) = held_up(Limits::new(200));
    for _ in 0..9 {
        info(&writer, "a line for which there is room once or never");
    }
    page.go();
    assert_eq!(writer.flush(Duration::MAX), Ok(()));
    let lines = page.lines();
    assert_eq!(lines.last().map(String::as_str), Some("<lost 8, failed 0>"), "{lines:?}");
}
