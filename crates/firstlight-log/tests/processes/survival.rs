//! The program that logs 5 000 lines and ends in one way or another.

use std::panic::catch_unwind;
use std::process::{ExitCode, abort, exit};
use std::sync::OnceLock;
use std::thread;

use firstlight_log::{Booted, Format, Settings, Sink};

use super::accounts::log_lines;

static GUARD: OnceLock<Booted> = OnceLock::new();

pub(crate) fn play(end: &str) -> ExitCode {
    if end == "a panic, with a hook of the user's" {
        std::panic::set_hook(Box::new(|_| {
            tracing::info!("by the user's hook");
            eprintln!("by the user's hook");
        }));
    }
    let log = firstlight_log::boot();
    let sink = Sink::stdout().with_format(Format::Text);
    log.configure(Settings::new().with_sink(sink)).expect("configured");
    if end == "a guard that goes before the lines" {
        drop(log);
        log_lines();
        return ExitCode::SUCCESS;
    }
    log_lines();
    match end {
        "a return of main" => {}
        "a code of main" => return ExitCode::from(7),
        "firstlight_log::exit" => firstlight_log::exit(3),
        "firstlight_log::exit in a thread" => join(|| firstlight_log::exit(3)),
        "a panic" | "a panic, with a hook of the user's" => panic!("the end"),
        // What the hook has not seen to is lost.
        "a panic in a thread" => {
            join(|| panic!("of a thread"));
            abort();
        }
        "a panic that is caught" => {
            let _ = catch_unwind(|| panic!("caught"));
            abort();
        }
        "a guard in a static" => GUARD.set(log).expect("once"),
        "a guard that is forgotten" => std::mem::forget(log),
        "process::exit" => exit(3),
        "process::exit in a thread" => join(|| exit(3)),
        "abort" => abort(),
        unknown => panic!("no such end: {unknown}"),
    }
    ExitCode::SUCCESS
}

/// Runs something on a thread, whatever becomes of it.
fn join(what: impl FnOnce() + Send + 'static) {
    let _ = thread::spawn(what).join();
}
