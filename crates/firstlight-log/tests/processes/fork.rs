//! A child of a fork, which has no thread that writes.

use std::process::ExitCode;
use std::time::Duration;

use firstlight_log::{Format, Settings, Sink};
use fork::{Fork, fork, waitpid};

use super::accounts::numbers;
use super::child::child;

tests![
    l10_what_a_forked_child_logs_arrives_and_nothing_is_doubled,
    l10_a_child_that_is_forked_before_anybody_configures_does_not_tell_what_is_its_parents,
];

pub(crate) fn play(part: &str) -> ExitCode {
    let log = firstlight_log::boot();
    let settings = || Settings::new().with_sink(Sink::stdout().with_format(Format::Text));
    let (when, end) = part.split_once(": ").expect("when, and how the child ends");
    if when != "early" {
        log.configure(settings()).expect("configured");
    }
    (0..100).for_each(|number| tracing::info!("line {number}."));
    if when == "quiet" {
        log.flush(Duration::from_secs(30)).expect("written");
    }
    match fork().expect("a fork") {
        Fork::Child => {
            (200..300).for_each(|number| tracing::info!("line {number}."));
            match end {
                "exit" => firstlight_log::exit(0),
                "guard" => {}
                "process::exit" => std::process::exit(0),
                "panic" => {
                    let _ = std::thread::spawn(|| panic!("in the child")).join();
                }
                "configures" => drop(log.configure(settings()).expect("configured")),
                unknown => panic!("{unknown}"),
            }
        }
        Fork::Parent(child) => {
            assert_eq!(waitpid(child).expect("its end"), 0, "the child failed");
            (100..200).for_each(|number| tracing::info!("line {number}."));
        }
    }
    ExitCode::SUCCESS
}

#[track_caller]
fn each_once(mut numbers: Vec<usize>, part: &str) {
    numbers.sort_unstable();
    let missing: Vec<_> = (0..300).filter(|number| !numbers.contains(number)).collect();
    assert!(
        numbers.iter().copied().eq(0..300),
        "{part}: {} lines, missing {missing:?}",
        numbers.len()
    );
}

fn l10_what_a_forked_child_logs_arrives_and_nothing_is_doubled() {
    for end in ["exit", "guard", "process::exit", "panic"] {
        let ran = child(&format!("fork quiet: {end}"));
        assert!(ran.status.success(), "{ran:#?}");
        each_once(numbers(&ran.out), end);
        // A fork in the middle of a write costs some of the child's first lines, and none of the parent's.
        let ran = child(&format!("fork busy: {end}"));
        let mut told = numbers(&ran.out);
        told.sort_unstable();
        assert!(told.windows(2).all(|two| two[0] < two[1]), "{end}: doubled");
        assert!(
            told.iter().take(200).copied().eq(0..200) && told.len() >= 268,
            "{end}: {}",
            told.len()
        );
        assert_eq!(told.last(), Some(&299), "{end}");
    }
}

fn l10_a_child_that_is_forked_before_anybody_configures_does_not_tell_what_is_its_parents() {
    for end in ["exit", "guard", "process::exit", "panic", "configures"] {
        let ran = child(&format!("fork early: {end}"));
        assert!(ran.status.success(), "{ran:#?}");
        each_once(numbers(ran.out.iter().chain(&ran.err)), end);
    }
}
