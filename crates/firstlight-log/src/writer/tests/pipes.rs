use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use tracing::Level;

use super::rig::{LONG, info, pipe, start};
use crate::writer::{FlushError, Limits, Target, Writer};

fn piped(limits: Limits) -> (Writer, File) {
    let (reader, writer) = pipe();
    (start(Target::Fd(writer), limits), reader)
}

fn dead(kind: ErrorKind) -> Result<(), FlushError> {
    Err(FlushError::Dead { sink: "descriptor".to_owned(), kind })
}

/// Reads all to the end: the numbers of the lines, and how many are told to be lost, each where it stands.
fn read(reader: impl Read) -> Vec<Result<u64, u64>> {
    let line = |line: Result<String, _>| {
        let line = line.expect("text");
        match line.strip_prefix("<lost ") {
            Some(lost) => Err(lost.split(',').next().expect("one").parse().expect("a number")),
            None => Ok(line.split(' ').next().expect("one").parse().expect("a number")),
        }
    };
    BufReader::new(reader).lines().map(line).collect()
}

/// Every number comes once and in order, or is told to be missing exactly where it is.
#[track_caller]
fn assert_complete(lines: &[Result<u64, u64>], all: u64) {
    let mut next = 0;
    for line in lines {
        match line {
            Ok(number) => {
                assert_eq!(*number, next, "out of order, or missing in silence");
                next += 1;
            }
            Err(lost) => next += lost,
        }
    }
    assert_eq!(next, all);
}

#[test]
fn l5_l14_a_stalled_reader_stalls_nobody_and_every_gap_is_told_where_it_is() {
    const LINES: u64 = 50_000;
    let (writer, reader) = piped(Limits::default());
    let text = "x".repeat(60);
    for number in 0..LINES {
        info(&writer, &format!("{number} {text}"));
    }
    let Err(FlushError::TimedOut { sink, lines, bytes }) = writer.flush(Duration::from_millis(30))
    else {
        panic!("nobody has read it")
    };
    let stats = writer.stats();
    assert!(stats.dropped() > 0);
    assert_eq!((sink.as_str(), lines), ("descriptor", stats.waiting()));
    assert!(bytes > 0 && bytes <= Limits::default().capacity as u64, "{bytes}");
    assert_eq!(stats.written() + stats.dropped() + stats.waiting(), LINES);
    let reading = thread::spawn(move || read(reader));
    assert_eq!(writer.flush(LONG), Ok(()));
    info(&writer, &format!("{LINES} the last"));
    assert_eq!(writer.close(LONG), Ok(()));
    drop(writer);
    let read = reading.join().expect("no panic");
    assert!(read.iter().any(Result::is_err), "a gap");
    assert_complete(&read, LINES + 1);
}

#[test]
fn l14_a_lossless_one_waits_for_a_slow_reader_and_loses_nothing() {
    const LINES: u64 = 5_000;
    let (writer, mut reader) = piped(Limits::new(1000).lossless());
    let writing = thread::spawn(move || {
        for number in 0..LINES {
            info(&writer, &format!("{number} {}", "y".repeat(number as usize % 3000)));
        }
        writer.close(LONG).expect("read to the end");
        assert_eq!(writer.stats().dropped(), 0);
    });
    // A slow one: a little at a time.
    let mut all = Vec::new();
    let mut little = [0; 700];
    loop {
        match reader.read(&mut little).expect("a pipe") {
            0 => break,
            read => all.extend_from_slice(&little[..read]),
        }
        thread::yield_now();
    }
    writing.join().expect("no panic");
    let read = read(&all[..]);
    assert_eq!(read.len() as u64, LINES);
    assert_complete(&read, LINES);
}

#[test]
fn l5_after_the_reader_has_gone_lines_are_counted_and_nothing_panics() {
    for lossless in [false, true] {
        let (writer, reader) = piped(Limits { lossless, ..Limits::new(1000) });
        drop(reader);
        info(&writer, "one");
        assert_eq!(writer.flush(LONG), dead(ErrorKind::BrokenPipe));
        for _ in 0..1000 {
            info(&writer, "to nobody");
        }
        let stats = writer.stats();
        assert_eq!((stats.written(), stats.failed(), stats.dropped()), (0, 1, 1000));
        assert_eq!((stats.waiting(), stats.is_dead()), (0, true));
        assert_eq!(writer.flush(Duration::ZERO), dead(ErrorKind::BrokenPipe));
        assert_eq!(writer.close(LONG), dead(ErrorKind::BrokenPipe));
    }
}

