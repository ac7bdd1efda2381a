//! What the crate does in real processes: how they begin, and each way in which they end.
//!
//! These need a `main` of their own, so this target has no test harness: `runner` stands for it. With a role
//! in its environment the program is the child of a test, and plays that.

use std::process::ExitCode;

#[cfg(unix)]
mod processes {
    #[macro_use]
    mod runner;
    mod accounts;
    mod boot;
    mod child;
    mod exits;
    mod faults;
    mod fork;
    mod hand_over;
    mod never_configured;
    mod panics;
    mod premain;
    mod signals;
    mod stalled;
    mod survival;

    use std::process::ExitCode;

    type File = (&'static str, &'static [runner::Test], fn(&str) -> ExitCode);

    /// Each file: its name, its tests, and what children play for it.
    const FILES: &[File] = &[
        ("boot", boot::TESTS, boot::play),
        ("exits", exits::TESTS, survival::play),
        ("faults", faults::TESTS, faults::play),
        ("fork", fork::TESTS, fork::play),
        ("hand_over", hand_over::TESTS, hand_over::play),
        ("never_configured", never_configured::TESTS, never_configured::play),
        ("panics", panics::TESTS, panics::play),
        ("premain", premain::TESTS, premain::play),
        ("signals", signals::TESTS, signals::play),
        ("stalled", stalled::TESTS, stalled::play),
    ];

    pub(super) fn main() -> ExitCode {
        let Some(role) = child::role() else {
            let named = |(file, tests, _): &File| {
                let file = *file;
                tests.iter().map(move |(name, test)| (format!("{file}::{name}"), *test))
            };
            return runner::run(FILES.iter().flat_map(named).collect());
        };
        let (file, part) = role.split_once(' ').expect("a file and a part");
        let (.., play) = FILES.iter().find(|(name, ..)| *name == file).expect("a file");
        play(part)
    }
}

fn main() -> ExitCode {
    #[cfg(unix)]
    return processes::main();
    #[cfg(not(unix))]
    ExitCode::SUCCESS
}
