//! The queue against a model that keeps every line in a list.

use proptest::prelude::*;
use tracing::Level;

use crate::levels::LEVELS;
use crate::writer::Limits;
use crate::writer::batch::{BATCH, Batch, Mark, Note, piece};
use crate::writer::lost::Lost;
use crate::writer::queue::{Pushed, Queue, Settled};

#[derive(Debug, Clone)]
enum Step {
    Push(usize, usize),
    Take,
    Settle(bool),
    Retarget,
    Mark,
    Died,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0_usize..5, 0_usize..80).prop_map(|(level, len)| Step::Push(level, len)),
        4 => Just(Step::Take),
        4 => any::<bool>().prop_map(Step::Settle),
        1 => Just(Step::Retarget),
        1 => Just(Step::Mark),
        1 => Just(Step::Died),
        1 => Just(Step::Close),
    ]
}

#[derive(Debug, Default)]
struct Model {
    /// Lines that were accepted, in order: their first byte says which.
    accepted: Vec<(Level, Vec<u8>)>,
    dropped: Lost,
    dropped_after_close: u64,
    announced: Lost,
    /// Lines that came out of the queue.
    out: usize,
    written: u64,
    failed: u64,
    closed: bool,
}

fn drain(queue: &mut Queue<u8>, hand: &mut Batch<u8>, model: &mut Model, works: bool) {
    let mut at = 0;
    let mut done = Settled { notes: hand.notes.len() as u64, ..Settled::default() };
    for (before, note) in &hand.notes {
        assert!(*before <= hand.lines.len());
        if let Note::Gap(lost) = note {
            assert!(!lost.is_empty(), "a gap of nothing");
            model.announced.add(lost);
        }
    }
    for mark in &hand.lines {
        let (level, line) = &model.accepted[model.out];
        assert_eq!(mark.level(), *level);
        assert_eq!(&hand.bytes[at..at + mark.len()], &line[..], "order, and whole");
        at += mark.len();
        model.out += 1;
        if works {
            done.lines += 1;
            done.bytes += mark.len() as u64;
        } else {
            done.failed += 1;
            done.failed_bytes += mark.len() as u64;
        }
    }
    assert_eq!(at, hand.bytes.len());
    model.written += done.lines;
    model.failed += done.failed;
    queue.settle(done);
    hand.clear(usize::MAX);
}

fn check(queue: &Queue<u8>, model: &Model, pushed: u64) {
    let stats = queue.stats();
    assert_eq!(stats.dropped, model.dropped);
    assert_eq!(stats.written(), model.written);
    assert_eq!(stats.failed(), model.failed);
    let all = stats.written() + stats.dropped() + stats.failed() + stats.waiting();
    assert_eq!(all, pushed, "each line is one of four");
    assert_eq!(stats.waiting(), model.accepted.len() as u64 - model.written - model.failed);
}

fn run(limits: Limits, steps: Vec<Step>) {
    let mut queue = Queue::new(limits);
    let mut hand = Batch::default();
    let mut model = Model::default();
    let mut pushed = 0;
    for step in steps {
        match step {
            Step::Push(level, len) => {
                let (level, line) = (LEVELS[level], vec![pushed as u8; len]);
                pushed += 1;
                match queue.push(level, &line, true) {
                    Pushed::Accepted => model.accepted.push((level, line)),
                    Pushed::Dropped => {
                        model.dropped.drop_one(level);
                        model.dropped_after_close += u64::from(model.closed);
                    }
                    Pushed::Full => {
                        assert!(limits.lossless);
                        pushed -= 1;
                    }
                }
            }
            Step::Take if hand.is_empty() => {
                let has_work = queue.has_work();
                assert_eq!(queue.take(&mut hand), has_work, "woken for something");
                assert!(!queue.has_work() || queue.stats().is_dead());
            }
            Step::Take => {}
            Step::Settle(works) => drain(&mut queue, &mut hand, &mut model, works),
            Step::Retarget => drop(queue.retarget(limits, 0)),
            Step::Mark => {
                let mark = queue.mark();
                let is_idle = hand.is_empty() && !queue.has_work();
                assert_eq!(queue.is_settled(mark), is_idle, "a flush waits for all, and ends");
            }
            Step::Died => queue.died(queue.generation()),
            Step::Close => {
                queue.close();
                model.closed = true;
            }
        }
        check(&queue, &model, pushed);
    }
    // What is left comes out, and then every drop has been told, but for those at the end of a dead one.
    drain(&mut queue, &mut hand, &mut model, true);
    while queue.take(&mut hand) {
        drain(&mut queue, &mut hand, &mut model, true);
    }
    check(&queue, &model, pushed);
    assert_eq!(queue.stats().waiting(), 0);
    assert_eq!(queue.waiting_bytes(), 0);
    if !queue.stats().is_dead() && !model.closed {
        assert_eq!(model.announced, model.dropped, "told is what was dropped");
    }
    let told_at_most = model.dropped.total() - model.dropped_after_close;
    assert!(model.announced.total() <= told_at_most, "nothing is told twice");
}

