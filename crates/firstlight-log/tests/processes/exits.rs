//! Each way in which a process ends, and what is left of 5 000 lines.

use super::accounts::LINES;
use super::child::{Ran, child};

tests![
    every_line_is_there_however_the_process_ends,
    l13_a_guard_in_a_static_or_forgotten_loses_nothing,
    l11_the_hook_that_was_there_before_is_called_first,
    what_is_left_where_nothing_is_promised,
];

#[track_caller]
fn ended(end: &str) -> Ran {
    child(&format!("exits {end}"))
}

#[track_caller]
fn ends_whole(end: &str, code: i32) -> Ran {
    let ran = ended(end);
    assert_eq!(ran.status.code(), Some(code), "{end}: {ran:#?}");
    ran.has_all();
    ran
}

fn every_line_is_there_however_the_process_ends() {
    for (end, code) in [
        ("a return of main", 0),
        ("a code of main", 7),
        ("firstlight_log::exit", 3),
        ("firstlight_log::exit in a thread", 3),
        ("a panic", 101),
    ] {
        let ran = ends_whole(end, code);
        let is_panic = end == "a panic";
        assert_eq!(
            ran.out.iter().any(|line| line.contains("a thread panicked: the end")),
            is_panic
        );
        assert_eq!(
            ran.err.is_empty(),
            !is_panic,
            "nothing is said where nothing is lost: {ran:#?}"
        );
    }
    for end in ["a panic in a thread", "a panic that is caught"] {
        // It is aborted after the panic: that alone has seen to the lines.
        ended(end).has_all();
    }
}

fn l13_a_guard_in_a_static_or_forgotten_loses_nothing() {
    for end in
        ["a guard in a static", "a guard that is forgotten", "a guard that goes before the lines"]
    {
        ends_whole(end, 0);
    }
}

fn l11_the_hook_that_was_there_before_is_called_first() {
    let ran = ends_whole("a panic, with a hook of the user's", 101);
    assert_eq!(ran.err, ["by the user's hook"]);
    let last: Vec<_> = ran.out[ran.out.len() - 2..].iter().map(String::as_str).collect();
    assert!(last[0].contains("by the user's hook"), "{last:?}");
    assert!(last[1].contains("a thread panicked: the end"), "{last:?}");
}

/// Best effort, measured: the main thread's locals go with a `process::exit` of its own; an abort leaves what
/// was written.
fn what_is_left_where_nothing_is_promised() {
    for (end, code) in
        [("process::exit", Some(3)), ("process::exit in a thread", Some(3)), ("abort", None)]
    {
        let ran = ended(end);
        assert_eq!(ran.status.code(), code);
        let kept = ran.count_first();
        println!("{end}: {kept} of {LINES} lines");
        let is_kept = cfg!(target_os = "linux") && end == "process::exit";
        assert!(kept == LINES || !is_kept, "{kept}");
    }
}
