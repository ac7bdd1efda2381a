//! A stack against a small model, whatever its parts do.

use std::future::pending;

use firstlight_cleanup::{Attempt, Cleanup, Failure, Janitor, Outcome, Retry};
use proptest::prelude::*;

use crate::support::{SECOND, Told, swept};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Done,
    Fails,
    Gives,
    Panics,
    Hangs,
}

#[derive(Debug, Clone)]
struct Plan {
    idempotent: bool,
    /// Beyond these, it is done.
    answers: Vec<Answer>,
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    use Answer::{Done, Fails, Gives, Hangs, Panics};
    let answer = prop::sample::select(vec![Done, Fails, Gives, Panics, Hangs]);
    let answers = prop::collection::vec(answer, 0..4);
    let plan =
        (any::<bool>(), answers).prop_map(|(idempotent, answers)| Plan { idempotent, answers });
    prop::collection::vec(plan, 0..6)
}

fn part(at: usize, plan: &Plan, told: &Told<(usize, u32)>) -> Cleanup {
    const NAMES: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "p5"];
    let (answers, told) = (plan.answers.clone(), told.clone());
    let act = move |attempt: Attempt| {
        told.push((at, attempt.number()));
        let answer = answers.get(attempt.number() as usize - 1).copied();
        async move {
            match answer.unwrap_or(Answer::Done) {
                Answer::Done => Ok(()),
                Answer::Fails => Err(Failure::retry("fails")),
                Answer::Gives => Err(Failure::fatal("gives up")),
                Answer::Panics => panic!("on purpose"),
                Answer::Hangs => pending().await,
            }
        }
    };
    if plan.idempotent {
        Cleanup::idempotent(NAMES[at], act).with_attempt_timeout(SECOND).boxed()
    } else {
        Cleanup::once(NAMES[at], act).with_attempt_timeout(SECOND).boxed()
    }
}

/// What is begun, in order, and what is left for good.
fn model(plans: &[Plan]) -> (Vec<(usize, u32)>, Vec<usize>) {
    let (mut begun, mut over) = (Vec::new(), Vec::new());
    let mut round: Vec<_> = (0..plans.len()).rev().collect();
    let mut number = 1;
    while !round.is_empty() {
        let mut again = Vec::new();
        for at in round {
            begun.push((at, number));
            let answer = plans[at].answers.get(number as usize - 1).copied();
            match answer.unwrap_or(Answer::Done) {
                Answer::Done => {}
                Answer::Gives => over.push(at),
                _ if plans[at].idempotent => again.push(at),
                _ => over.push(at),
            }
        }
        round = again;
        number += 1;
    }
    (begun, over)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn each_part_is_tried_in_its_turn_and_no_more_often_than_it_may(plans in plans()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let (begun, over) = model(&plans);
        let told = Told::new();
        let (settings, left) = swept("test");
        let outcome = runtime.block_on(async {
            let janitor = Janitor::with(settings);
            let retry = Retry::new().with_base(SECOND / 100);
            let stack = Cleanup::stack("undo").with_deadline(SECOND * 1_000).with_retry(retry);
            let mut stack = janitor.stack(stack).unwrap();
            for (at, plan) in plans.iter().enumerate() {
                stack.push(part(at, plan, &told));
            }
            let outcome = stack.run().await;
            janitor.assert_idle();
            outcome
        });
        prop_assert_eq!(told.all(), begun);
        let expected = if over.is_empty() { Outcome::Completed } else { Outcome::Failed };
        prop_assert_eq!(outcome, expected);
        let named: Vec<usize> = left
            .all()
            .iter()
            .filter_map(|left| left.last_error.clone())
            .flat_map(|error| {
                let name = |part: &str| part[1..2].parse().unwrap();
                error.split("; ").map(name).collect::<Vec<_>>()
            })
            .collect();
        prop_assert_eq!(named, over, "each that is left is named once, in the order of its end");
    }
}