#[test]
fn a_reader_that_goes_while_it_stalls_frees_a_lossless_one() {
    let (writer, reader) = piped(Limits::new(1000).lossless());
    let pushing = writer.clone();
    let pushing = thread::spawn(move || {
        while !pushing.stats().is_dead() {
            info(&pushing, &"z".repeat(500));
        }
    });
    // It is full, as far as a pipe and two buffers go.
    while writer.stats().written() < 100 {
        thread::yield_now();
    }
    drop(reader);
    pushing.join().expect("no panic");
    assert_eq!(writer.flush(LONG), dead(ErrorKind::BrokenPipe));
}

#[test]
fn a_descriptor_that_cannot_be_written_to_is_dead() {
    let null = File::open("/dev/null").expect("to read");
    let writer = start(Target::Fd(null.into()), Limits::default());
    info(&writer, "one");
    assert!(matches!(writer.flush(LONG), Err(FlushError::Dead { .. })));
    info(&writer, "two");
    let stats = writer.stats();
    assert_eq!((stats.failed(), stats.dropped()), (1, 1));
}

#[test]
fn l6_a_description_that_others_share_stays_as_it_is_blocking_or_not() {
    for nonblocking in [false, true] {
        let (mut reader, writer) = pipe();
        let theirs = writer.try_clone().expect("a descriptor");
        let flags = fcntl_getfl(&theirs).expect("flags");
        let flags = if nonblocking { flags | OFlags::NONBLOCK } else { flags };
        fcntl_setfl(&theirs, flags).expect("flags");
        let ours = start(Target::Fd(writer), Limits::new(1 << 20));
        for number in 0..5000 {
            info(&ours, &format!("{number} {}", "x".repeat(100)));
        }
        assert!(matches!(ours.flush(Duration::from_millis(30)), Err(FlushError::TimedOut { .. })));
        assert_eq!(fcntl_getfl(theirs.as_fd()).expect("flags"), flags);
        drop(theirs);
        let reading = thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).expect("a pipe");
            all
        });
        assert_eq!(ours.flush(LONG), Ok(()), "nonblocking: {nonblocking}");
        assert_eq!(ours.stats().failed(), 0);
        drop(ours);
        let read = read(&reading.join().expect("no panic")[..]);
        assert_eq!(read.len(), 5000);
        assert_complete(&read, 5000);
    }
}

#[test]
fn lines_of_two_who_share_a_pipe_are_not_mixed() {
    let (reader, ours) = pipe();
    let theirs = ours.try_clone().expect("a descriptor");
    let pushing = [("a", ours), ("b", theirs)].map(|(name, fd)| {
        thread::spawn(move || {
            let writer = start(Target::Fd(fd), Limits::default().lossless());
            for number in 0_usize..2000 {
                info(&writer, &name.repeat(1 + number * 7 % 4000));
            }
            writer.close(LONG).expect("it is read");
        })
    });
    let lines: Vec<_> = BufReader::new(reader).lines().map(|line| line.expect("text")).collect();
    for pushing in pushing {
        pushing.join().expect("no panic");
    }
    assert_eq!(lines.len(), 4000);
    for name in ["a", "b"] {
        let lens = lines.iter().filter(|line| line.starts_with(name));
        let lens: Vec<_> = lens.map(|line| line.matches(name).count()).collect();
        let pushed: Vec<_> = (0_usize..2000).map(|number| 1 + number * 7 % 4000).collect();
        assert_eq!(lens, pushed);
    }
}

#[test]
fn a_line_larger_than_a_pipe_arrives() {
    let (writer, mut reader) = piped(Limits::new(4 << 20));
    let line = "x".repeat(1 << 20);
    info(&writer, &line);
    let reading = thread::spawn(move || {
        let mut all = String::new();
        reader.read_to_string(&mut all).expect("text");
        all
    });
    writer.close(LONG).expect("it is read");
    drop(writer);
    assert_eq!(reading.join().expect("no panic"), line + "\n");
}

#[test]
fn warnings_have_room_that_info_cannot_take() {
    let (writer, reader) = piped(Limits::default());
    for number in 0..50_000 {
        info(&writer, &format!("{number} {}", "x".repeat(60)));
    }
    let dropped = writer.stats().dropped_of(Level::INFO);
    assert!(dropped > 0);
    for _ in 0..200 {
        writer.push(Level::WARN, b"a warning\n");
        writer.push(Level::ERROR, b"an error\n");
    }
    let stats = writer.stats();
    assert_eq!((stats.dropped_of(Level::WARN), stats.dropped_of(Level::ERROR)), (0, 0));
    let reading = thread::spawn(move || {
        BufReader::new(reader)
            .lines()
            .filter(|line| line.as_deref().unwrap().starts_with('a'))
            .count()
    });
    writer.close(LONG).expect("it is read");
    drop(writer);
    assert_eq!(reading.join().expect("no panic"), 400);
}
