use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;
use tracing::callsite::Callsite;
use tracing::metadata::Kind;
use tracing::{Level, Metadata};

use super::shelf::COST;
use super::*;

const LEVELS: [Level; 5] = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];

fn metadata_of(level: Level) -> &'static Metadata<'static> {
    macro_rules! of {
        ($level:expr) => {
            tracing::callsite! { name: "event", kind: Kind::EVENT, target: "ring", level: $level, fields: message }.metadata()
        };
    }
    match level {
        Level::ERROR => of!(Level::ERROR),
        Level::WARN => of!(Level::WARN),
        Level::INFO => of!(Level::INFO),
        Level::DEBUG => of!(Level::DEBUG),
        Level::TRACE => of!(Level::TRACE),
    }
}

/// The values of an event tell whose they are.
fn values_of(seq: u64, len: usize) -> Vec<u8> {
    (0..len).map(|at| (seq as usize + at) as u8).collect()
}

fn push(ring: &mut Ring, seq: u64, level: Level, len: usize) -> (bool, Vec<u64>) {
    let entry = Entry {
        seq,
        at: Duration::from_nanos(seq),
        metadata: metadata_of(level),
        span: Some(seq),
        len,
    };
    let mut gone = Vec::new();
    let kept = ring.push(entry, &values_of(seq, len), |span| gone.extend(span));
    (kept, gone)
}

/// What is in a ring: number, level and length of each, in order; and that the values are its own.
#[track_caller]
fn inside(ring: &mut Ring) -> Vec<(u64, Level, usize)> {
    let list: Vec<_> = ring
        .batch()
        .map(|(entry, values)| {
            assert_eq!(values, values_of(entry.seq, entry.len), "the values of another one");
            (entry.seq, *entry.metadata.level(), entry.len)
        })
        .collect();
    assert_eq!(list.len(), ring.len());
    list
}

/// A ring as one would write it without a thought for memory.
#[derive(Default)]
struct Model {
    bytes: usize,
    first: Vec<(u64, Level, usize)>,
    first_is_full: bool,
    shelves: [VecDeque<(u64, Level, usize)>; 3],
    lost: ByLevel,
}

impl Model {
    fn push(&mut self, seq: u64, level: Level, len: usize) -> Vec<u64> {
        let taken =
            |events: &mut dyn Iterator<Item = usize>| events.map(|len| len + COST).sum::<usize>();
        let eighth = self.bytes / 8;
        if !self.first_is_full && len + COST <= eighth {
            if self.first.len() < 64
                && taken(&mut self.first.iter().map(|event| event.2)) + len + COST <= eighth
            {
                self.first.push((seq, level, len));
                return Vec::new();
            }
            self.first_is_full = true;
        }
        let shelf = match level {
            Level::ERROR | Level::WARN => 0,
            Level::INFO => 1,
            _ => 2,
        };
        let room = [eighth * 3, eighth * 3, eighth][shelf];
        let mut gone = Vec::new();
        let mut lose = |level, seq| {
            self.lost.count(level);
            gone.push(seq);
        };
        if len + COST > room {
            lose(level, seq);
            return gone;
        }
        let shelf = &mut self.shelves[shelf];
        shelf.push_back((seq, level, len));
        while taken(&mut shelf.iter().map(|event| event.2)) > room {
            let (seq, level, _) = shelf.pop_front().unwrap();
            lose(level, seq);
        }
        gone
    }

    fn inside(&self) -> Vec<(u64, Level, usize)> {
        let mut all: Vec<_> =
            self.first.iter().chain(self.shelves.iter().flatten()).copied().collect();
        all.sort_by_key(|(seq, _, _)| *seq);
        all
    }
}

