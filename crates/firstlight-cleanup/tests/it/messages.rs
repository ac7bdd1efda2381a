use std::time::Duration;

use firstlight_cleanup::{
    Certainty, Cleanup, Failure, Janitor, Key, Outcome, Reason, Settings, State,
};

#[test]
fn names_are_the_same_in_text_and_in_json() {
    let outcomes = [
        (Outcome::Completed, "completed", true),
        (Outcome::Rescued, "rescued", true),
        (Outcome::TimedOut, "timed-out", false),
        (Outcome::Failed, "failed", false),
        (Outcome::Panicked, "panicked", false),
        (Outcome::Interrupted, "interrupted", false),
        (Outcome::Lost, "lost", false),
        (Outcome::Superseded, "superseded", true),
        (Outcome::Overflowed, "overflowed", false),
    ];
    for (outcome, name, clean) in outcomes {
        assert_eq!((outcome.as_str(), outcome.is_clean()), (name, clean));
        assert_eq!(outcome.to_string(), name);
        assert_eq!(serde_json::to_value(outcome).unwrap(), name);
        assert_eq!(State::Ended(outcome).to_string(), name);
        assert_eq!(serde_json::to_value(State::Ended(outcome)).unwrap(), name);
    }
    let states = [
        (State::Armed, "armed"),
        (State::Delayed, "delayed"),
        (State::Queued, "queued"),
        (State::Running, "running"),
    ];
    for (state, name) in states {
        assert_eq!((state.as_str(), state.to_string().as_str()), (name, name));
        assert_eq!(serde_json::to_value(state).unwrap(), name);
    }
    let reasons = [
        (Reason::Finished, "finished"),
        (Reason::Panicked, "panicked"),
        (Reason::Cancelled, "cancelled"),
        (Reason::Shutdown, "shutdown"),
        (Reason::Dropped, "dropped"),
    ];
    for (reason, name) in reasons {
        assert_eq!((reason.as_str(), format!("{reason:>9}")), (name, format!("{name:>9}")));
        assert_eq!(serde_json::to_value(reason).unwrap(), name);
    }
    assert_eq!(serde_json::to_value([Certainty::Yes, Certainty::Maybe]).unwrap()[1], "maybe");
}

#[test]
fn texts_are_bounded_and_on_one_line() {
    assert_eq!(Key::from("a\nb\u{2028}c").to_string(), "a b c");
    assert_eq!(Key::from("x".repeat(128)).to_string(), "x".repeat(128));
    assert_eq!(Key::from("x".repeat(129)).to_string(), format!("{}…", "x".repeat(128)));
    assert_eq!(Key::from("é".repeat(100)).to_string(), format!("{}…", "é".repeat(64)));
    assert_eq!(Key::from("a\nb").as_str(), "a\nb", "it is shown so, and compared as it is");
    assert_eq!(Failure::retry("a\r\nb").to_string(), "a  b");
    assert_eq!(Failure::retry("").to_string(), "an error without a text");
    assert_eq!(Failure::fatal("é".repeat(1_000)).to_string(), "é".repeat(256));
}

#[test]
fn what_is_shown_for_debugging_names_who_it_is() {
    let settings = Settings::new("orders").with_phase("flush", 2).with_deadline(Duration::ZERO);
    assert_eq!(
        format!("{settings:?}"),
        "Settings { name: \"orders\", deadline: 0ns, concurrency: 64, queue: 1048576, phases: [(\"flush\", 2)], .. }"
    );
    let janitor = Janitor::with(settings);
    assert_eq!(janitor.name(), "orders");
    assert_eq!(format!("{janitor:?}"), "Janitor { name: \"orders\", closing: false, .. }");
    janitor.close();
    let cleanup = Cleanup::once("release", |_| async {}).with_key("dp1");
    assert_eq!((cleanup.name(), cleanup.key().unwrap().as_str()), ("release", "dp1"));
    let closed = janitor.track(cleanup).unwrap_err();
    assert_eq!(
        format!("{closed:?}"),
        "Closed { janitor: \"orders\", cleanup: Cleanup { name: \"release\", key: Some(Key(\"dp1\")), .. } }"
    );
    assert_eq!(closed.to_string(), "janitor orders is closed and does not track release");
}
