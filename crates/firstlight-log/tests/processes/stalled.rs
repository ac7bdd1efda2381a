//! Readers that read nothing, or late.

use std::io::Write;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use firstlight_log::{Boot, Booted, Format, Settings, Sink};

use super::accounts::{LINES, log_lines, numbers};
use super::child::{Ran, To, child, scene};

tests![
    l5_finding_6_a_stalled_stdout_ends_no_later_than_the_bound_and_says_what_is_lost,
    l5_a_lock_of_stdout_that_is_never_given_back_stops_nothing,
    where_stderr_stalls_too_nothing_is_said_and_nothing_hangs,
    at_a_bound_of_zero_nothing_is_waited_for,
    a_reader_that_is_late_finds_everything,
    l14_lossless_waits_for_a_reader_that_is_late,
];

static GUARD: OnceLock<Booted> = OnceLock::new();

pub(crate) fn play(part: &str) -> ExitCode {
    let (how, end) = part.split_once(": ").expect("how, and its end");
    let stdout = Sink::stdout().with_format(Format::Text);
    let (bound, sink) = match how {
        "short" | "both" | "locked" => (Duration::from_millis(200), stdout),
        "zero" => (Duration::ZERO, stdout),
        "patient" => (Duration::from_secs(30), stdout.with_capacity(4 << 20)),
        "lossless" => (Duration::from_secs(30), stdout.with_capacity(64 << 10).lossless()),
        unknown => panic!("{unknown}"),
    };
    let log = Boot::new().with_flush_timeout(bound).boot();
    log.configure(Settings::new().with_sink(sink)).expect("configured");
    if how == "both" {
        // What is behind it has no room.
        log.set_sinks([Sink::stdout().with_format(Format::Text), Sink::stderr()])
            .expect("they can be opened");
        while log.stats().sinks.iter().any(|(_, of)| of.waiting() == 0) {
            log_lines();
        }
    }
    if how == "locked" {
        lock_stdout();
    }
    if how == "lossless" {
        say("logs");
    }
    log_lines();
    if how == "patient" {
        say("has logged");
    }
    match end {
        "guard" => {}
        "exit" => firstlight_log::exit(0),
        "panic" => panic!("the end"),
        "static" => GUARD.set(log).expect("once"),
        unknown => panic!("{unknown}"),
    }
    ExitCode::SUCCESS
}

/// Straight to the test: it is not what is tested.
fn say(words: &str) {
    // In one piece: the logger may write to it at the same time.
    std::io::stderr().write_all(format!("{words}\n").as_bytes()).expect("it is read");
}

fn lock_stdout() {
    let (locked, is_locked) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let _lock = std::io::stdout().lock();
        locked.send(()).expect("it waits");
        loop {
            thread::park();
        }
    });
    is_locked.recv().expect("it is locked");
}

#[track_caller]
fn number(text: &str, before: &str) -> usize {
    let (head, _) = text.split_once(before).unwrap_or_else(|| panic!("{before:?} in {text:?}"));
    let (_, number) = head.rsplit_once(' ').expect("a number");
    number.parse().expect("a number")
}

/// What was written, and what it says was not, is all there was.
#[track_caller]
pub(crate) fn tells_what_is_lost(ran: &Ran, lines: usize) {
    let words = ran.says("when the process ended");
    let (waiting, no_room) = (number(words, " lines wait"), number(words, " found no room"));
    assert_eq!(numbers(&ran.out).len() + waiting + no_room, lines, "{words}");
    assert!(ran.took < Duration::from_secs(20), "{:?}", ran.took);
}

fn l5_finding_6_a_stalled_stdout_ends_no_later_than_the_bound_and_says_what_is_lost() {
    for (end, code) in [("guard", 0), ("exit", 0), ("static", 0), ("panic", 101)] {
        let ran = scene(&format!("stalled short: {end}")).out(To::Stalled).begin().end();
        assert_eq!(ran.status.code(), Some(code), "{ran:#?}");
        // A panic is a line too.
        tells_what_is_lost(&ran, LINES + usize::from(end == "panic"));
    }
}

fn l5_a_lock_of_stdout_that_is_never_given_back_stops_nothing() {
    for end in ["guard", "exit"] {
        let ran = child(&format!("stalled locked: {end}"));
        assert!(ran.status.success());
        ran.has_all();
    }
}

fn where_stderr_stalls_too_nothing_is_said_and_nothing_hangs() {
    for end in ["guard", "exit", "static"] {
        let both = scene(&format!("stalled both: {end}")).out(To::Stalled).err(To::Stalled);
        let ran = both.begin().end();
        assert!(ran.status.success(), "{:?}", ran.status);
        ran.count_first();
        ran.never_says("when the process ended");
    }
}

fn at_a_bound_of_zero_nothing_is_waited_for() {
    for end in ["guard", "exit"] {
        let ran = scene(&format!("stalled zero: {end}")).out(To::Stalled).begin().end();
        assert!(ran.status.success());
        ran.count_first();
    }
}

fn a_reader_that_is_late_finds_everything() {
    for end in ["guard", "exit"] {
        let mut late = scene(&format!("stalled patient: {end}")).out(To::Stalled).begin();
        assert_eq!(late.err(), "has logged");
        late.read();
        late.end().has_all();
    }
}

fn l14_lossless_waits_for_a_reader_that_is_late() {
    let mut late = scene("stalled lossless: guard").out(To::Stalled).begin();
    assert_eq!(late.err(), "logs");
    late.read();
    late.end().has_all();
}