proptest! {
    #[test]
    fn a_ring_keeps_what_a_simple_one_would_within_its_bytes_and_counts_the_rest(
        bytes in prop_oneof![Just(0_usize), 1_usize..2_000, 2_000_usize..40_000],
        events in prop::collection::vec((0_usize..5, prop_oneof![4 => 0_usize..120, 1 => 0_usize..6_000]), 0..200),
        cleared_at in 0_usize..400,
    ) {
        let mut ring = Ring::new(bytes);
        let mut model = Model { bytes, ..Model::default() };
        for (at, (level, len)) in events.into_iter().enumerate() {
            let (seq, level) = (at as u64 + 1, LEVELS[level]);
            if at == cleared_at {
                ring.clear();
                model = Model { bytes, ..Model::default() };
                prop_assert!(ring.is_empty() && ring.lost().total() == 0);
            }
            let before = ring.lost();
            let had_room = ring.has_room(metadata_of(level), len);
            let (kept, gone) = push(&mut ring, seq, level, len);
            prop_assert_eq!(&gone, &model.push(seq, level, len));
            prop_assert_eq!(kept, !gone.contains(&seq));
            if had_room {
                prop_assert!(gone.is_empty() || gone == [seq], "it had room, and took another's place");
            }
            // Only those of its own shelf go: INFO never evicts a warning, DEBUG never INFO.
            for other in LEVELS {
                if shelf_of(metadata_of(other)) != shelf_of(metadata_of(level)) {
                    prop_assert_eq!(ring.lost().of(other), before.of(other));
                }
            }
            let inside = inside(&mut ring);
            prop_assert!(inside.iter().map(|(_, _, len)| len + COST).sum::<usize>() <= bytes);
            prop_assert!(inside.windows(2).all(|pair| pair[0].0 < pair[1].0), "out of order");
            prop_assert_eq!(&inside, &model.inside());
            prop_assert_eq!(ring.lost(), model.lost);
        }
    }
}

#[test]
fn the_first_64_stay_whatever_comes_after_them() {
    let mut ring = Ring::new(256 * 1024);
    for seq in 1..=50_000 {
        push(&mut ring, seq, LEVELS[(seq % 5) as usize], 40);
    }
    let inside = inside(&mut ring);
    assert!(inside.iter().take(64).map(|(seq, _, _)| *seq).eq(1..=64), "{:?}", &inside[..70]);
    assert!(inside[64].0 > 64 + 1, "the middle is gone");
    assert_eq!(inside.last().unwrap().0, 50_000);
    assert_eq!(ring.lost().total() as usize + inside.len(), 50_000);
}

#[test]
fn a_flood_of_one_level_leaves_the_others_alone() {
    for (flood, others) in [
        (Level::INFO, [Level::ERROR, Level::WARN, Level::DEBUG]),
        (Level::DEBUG, [Level::ERROR, Level::WARN, Level::INFO]),
        (Level::TRACE, [Level::ERROR, Level::WARN, Level::INFO]),
        (Level::WARN, [Level::INFO, Level::DEBUG, Level::TRACE]),
    ] {
        let mut ring = Ring::new(64 * 1024);
        (0..64).for_each(|seq| drop(push(&mut ring, seq, flood, 10)));
        (64..67).for_each(|seq| drop(push(&mut ring, seq, others[seq as usize - 64], 10)));
        (67..20_000).for_each(|seq| drop(push(&mut ring, seq, flood, 10)));
        for level in others {
            assert_eq!(ring.lost().of(level), 0, "{flood} evicted {level}");
        }
        assert!(ring.lost().of(flood) > 0);
        assert!(
            [64, 65, 66].iter().all(|seq| inside(&mut ring).iter().any(|event| event.0 == *seq))
        );
    }
}

#[test]
fn one_event_larger_than_the_beginnings_shelf_does_not_end_the_beginning() {
    let mut ring = Ring::new(64 * 1024);
    push(&mut ring, 1, Level::INFO, 9_000);
    (2..3_000).for_each(|seq| drop(push(&mut ring, seq, Level::INFO, 10)));
    assert!(inside(&mut ring).iter().take(63).map(|(seq, _, _)| *seq).eq(2..65));
}

#[test]
fn an_event_larger_than_its_shelf_is_lost_and_counted_and_takes_nobodys_place() {
    let mut ring = Ring::new(8 * 1024);
    push(&mut ring, 1, Level::DEBUG, 10);
    assert_eq!(push(&mut ring, 2, Level::DEBUG, 2_000), (false, vec![2]));
    assert_eq!((ring.lost().of(Level::DEBUG), ring.lost().total()), (1, 1));
    assert!(ring.has_room(metadata_of(Level::DEBUG), 2_000), "to wait for it would be in vain");
    assert_eq!(inside(&mut ring), [(1, Level::DEBUG, 10)]);
}

#[test]
fn a_ring_of_no_bytes_loses_all_and_one_of_all_bytes_is_bounded() {
    let mut ring = Ring::new(0);
    assert_eq!(push(&mut ring, 1, Level::ERROR, 0), (false, vec![1]));
    assert_eq!((ring.len(), ring.lost().total()), (0, 1));
    let mut ring = Ring::new(usize::MAX);
    assert_eq!(push(&mut ring, 1, Level::ERROR, 10), (true, vec![]));
    assert!(!push(&mut ring, 2, Level::ERROR, MAX_BYTES).0);
}
