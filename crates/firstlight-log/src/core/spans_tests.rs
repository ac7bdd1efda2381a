use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tracing::Level;
use tracing::callsite::Callsite;
use tracing::metadata::Kind;

use super::spans::*;

fn metadata() -> &'static tracing::Metadata<'static> {
    tracing::callsite! { name: "span", kind: Kind::SPAN, target: "spans", level: Level::INFO, fields: a, b }.metadata()
}

/// What can happen; a span is named by a number that is taken modulo how many there are.
#[derive(Debug, Clone)]
enum Act {
    Open(Option<usize>, u8),
    Record(usize, u8),
    Follow(usize, usize),
    Clone(usize),
    Drop(usize),
    Event(usize),
    Take,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (prop::option::of(0_usize..64), any::<u8>()).prop_map(|(parent, values)| Act::Open(parent, values)),
        2 => (0_usize..64, any::<u8>()).prop_map(|(span, values)| Act::Record(span, values)),
        1 => (0_usize..64, 0_usize..64).prop_map(|(span, from)| Act::Follow(span, from)),
        2 => (0_usize..64).prop_map(Act::Clone),
        5 => (0_usize..64).prop_map(Act::Drop),
        2 => (0_usize..64).prop_map(Act::Event),
        1 => Just(Act::Take),
    ]
}

/// What is true of a span.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Truth {
    parent: Option<u64>,
    values: Vec<u8>,
    follows: Vec<u64>,
    closed: bool,
}

/// Somebody who is told, and writes down what he hears.
#[derive(Debug, Default)]
struct Listener(BTreeMap<u64, Truth>);

impl Listener {
    fn hear(&mut self, changes: Vec<(u64, Change)>) {
        assert!(changes.windows(2).all(|pair| pair[0].0 <= pair[1].0), "out of order");
        for (_, change) in changes {
            match change {
                Change::Opened { span, parent, values, .. } => {
                    assert!(
                        parent.is_none_or(|parent| self.0.contains_key(&parent)),
                        "a child before its parent"
                    );
                    let told = self.0.insert(span, Truth { parent, values, ..Truth::default() });
                    assert!(told.is_none(), "opened twice");
                }
                Change::Recorded { span, values } => self.known(span).values.extend(values),
                Change::Follows { span, from } => self.known(span).follows.push(from),
                Change::Closed { span } => {
                    let known = self.known(span);
                    assert!(!known.closed, "closed twice");
                    known.closed = true;
                }
            }
        }
    }

    fn known(&mut self, span: u64) -> &mut Truth {
        self.0.get_mut(&span).expect("it was never told that it was opened")
    }
}

proptest! {
    #[test]
    fn whoever_is_told_in_rounds_knows_in_the_end_what_is_true(
        acts in prop::collection::vec(any_act(), 1..200),
        forgets in any::<bool>(),
    ) {
        let mut spans = Spans::default();
        if forgets {
            spans.forget_closed();
        }
        let mut truth: BTreeMap<u64, Truth> = BTreeMap::new();
        let mut handles: BTreeMap<u64, usize> = BTreeMap::new();
        let mut listener = Listener::default();
        let (mut seq, mut taken, mut held) = (1, 0, Vec::new());
        for act in acts {
            let open: Vec<u64> = handles.iter().filter(|(_, handles)| **handles > 0).map(|(span, _)| *span).collect();
            let pick = |number: usize| open.get(number % open.len().max(1)).copied();
            seq += 1;
            match act {
                Act::Open(parent, value) => {
                    let span = truth.len() as u64 + 1;
                    let parent = parent.and_then(pick);
                    let values = vec![value; usize::from(value % 3)];
                    prop_assert!(spans.open(span, seq, metadata(), parent, &values));
                    truth.insert(span, Truth { parent, values, ..Truth::default() });
                    handles.insert(span, 1);
                }
                Act::Record(span, value) => if let Some(span) = pick(span) {
                    spans.record(span, seq, &[value]);
                    truth.get_mut(&span).unwrap().values.push(value);
                },
                Act::Follow(span, from) => if let (Some(span), Some(from)) = (pick(span), pick(from)) {
                    spans.follow(span, seq, from);
                    let follows = &mut truth.get_mut(&span).unwrap().follows;
                    if follows.len() < 64 {
                        follows.push(from);
                    }
                },
                Act::Clone(span) => if let Some(span) = pick(span) {
                    spans.clone_handle(span);
                    *handles.get_mut(&span).unwrap() += 1;
                },
                Act::Drop(span) => if let Some(span) = pick(span) {
                    let left = handles.get_mut(&span).unwrap();
                    *left -= 1;
                    prop_assert_eq!(spans.drop_handle(span, seq), *left == 0);
                    truth.get_mut(&span).unwrap().closed = *left == 0;
                },
                Act::Event(span) => if let Some(span) = pick(span) {
                    spans.hold(span);
                    held.push(span);
                },
                Act::Take => {
                    listener.hear(spans.changes(taken));
                    taken = seq + 1;
                    spans.told(taken);
                    held.drain(..).for_each(|span| spans.release(span));
                }
            }
        }
        listener.hear(spans.changes(taken));
        // Where closed spans are forgotten, one that was opened and closed between two rounds is never heard
        // of, unless something needs it; all others, and everything about them, is.
        for (span, truth) in &truth {
            match listener.0.get(span) {
                Some(known) => prop_assert_eq!(known, truth, "span {}", span),
                None => prop_assert!(forgets && truth.closed, "span {} is not known", span),
            }
        }
        prop_assert_eq!(spans.lost, 0);
        // In the end nothing is left where nothing is needed.
        held.drain(..).for_each(|span| spans.release(span));
        spans.told(0);
        spans.forget_closed();
        let mut needed = BTreeSet::new();
        for (span, _) in truth.iter().filter(|(_, truth)| !truth.closed) {
            let mut next = Some(*span);
            while let Some(span) = next {
                needed.insert(span);
                next = truth[&span].parent;
            }
        }
        prop_assert_eq!(spans.iter().map(|(span, _)| span).collect::<BTreeSet<_>>(), needed);
    }
}

