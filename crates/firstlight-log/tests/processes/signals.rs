//! SIGTERM, asked for and not.

use std::io::Write;
use std::process::ExitCode;

/// Whether this process has said what SIGTERM is to do: bit 14 of the signals that are caught or ignored.
fn disposes() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("it is there");
    let set = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("it is there");
        u64::from_str_radix(line.trim(), 16).expect("a number")
    };
    (set("SigCgt:") | set("SigIgn:")) & (1 << 14) != 0
}

fn say(words: &str) {
    // In one piece: the logger may write to it at the same time.
    std::io::stderr().write_all(format!("{words}\n").as_bytes()).expect("it is read");
}

#[cfg(not(feature = "signal"))]
pub(crate) use without::{TESTS, play};

#[cfg(feature = "signal")]
pub(crate) use with::{TESTS, play};

/// What holds in either build: nothing is done about a signal that nobody has asked for.
fn untouched() -> ExitCode {
    use firstlight_log::Settings;

    assert!(!disposes());
    let log = firstlight_log::boot();
    log.configure(Settings::new()).expect("configured");
    assert!(!disposes(), "a library changes no disposition by itself");
    say("untouched");
    wait_for_ever()
}

/// A signal ends it, or the test's patience.
fn wait_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}

fn a_library_changes_no_disposition_by_itself() {
    use std::os::unix::process::ExitStatusExt;

    use rustix::process::Signal;

    use super::child::scene;

    let mut child = scene("signals untouched").begin();
    while child.err() != "untouched" {}
    child.kill(Signal::TERM);
    let ran = child.end();
    assert_eq!(ran.status.signal(), Some(15), "{ran:#?}");
}

#[cfg(not(feature = "signal"))]
mod without {
    use super::{ExitCode, a_library_changes_no_disposition_by_itself, untouched};

    tests![a_library_changes_no_disposition_by_itself,];

    pub(crate) fn play(_: &str) -> ExitCode {
        untouched()
    }
}

#[cfg(feature = "signal")]
mod with {
    use std::os::unix::process::ExitStatusExt;
    use std::time::Duration;

    use firstlight_log::{Boot, Format, Settings, Sink};
    use rustix::process::Signal;

    use super::super::accounts::{LINES, log_lines};
    use super::super::child::{Child, To, scene};
    use super::super::stalled::tells_what_is_lost;
    use super::*;

    tests![
        a_library_changes_no_disposition_by_itself,
        on_sigterm_every_line_is_there_and_the_status_says_signal_15,
        sigterm_before_anybody_configures_tells_what_waits,
        sigterm_with_a_stalled_reader_ends_no_later_than_the_bound,
        it_is_asked_for_once_however_often_and_has_one_thread,
        what_a_second_sigterm_finds_is_the_first,
    ];

    pub(crate) fn play(part: &str) -> ExitCode {
        let bound =
            if part == "stalled" { Duration::from_millis(200) } else { Duration::from_secs(30) };
        if part == "untouched" {
            return untouched();
        }
        let log = Boot::new().with_flush_timeout(bound).boot();
        log.flush_on_sigterm().expect("it can be caught");
        if part == "again" {
            log.flush_on_sigterm().expect("again");
            firstlight_log::logger().expect("booted").flush_on_sigterm().expect("and again");
        }
        assert!(disposes());
        if part != "early" {
            let sink = Sink::stdout().with_format(Format::Text);
            log.configure(Settings::new().with_sink(sink)).expect("configured");
            log_lines();
        } else {
            tracing::info!("line 0.");
        }
        let count = || {
            super::super::boot::threads().iter().filter(|name| *name == "firstlight-term").count()
        };
        // A thread gives itself its name.
        while count() == 0 {
            std::thread::yield_now();
        }
        say(&format!("{} for signals", count()));
        wait_for_ever()
    }

    fn ready(part: &str, out: To) -> Child {
        let mut child = scene(&format!("signals {part}")).out(out).begin();
        assert_eq!(child.err(), "1 for signals");
        child
    }

    fn on_sigterm_every_line_is_there_and_the_status_says_signal_15() {
        let child = ready("all", To::Reader);
        child.kill(Signal::TERM);
        let ran = child.end();
        assert_eq!(ran.status.signal(), Some(15), "{ran:#?}");
        ran.has_all();
        assert!(ran.err.is_empty(), "{ran:#?}");
    }

    fn it_is_asked_for_once_however_often_and_has_one_thread() {
        let child = ready("again", To::Reader);
        child.kill(Signal::TERM);
        let ran = child.end();
        assert_eq!(ran.status.signal(), Some(15), "{ran:#?}");
        ran.has_all();
    }

    fn sigterm_before_anybody_configures_tells_what_waits() {
        let child = ready("early", To::Reader);
        child.kill(Signal::TERM);
        let ran = child.end();
        assert_eq!(ran.status.signal(), Some(15), "{ran:#?}");
        ran.says("is not configured when the process exits");
        ran.says("line 0.");
    }

    fn sigterm_with_a_stalled_reader_ends_no_later_than_the_bound() {
        let child = ready("stalled", To::Stalled);
        child.kill(Signal::TERM);
        let ran = child.end();
        assert_eq!(ran.status.signal(), Some(15), "{ran:#?}");
        tells_what_is_lost(&ran, LINES);
    }

    /// The first one waits for a reader that is late; the second does not cut that short.
    fn what_a_second_sigterm_finds_is_the_first() {
        let mut child = ready("late", To::Stalled);
        child.kill(Signal::TERM);
        child.kill(Signal::TERM);
        child.read();
        let ran = child.end();
        assert_eq!(ran.status.signal(), Some(15), "{ran:#?}");
        assert!(ran.count_first() > 0);
    }
}
