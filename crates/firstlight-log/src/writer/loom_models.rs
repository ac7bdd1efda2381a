//! All interleavings of the few that matter: the queue's lock and the sleep of its thread are the real ones;
//! the thread here keeps what it takes instead of writing it. It takes no naps, which end by themselves. That
//! of two pushes one is first is the lock's own law, and has no model.

use std::sync::Arc;

use loom::thread::{self, JoinHandle};
use tracing::Level;

use super::batch::Batch;
use super::limits::Limits;
use super::queue::Settled;
use super::shared::{Next, Push, Shared};

type Line = &'static [u8];

fn shared() -> Arc<Shared<()>> {
    Arc::new(Shared::new(Limits::new(1000)))
}

fn push(shared: &Shared<()>, line: Line) {
    assert_eq!(shared.push(Level::INFO, line, false, || true), Push::Done);
}

/// What the writer's thread does, until it is told to go; returns what it has written.
fn writing(shared: &Arc<Shared<()>>) -> JoinHandle<Vec<u8>> {
    let shared = shared.clone();
    thread::spawn(move || {
        let mut written = Vec::new();
        let mut batch = Batch::default();
        while shared.next(&mut batch, None, None) == Next::Write {
            written.extend_from_slice(&batch.bytes);
            let (lines, bytes) = (batch.lines.len() as u64, batch.bytes.len() as u64);
            let notes = batch.notes.len() as u64;
            batch.clear(usize::MAX);
            shared.settle(Settled { lines, bytes, notes, ..Settled::default() });
        }
        shared.ended();
        written
    })
}

fn flush(shared: &Shared<()>) {
    let mark = loop {
        match shared.mark() {
            Some(mark) => break mark,
            None => thread::yield_now(),
        }
    };
    while !shared.progress(mark).is_some_and(|progress| progress.settled) {
        thread::yield_now();
    }
}

/// Who polls makes endless interleavings: more than a few switches in the middle of something find nothing
/// new.
fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// The thread may fall asleep at any moment around the push, and nothing else wakes it: if the push does not,
/// that is a deadlock.
#[test]
fn a_line_wakes_the_thread_whatever_it_is_about_to_do() {
    check(|| {
        let shared = shared();
        let takes = shared.clone();
        let takes = thread::spawn(move || {
            let (mut batch, mut lines) = (Batch::default(), 0);
            while lines < 2 {
                assert_eq!(takes.next(&mut batch, None, None), Next::Write);
                lines += batch.lines.len();
                batch.clear(usize::MAX);
            }
        });
        push(&shared, b"a");
        push(&shared, b"b");
        takes.join().expect("no panic");
    });
}

#[test]
fn lines_of_two_threads_are_written_once_each() {
    check(|| {
        let shared = shared();
        let writing = writing(&shared);
        let other = shared.clone();
        let other = thread::spawn(move || push(&other, b"a"));
        push(&shared, b"b");
        other.join().expect("no panic");
        flush(&shared);
        shared.close();
        let mut written = writing.join().expect("no panic");
        written.sort_unstable();
        assert_eq!(written, b"ab");
    });
}

#[test]
fn a_flush_sees_all_that_was_pushed_before_it_written() {
    check(|| {
        let shared = shared();
        let writing = writing(&shared);
        let other = shared.clone();
        let other = thread::spawn(move || push(&other, b"a"));
        push(&shared, b"b");
        flush(&shared);
        assert!(shared.stats().written() >= 1);
        other.join().expect("no panic");
        shared.close();
        assert_eq!(writing.join().expect("no panic").len(), 2);
    });
}

#[test]
fn a_line_against_a_close_is_written_or_counted_and_the_thread_goes() {
    check(|| {
        let shared = shared();
        let writing = writing(&shared);
        let other = shared.clone();
        let other = thread::spawn(move || push(&other, b"a"));
        shared.close();
        other.join().expect("no panic");
        let written = writing.join().expect("no panic").len() as u64;
        let stats = shared.stats();
        assert_eq!((stats.written(), stats.written() + stats.dropped()), (written, 1));
        assert_eq!(stats.waiting(), 0);
    });
}