#[test]
fn so_many_spans_and_so_many_bytes_and_no_more() {
    let mut spans = Spans::default();
    for span in 1..=MAX_SPANS as u64 {
        assert!(spans.open(span, span, metadata(), None, &[]));
    }
    assert!(
        !spans.open(5_000, 5_000, metadata(), Some(1), &[1]),
        "all places are taken by open spans"
    );
    assert_eq!((spans.lost, spans.contains(5_000)), (1, false));
    assert!(!spans.drop_handle(5_000, 5_001), "one that is not kept cannot be closed");
    // A closed one goes for a new one; not if an event that waits happened in it.
    spans.hold(7);
    assert!(spans.drop_handle(7, 5_002) && spans.drop_handle(8, 5_003));
    assert!(spans.open(5_004, 5_004, metadata(), None, &[]));
    assert!(spans.contains(7) && !spans.contains(8));
    assert!(!spans.open(5_005, 5_005, metadata(), None, &[]));
    spans.release(7);
    assert!(spans.open(5_006, 5_006, metadata(), None, &[]));
    assert_eq!(spans.iter().count(), MAX_SPANS);

    let mut spans = Spans::default();
    assert!(spans.open(1, 1, metadata(), None, &vec![1; MAX_BYTES]));
    spans.record(1, 2, &[2]);
    assert_eq!((spans.lost, spans.get(1).unwrap().values.len()), (1, 1));
    assert!(spans.drop_handle(1, 3));
    spans.forget_closed();
    assert!(spans.open(2, 4, metadata(), None, &[2; 100]), "the bytes are free again");
    assert_eq!((spans.lost, spans.get(2).unwrap().values.len()), (1, 1));
}

#[test]
fn one_that_is_told_half_stays_until_its_end_is_told() {
    let mut spans = Spans::default();
    for span in 1..=MAX_SPANS as u64 {
        spans.open(span, span, metadata(), None, &[]);
    }
    assert_eq!(spans.changes(0).len(), MAX_SPANS);
    spans.told(2_000);
    assert!(spans.drop_handle(1, 2_001));
    // There is no room but its place.
    assert!(!spans.open(2_002, 2_002, metadata(), None, &[]));
    assert_eq!(spans.changes(2_000), [(2_001, Change::Closed { span: 1 })]);
    spans.told(2_003);
    assert!(spans.open(2_003, 2_003, metadata(), None, &[]));
}

#[test]
fn a_value_that_is_recorded_later_is_told_later() {
    let mut spans = Spans::default();
    spans.open(1, 1, metadata(), None, &[1]);
    spans.record(1, 5, &[2]);
    let changes = spans.changes(0);
    assert!(matches!(&changes[0], (1, Change::Opened { values, .. }) if values == &[1]));
    assert_eq!(changes[1], (5, Change::Recorded { span: 1, values: vec![2] }));
    assert_eq!(spans.changes(2), [(5, Change::Recorded { span: 1, values: vec![2] })]);
}
