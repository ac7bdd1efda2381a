//! Panics where a hook has little to stand on.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{ExitCode, abort};
use std::sync::{Arc, Mutex};

use firstlight_log::{Format, Settings, Sink};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::accounts::log_lines;
use super::child::{Ran, child};

tests![
    l11_a_panic_while_panicking_is_told_before_the_process_aborts,
    l11_a_layer_that_panics_in_the_hook_has_all_written_before,
    l11_a_panic_under_the_locks_of_stdout_and_stderr_is_told,
    l11_a_panic_under_a_lock_that_a_sink_needs_waits_no_longer_than_the_bound,
    a_value_that_panics_when_it_is_shown_stops_no_other_line,
    a_panic_before_anybody_configures_tells_what_waits,
];

pub(crate) fn play(part: &str) -> ExitCode {
    let log = firstlight_log::boot();
    let text = || Settings::new().with_sink(Sink::stdout().with_format(Format::Text));
    let lock = Arc::new(Mutex::new(()));
    match part {
        "before anybody configures" => {
            tracing::info!("early");
            let _ = catch_unwind(|| panic!("one"));
            let _ = catch_unwind(|| panic!("two"));
            abort();
        }
        "shown early" => {
            tracing::info!("before.");
            let _ = catch_unwind(|| tracing::info!(bad = ?Bad, "bad."));
            tracing::info!("after.");
            log.configure(text()).expect("configured");
            return ExitCode::SUCCESS;
        }
        "a layer" => {
            let settings = text().with_layer(Touchy);
            log.configure(settings).expect("configured");
        }
        "a sink's lock" => {
            let stuck = Stuck(Arc::clone(&lock));
            log.configure(text().with_sink(Sink::writer(stuck))).expect("configured");
        }
        _ => drop(log.configure(text()).expect("configured")),
    }
    match part {
        "while panicking" => {
            log_lines();
            let _second = Second;
            panic!("the first");
        }
        "a layer" => {
            log_lines();
            panic!("the first");
        }
        "streams" => {
            log_lines();
            let (_out, _err) = (std::io::stdout().lock(), std::io::stderr().lock());
            let _ = catch_unwind(|| panic!("under locks"));
            abort();
        }
        "a sink's lock" => {
            let _held = lock.lock();
            log_lines();
            let _ = catch_unwind(AssertUnwindSafe(|| panic!("under a lock")));
            abort();
        }
        "shown" => {
            tracing::info!("before.");
            let _ = catch_unwind(|| tracing::info!(bad = ?Bad, "bad."));
            tracing::info!("after.");
        }
        unknown => panic!("{unknown}"),
    }
    ExitCode::SUCCESS
}

struct Second;

impl Drop for Second {
    fn drop(&mut self) {
        panic!("the second");
    }
}

struct Bad;

impl fmt::Debug for Bad {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("not to be shown");
    }
}

/// Panics when it hears of an error.
struct Touchy;

impl<S: Subscriber> Layer<S> for Touchy {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        assert_ne!(*event.metadata().level(), Level::ERROR, "touchy");
    }
}

/// Writes under a lock of the user's.
struct Stuck(Arc<Mutex<()>>);

impl std::io::Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _held = self.0.lock();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Ends without a code, and has written every line.
#[track_caller]
fn aborted(part: &str) -> Ran {
    let ran = child(&format!("panics {part}"));
    assert_eq!(ran.status.code(), None, "{ran:#?}");
    ran.has_all();
    ran
}

#[track_caller]
fn told(lines: &[String], words: &str) -> usize {
    let at = lines.iter().position(|line| line.contains(words));
    at.unwrap_or_else(|| panic!("{words:?} in {:?}", &lines[lines.len().saturating_sub(5)..]))
}

fn l11_a_panic_while_panicking_is_told_before_the_process_aborts() {
    let ran = aborted("while panicking");
    assert!(
        told(&ran.out, "a thread panicked: the first")
            < told(&ran.out, "a thread panicked: the second")
    );
}

fn l11_a_layer_that_panics_in_the_hook_has_all_written_before() {
    let ran = aborted("a layer");
    told(&ran.err, "the first");
}

fn l11_a_panic_under_the_locks_of_stdout_and_stderr_is_told() {
    told(&aborted("streams").out, "a thread panicked: under locks");
}

fn l11_a_panic_under_a_lock_that_a_sink_needs_waits_no_longer_than_the_bound() {
    told(&aborted("a sink's lock").out, "a thread panicked: under a lock");
}

fn a_value_that_panics_when_it_is_shown_stops_no_other_line() {
    for part in ["shown early", "shown"] {
        let ran = child(&format!("panics {part}"));
        assert!(ran.status.success(), "{ran:#?}");
        // A panic before anybody configures sends all to stderr.
        let lines = if part == "shown" { &ran.out } else { &ran.err };
        let panic = told(lines, "a thread panicked: not to be shown");
        let bad = told(lines, "[panicked]");
        let order = [told(lines, "before."), panic, told(lines, "after.")];
        assert!(order.is_sorted() && lines[bad].contains("bad."), "{ran:#?}");
    }
}

fn a_panic_before_anybody_configures_tells_what_waits() {
    let ran = child("panics before anybody configures");
    let why = ran.says("is not configured when a thread panicked");
    assert!(why.contains("panics.rs:"), "it says where it was booted: {why}");
    for words in ["\"early\"", "a thread panicked: one", "a thread panicked: two"] {
        ran.says(words);
    }
}