proptest! {
    #[test]
    fn every_line_is_accounted_for_once_and_in_order(
        steps in prop::collection::vec(step(), 0..200),
        capacity in prop_oneof![Just(0), 0_usize..2000],
        reserve in 0_usize..300,
        lossless: bool,
    ) {
        run(Limits { capacity, reserve, lossless }, steps);
    }

    #[test]
    fn a_warning_is_never_refused_where_info_would_be_accepted(
        before in prop::collection::vec((0_usize..5, 0_usize..80), 0..60),
        len in 0_usize..200,
        capacity in 0_usize..2000,
        reserve in 0_usize..300,
        lossless: bool,
    ) {
        let after = |level: Level| {
            let mut queue = Queue::<u8>::new(Limits { capacity, reserve, lossless });
            for (level, len) in &before {
                queue.push(LEVELS[*level], &vec![0; *len], true);
            }
            queue.push(level, &vec![0; len], true)
        };
        if after(Level::INFO) == Pushed::Accepted {
            prop_assert_eq!(after(Level::WARN), Pushed::Accepted);
            prop_assert_eq!(after(Level::ERROR), Pushed::Accepted);
        }
    }

    #[test]
    fn what_waits_never_exceeds_the_capacity_whoever_has_it(
        lines in prop::collection::vec((0_usize..5, 0_usize..3_000), 0..300),
        taken in 0_usize..300,
        capacity in 0_usize..300_000,
    ) {
        let mut queue = Queue::<u8>::new(Limits::new(capacity));
        let mut hands = vec![Batch::default()];
        for (count, (level, len)) in lines.into_iter().enumerate() {
            queue.push(LEVELS[level], &vec![0; len], true);
            if count == taken {
                queue.take(&mut hands[0]);
            }
        }
        // What the first hand still holds counts, until it comes again.
        let mut hand = Batch::default();
        let first = hands[0].memory();
        while queue.take(&mut hand) {
            prop_assert!(hand.bytes.len() <= BATCH, "{} bytes at once", hand.bytes.len());
            hands.push(std::mem::take(&mut hand));
        }
        let lens: usize = hands[1..].iter().map(|hand| hand.bytes.len()).sum();
        // Its memory may be somewhat more than its lines were charged with.
        prop_assert!(first + lens <= capacity + BATCH, "{} and {}", first, lens);
        // A batch is closed when the next line does not fit, and the last may have grown for lines to come.
        let memory: usize = hands[1..].iter().map(Batch::memory).sum();
        prop_assert!(memory <= lens + hands.len() * (3_000 + BATCH / 8) + BATCH, "{} for {}", memory, lens);
    }

    #[test]
    fn a_piece_is_of_whole_lines_that_fit_or_of_one(
        lens in prop::collection::vec(0_u32..6000, 0..50),
        most in 0_usize..8000,
    ) {
        let lines: Vec<_> = lens.iter().map(|len| Mark::new(*len, Level::INFO)).collect();
        let (count, bytes) = piece(&lines, most);
        prop_assert_eq!(count == 0, lines.is_empty());
        prop_assert_eq!(bytes, lens[..count].iter().sum::<u32>() as usize);
        prop_assert!(count <= 1 || bytes <= most);
        let next = lens.get(count).map_or(usize::MAX, |len| bytes + *len as usize);
        prop_assert!(next > most, "one more would have fitted");
    }
}

#[test]
fn a_line_takes_eight_bytes_besides_its_own() {
    assert_eq!(size_of::<Mark>(), 8);
}
