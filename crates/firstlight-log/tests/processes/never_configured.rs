//! Nobody configures: not in time, or not before a panic or the end.

use std::io::Write;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use firstlight_log::{Boot, Format, Settings, Sink};

use super::accounts::numbers;
use super::child::{Ran, child, pause, scene};

tests![
    after_the_time_all_goes_to_stderr_under_one_line_and_later_lines_go_there_live,
    a_later_configuration_works_and_tells_nothing_twice,
    without_any_logging_of_the_program_the_line_is_there_too,
    a_program_that_logs_nothing_ends_without_a_word_about_its_logger,
    at_the_end_all_goes_to_stderr_under_one_line,
    a_panic_and_then_the_time_and_the_end_say_it_once,
    a_full_ring_arrives_whole_however_large_its_lines_get,
    a_dependency_that_logs_while_all_is_told_waits_behind,
    a_guard_of_the_second_boot_tells_nothing,
];

/// Longer than the test takes.
const NEVER: Duration = Duration::from_secs(3_600);
const SOON: Duration = Duration::from_millis(30);

fn say(words: &str) {
    writeln!(std::io::stdout(), "{words}").expect("it is read");
}

/// More than the ring holds; each is six times as long when it is told.
fn fill() {
    let hostile = "\u{1}".repeat(200);
    (0..4_000).for_each(|number| match number % 8 {
        0 => tracing::warn!(hostile, "line {number}."),
        1 => tracing::debug!(hostile, "line {number}."),
        _ => tracing::info!(hostile, "line {number}."),
    });
}

pub(crate) fn play(part: &str) -> ExitCode {
    let (when, what) = part.split_once(": ").expect("when, and what");
    let boot = match when {
        "soon" => Boot::new().with_fallback_after(SOON),
        "later" => Boot::new().with_fallback_after(Duration::from_millis(1_500)),
        "never" => Boot::new().with_fallback_after(NEVER),
        unknown => panic!("{unknown}"),
    };
    let log = boot.boot();
    match what {
        "silent" => pause(),
        "mute" => {}
        "live" => {
            let span = tracing::info_span!("start", part = "db");
            span.in_scope(|| tracing::info!("line 0."));
            log::debug!(target: "a_dependency", "line 1.");
            pause();
            span.in_scope(|| tracing::info!("line 2."));
            pause();
            let sink = Sink::stdout().with_format(Format::Text);
            let configured =
                log.configure(Settings::new().with_sink(sink)).expect("it still works");
            assert_eq!(configured.replayed, 0, "it was told: {configured}");
            span.in_scope(|| tracing::info!("line 3."));
            span.record("part", "cache");
        }
        "end" => {
            (0..10).for_each(|number| tracing::info!("line {number}."));
        }
        "panic" => {
            tracing::info!("line 0.");
            let _ = thread::spawn(|| panic!("of a thread")).join();
            tracing::info!("line 1.");
            pause();
            tracing::info!("line 2.");
        }
        "full" => {
            fill();
            say(&format!("evicted {}", log.stats().evicted));
            if when != "never" {
                pause();
            }
        }
        "full, then a panic" => {
            fill();
            say(&format!("evicted {}", log.stats().evicted));
            let _ = thread::spawn(|| panic!("of a thread")).join();
            std::process::abort();
        }
        "busy" => {
            fill();
            let busy = |from: usize| {
                move || (from..from + 500).for_each(|number| tracing::warn!("line {number}."))
            };
            let threads: Vec<_> = [10_000, 20_000].map(|from| thread::spawn(busy(from))).into();
            threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
            say(&format!("evicted {}", log.stats().evicted));
        }
        "second" => {
            tracing::info!("line 0.");
            drop(Boot::new().boot());
            assert_eq!(log.stats().waiting, 3, "what was before main, the boot, and the line");
            let sink = Sink::stdout().with_format(Format::Text);
            log.configure(Settings::new().with_sink(sink)).expect("configured");
            drop(Boot::new().boot());
            tracing::info!("line 1.");
        }
        unknown => panic!("{unknown}"),
    }
    ExitCode::SUCCESS
}

/// Where the one line is, and what it says: how many waited.
#[track_caller]
fn waited(ran: &Ran, why: &str) -> usize {
    let line = ran.says("is not configured");
    assert!(line.contains(&format!("is not configured{why}: the process is ")), "{line}");
    assert!(line.contains("never_configured.rs:"), "it says where it was booted: {line}");
    assert!(line.contains("the first of "), "{line}");
    let (head, _) = line.split_once(" events waited").expect("how many");
    head.rsplit_once(' ').expect("a number").1.parse().expect("a number")
}

