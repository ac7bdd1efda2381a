use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use super::rig::{LONG, Page, info, start};
use crate::writer::Limits;

const THREADS: usize = 8;
const LINES: usize = 5000;

fn from_all_threads(limits: Limits) -> (Vec<String>, u64) {
    let page = Page::default();
    let writer = start(page.target(), limits);
    let barrier = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (writer, barrier) = (writer.clone(), barrier.clone());
            thread::spawn(move || {
                barrier.wait();
                for number in 0..LINES {
                    info(&writer, &format!("{thread} {number}"));
                    if number % 1000 == 0 {
                        writer.flush(LONG).expect("written");
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    writer.close(LONG).expect("written");
    let stats = writer.stats();
    assert_eq!(stats.written() + stats.dropped(), (THREADS * LINES) as u64);
    (page.lines(), stats.dropped())
}

#[test]
fn of_many_threads_no_line_is_lost_doubled_or_reordered() {
    for limits in [Limits::new(8 << 20), Limits::new(2000).lossless()] {
        let (lines, dropped) = from_all_threads(limits);
        assert_eq!((lines.len(), dropped), (THREADS * LINES, 0));
        let mut next = [0; THREADS];
        for line in lines {
            let (thread, number) = line.split_once(' ').expect("two");
            let next = &mut next[thread.parse::<usize>().expect("a number")];
            assert_eq!(number, next.to_string());
            *next += 1;
        }
    }
}

#[test]
fn of_many_threads_what_is_lost_is_told() {
    let (lines, dropped) = from_all_threads(Limits::new(2000));
    let told = lines.iter().filter_map(|line| line.strip_prefix("<lost ")?.split_once(','));
    assert_eq!(told.map(|(lost, _)| lost.parse::<u64>().expect("a number")).sum::<u64>(), dropped);
}

#[test]
fn lines_that_come_while_the_thread_naps_or_sleeps_are_written_without_a_flush() {
    let page = Page::default();
    let writer = start(page.target(), Limits::default());
    for lines in 1..50 {
        info(&writer, "one");
        page.until_lines(lines);
        // Now and then long enough for it to fall asleep.
        if lines % 10 == 0 {
            crate::writer::pause::rest(Duration::from_millis(3));
        }
    }
}
