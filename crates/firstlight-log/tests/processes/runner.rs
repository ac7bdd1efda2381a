//! As much of a test harness as these tests need.

use std::env;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

/// A test, and its name.
pub(crate) type Test = (&'static str, fn());

/// The tests of a file, by their names.
macro_rules! tests {
    ($($test:ident,)*) => {
        pub(crate) const TESTS: &[$crate::processes::runner::Test] = &[$((stringify!($test), $test)),*];
    };
}

/// So many at once: mostly they wait for their children.
const WORKERS: usize = 4;

/// Runs those that the command line names, all if it names none; options of the usual harness that mean
/// nothing here are passed over.
pub(crate) fn run(tests: Vec<(String, fn())>) -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let has = |option: &str| words.iter().any(|word| word == option);
    let valued = ["--format", "--test-threads", "--logfile", "--color", "-Z"];
    let is_value = |at: usize| at > 0 && valued.contains(&words[at - 1].as_str());
    let names: Vec<&String> = (0..words.len())
        .filter(|at| !words[*at].starts_with('-') && !is_value(*at))
        .map(|at| &words[at])
        .collect();
    let is_named = |name: &str| match has("--exact") {
        true => names.iter().any(|named| *named == name),
        false => names.is_empty() || names.iter().any(|named| name.contains(named.as_str())),
    };
    // None is ignored.
    let wanted: Vec<_> =
        tests.into_iter().filter(|(name, _)| is_named(name) && !has("--ignored")).collect();
    if has("--list") {
        wanted.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    println!("\nrunning {} tests", wanted.len());
    let (count, queue, failed) =
        (wanted.len(), Mutex::new(wanted.into_iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((name, test)) = next(&queue) {
                    // Under its name, so that its panic says whose it is.
                    let thread =
                        thread::Builder::new().name(name.clone()).spawn(test).expect("a thread");
                    let passed = thread.join().is_ok();
                    println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
                    if !passed {
                        failed.lock().expect("whole").push(name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("whole");
    failed.iter().for_each(|name| println!("failed: {name}"));
    let (words, code) =
        if failed.is_empty() { ("ok", ExitCode::SUCCESS) } else { ("FAILED", ExitCode::from(101)) };
    println!("\ntest result: {words}. {} passed; {} failed\n", count - failed.len(), failed.len());
    code
}

fn next<T>(queue: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    queue.lock().expect("whole").next()
}