fn after_the_time_all_goes_to_stderr_under_one_line_and_later_lines_go_there_live() {
    let mut live = scene("never_configured soon: live").begin();
    let why = live.err();
    assert!(
        why.contains("is not configured: the process is ")
            && why.contains(" s old, 4 events waited"),
        "{why}"
    );
    let early: Vec<_> = (0..4).map(|_| live.err()).collect();
    assert_eq!(numbers(&early), [0, 1], "{early:?}");
    assert!(
        early[2].contains(r#""name":"start","part":"db""#) && early[3].contains("a_dependency"),
        "{early:?}"
    );
    live.go_on();
    let line = live.err();
    assert!(line.contains("line 2.") && line.contains(r#""part":"db""#), "{line}");
    live.go_on();
    let ran = live.end();
    assert!(ran.status.success() && ran.err.is_empty(), "{ran:#?}");
}

fn a_later_configuration_works_and_tells_nothing_twice() {
    let mut live = scene("never_configured soon: live").begin();
    let mut err: Vec<_> = (0..5).map(|_| live.err()).collect();
    live.go_on();
    err.push(live.err());
    live.go_on();
    let ran = live.end();
    err.extend(ran.err.iter().cloned());
    assert_eq!(numbers(&err), [0, 1, 2]);
    assert_eq!(numbers(&ran.out), [3], "{ran:#?}");
    // The span of before is the real one's.
    assert!(
        ran.out.iter().any(|line| line.contains(r#"start{part="db"}: never_configured"#)
            || line.contains("start{part=db}")),
        "{ran:#?}"
    );
}

fn without_any_logging_of_the_program_the_line_is_there_too() {
    let mut silent = scene("never_configured soon: silent").begin();
    let why = silent.err();
    assert!(why.contains("is not configured: the process is "), "{why}");
    silent.go_on();
    silent.end().never_says("is not configured");
}

fn a_program_that_logs_nothing_ends_without_a_word_about_its_logger() {
    let ran = child("never_configured never: mute");
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(ran.err, [""; 0], "it could have been asked for its version");
}

fn at_the_end_all_goes_to_stderr_under_one_line() {
    let ran = child("never_configured never: end");
    assert_eq!(waited(&ran, " when the process exits"), 12);
    assert!(numbers(&ran.err).into_iter().eq(0..10), "{ran:#?}");
    assert!(ran.out.is_empty());
}

fn a_panic_and_then_the_time_and_the_end_say_it_once() {
    let mut child = scene("never_configured later: panic").begin();
    let mut err = Vec::new();
    while !err.last().is_some_and(|line: &String| line.contains("line 1.")) {
        err.push(child.err());
    }
    // Its alarm rings, and has nothing to tell.
    assert_eq!(child.err_within(Duration::from_millis(1_700)), None);
    child.go_on();
    let mut ran = child.end();
    ran.err.splice(0..0, err);
    assert_eq!(waited(&ran, " when a thread panicked"), 3);
    assert_eq!(numbers(&ran.err), [0, 1, 2], "{ran:#?}");
    ran.says("a thread panicked: of a thread");
}

fn a_full_ring_arrives_whole_however_large_its_lines_get() {
    for (role, why) in [
        ("never_configured later: full", ""),
        ("never_configured never: full", " when the process exits"),
        ("never_configured never: full, then a panic", " when a thread panicked"),
    ] {
        let mut child = scene(role).begin();
        let evicted = child.out();
        let mut err = Vec::new();
        if why.is_empty() {
            err.push(child.err());
            while !err.last().is_some_and(|line| line.contains("line 3999.")) {
                err.push(child.err());
            }
            child.go_on();
        }
        let mut ran = child.end();
        ran.err.splice(0..0, err);
        let evicted: usize = evicted.trim_start_matches("evicted ").parse().expect("a number");
        let told = numbers(&ran.err);
        assert_eq!(told.len() + evicted, 4_000, "{role}");
        assert!(told.is_sorted() && evicted > 0, "{role}");
        ran.never_says("are missing here");
        assert!(waited(&ran, why) >= told.len(), "{role}");
        let bytes: usize = ran.err.iter().map(String::len).sum();
        assert!(bytes > 800 * 1024, "more than the queue holds: {bytes}");
    }
}

fn a_dependency_that_logs_while_all_is_told_waits_behind() {
    let ran = child("never_configured soon: busy");
    assert!(ran.status.success());
    let (evicted, told) = (&ran.out[0], numbers(&ran.err));
    let evicted: usize = evicted.trim_start_matches("evicted ").parse().expect("a number");
    assert_eq!(
        told.len() + evicted,
        5_000,
        "{:?}",
        ran.err.iter().filter(|line| line.contains("missing")).collect::<Vec<_>>()
    );
    for from in [10_000, 20_000] {
        let of_thread = told.iter().filter(|number| (from..from + 10_000).contains(*number));
        assert!(of_thread.is_sorted());
    }
}

fn a_guard_of_the_second_boot_tells_nothing() {
    let ran = child("never_configured never: second");
    assert!(ran.status.success(), "{ran:#?}");
    assert_eq!(numbers(&ran.out), [0, 1]);
    assert!(ran.err.is_empty(), "{ran:#?}");
}
