//! Names and reasons: what is taken, what is refused, what is made of it; and every word that people read.

use std::time::Duration;

use firstlight_ready::machine::{Event, GateId, Machine, Report, Settings, ViewId};
use firstlight_ready::{
    Evidence, GateState, MAX_NAME, MAX_REASON, Name, NameError, Phase, Progress, Reason, Spec,
};

use crate::set::Set;

#[test]
fn a_name_is_visible_ascii_without_what_has_a_meaning_elsewhere() {
    for name in ["a", "db", "db-1/main:5432", "[::1]", "a.b_c~d;e=f|g", &"n".repeat(MAX_NAME)] {
        assert_eq!(Name::new(name).unwrap().as_str(), name);
    }
    let table = [
        ("", "a name is empty"),
        ("a b", "the name \"a b\" has the character ' ': "),
        ("a\nb", "the name \"a\\nb\" has the character '\\n': "),
        ("a\0", "the name \"a\\0\" has the character '\\0': "),
        ("\u{7f}", "the name \"\\u{7f}\" has the character '\\u{7f}': "),
        ("\"a\"", "the name \"\\\"a\\\"\" has the character '\"': "),
        ("a'", "the name \"a'\" has the character '\\'': "),
        ("a,b", "the name \"a,b\" has the character ',': "),
        ("a?exclude=b", "the name \"a?exclude=b\" has the character '?': "),
        ("<a>", "the name \"<a>\" has the character '<': "),
        ("größe", "the name \"größe\" has the character 'ö': "),
        ("\u{202e}", "the name \"\\u{202e}\" has the character '\\u{202e}': "),
    ];
    for (name, message) in table {
        let told = Name::new(name).unwrap_err().to_string();
        assert!(told.starts_with(message), "{told}");
        assert!(!told.contains(char::is_control), "{told}");
    }
}

#[test]
fn a_name_of_ten_kilobytes_is_refused_with_its_beginning() {
    for (name, length) in
        [("n".repeat(129), 129), ("\n".repeat(10_000), 10_000), ("ß".repeat(5_000), 10_000)]
    {
        let told = Name::new(&name).unwrap_err();
        assert!(matches!(told, NameError::TooLong { length: is, .. } if is == length), "{told:?}");
        let told = told.to_string();
        assert!(
            told.starts_with(&format!("a name of {length} bytes is longer than 128: \"")),
            "{told}"
        );
        assert!(told.len() < 200 && !told.contains(char::is_control), "{told}");
    }
}

#[test]
fn a_bad_name_anywhere_in_a_spec_is_told_when_it_is_declared() {
    let table = [
        Spec::new("a\nb"),
        Spec::new("db").stage("a\nb"),
        Spec::new("db").after(["a\nb"]),
        Spec::new("db").when("a\nb"),
        Spec::new("db").views(["a\nb"]),
    ];
    for spec in table {
        let mut set = Set::new();
        let told = set.declare(spec).unwrap_err().to_string();
        assert!(told.starts_with("the name \"a\\nb\" has the character '\\n'"), "{told}");
        assert_eq!(set.machine.gates(), 0);
    }
}

#[test]
fn a_reason_is_one_line_of_so_many_bytes() {
    let long = "x".repeat(10_000);
    let cut = format!("{}...", "x".repeat(MAX_REASON - 3));
    let table = [
        ("", ""),
        ("  plain  ", "plain"),
        ("a\nb\tc\r\n", "a b c"),
        ("\u{1b}[31mred", " [31mred"),
        ("a\u{2028}b\u{202e}c\u{61c}d", "a b c d"),
        ("grüße", "grüße"),
        (&long, &cut),
    ];
    for (text, reason) in table {
        assert_eq!(Reason::new(text).as_str(), reason);
    }
    for text in ["ß".repeat(10_000), "\n.".repeat(10_000), "🦀".repeat(64), "🦀".repeat(65)] {
        assert!(Reason::new(&text).as_str().len() <= MAX_REASON);
    }
    assert_eq!(Reason::new("🦀".repeat(64)).as_str().len(), 256);
}

#[test]
fn states_phases_and_numbers_have_their_words() {
    let states = GateState::ALL.map(GateState::as_str).join(" ");
    assert_eq!(states, "pending syncing ready ready-empty degraded failed stale");
    let good = GateState::ALL.iter().filter(|state| state.is_good()).count();
    assert_eq!(good, 3);
    let phases = [Phase::Serving, Phase::Draining, Phase::Stopping, Phase::Stopped];
    assert_eq!(phases.map(Phase::as_str).join(" "), "serving draining stopping stopped");
    assert!(phases.is_sorted());
    assert_eq!(Progress { done: 3, total: 0 }.to_string(), "3");
    assert_eq!(Progress { done: 3, total: 5 }.to_string(), "3/5");
    assert_eq!(Evidence::new(0, "").to_string(), "0 items");
    assert_eq!(
        format!("{:>8}|{:<6}|", GateState::Stale, Name::new("db").unwrap()),
        "   stale|db    |"
    );
}

#[test]
fn numbers_of_another_machine_do_no_harm() {
    let mut other = Set::of([Spec::new("a"), Spec::new("b").views(["admin"])]);
    let (gate, view) = (other.machine.find("b").unwrap(), other.machine.view("admin").unwrap());
    let mut machine = Machine::new(Settings::new(Name::new("orders").unwrap()), Duration::ZERO);
    let before = machine.snapshot(Duration::ZERO);
    let place = firstlight_ready::Place::here();
    for event in [
        Event::Report { gate, report: Report::Ready },
        Event::Drop { gate, panicking: true },
        Event::Claim { gate, place },
    ] {
        machine.apply(event, Duration::ZERO).unwrap();
    }
    assert_eq!(machine.snapshot(Duration::ZERO), before);
    assert_eq!(
        (machine.name_of(gate), machine.state_of(gate), machine.opened_at(gate)),
        (None, None, None)
    );
    assert_eq!((machine.view_name(view), machine.is_ready(view)), (None, false));
    assert_eq!(machine.gate_blockers(gate, Duration::ZERO), []);
    let _ =
        (machine.verdict(view), machine.gate_verdict(gate), machine.explain(view, Duration::ZERO));
    assert_eq!((gate.index(), ViewId::READY.index()), (1, 2));
    assert_eq!(other.machine.find("a").map(GateId::index), Some(0));
    other.ready("b");
}
