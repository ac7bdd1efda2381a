//! What was before `main`.

use std::process::ExitCode;

use firstlight_log::{Boot, Format, Settings, Sink};
use tracing::Level;

use super::child::{Ran, by_shell, child};

tests![
    a_process_that_was_kept_waiting_before_main_says_so_and_why,
    one_that_was_not_says_so_only_to_who_wants_to_know,
];

pub(crate) fn play(filter: &str) -> ExitCode {
    // However little is kept, this is.
    let log = Boot::new().with_capture(Level::INFO).boot();
    assert!(log.premain().is_some());
    tracing::debug!("not kept");
    let sink = Sink::stdout().with_format(Format::Text);
    log.configure(Settings::new().with_filter(filter).with_sink(sink)).expect("configured");
    ExitCode::SUCCESS
}

#[track_caller]
fn before_main(ran: &Ran) -> Vec<&String> {
    assert!(ran.status.success(), "{ran:#?}");
    assert!(!ran.out.iter().any(|line| line.contains("not kept")), "{ran:#?}");
    ran.out.iter().filter(|line| line.contains("old before main")).collect()
}

fn a_process_that_was_kept_waiting_before_main_says_so_and_why() {
    let ran = by_shell("sleep 1.2; exec \"$0\"", "premain warn").begin().end();
    let [line] = before_main(&ran)[..] else { panic!("{ran:#?}") };
    let (_, said) = line.split_once(" WARN firstlight_log: process was ").expect("a warning");
    let (age, rest) = said.split_once(" s old before main: ").expect("an age");
    assert!((1.2..30.0).contains(&age.parse().expect("seconds")), "{line}");
    let cause = "it was stopped or asleep, or waited for neither CPU nor paging";
    assert!(rest.contains(cause) && rest.contains("span=\"before main\" outcome="), "{line}");
    assert!(rest.contains(" start_ns=0 end_ns=1"), "{line}");
}

fn one_that_was_not_says_so_only_to_who_wants_to_know() {
    let ran = child("premain info");
    assert!(before_main(&ran).is_empty(), "{ran:#?}");
    let ran = child("premain debug");
    let [line] = before_main(&ran)[..] else { panic!("{ran:#?}") };
    assert!(line.contains(" DEBUG firstlight_log: process was "), "{line}");
}
