//! The engine against a target that is simulated, without a runtime.
//!
//! Laws that hold for every setting and every behaviour.

use std::time::Duration;

use proptest::prelude::*;

use crate::classifier::Classifier;
use crate::config::Config;
use crate::engine::{End, Engine};
use crate::error::Failure;
use crate::error_class::ErrorClass;
use crate::report::Outcome;
use crate::schedule::{AttemptTimeout, Envelope, Fixed, Rate, Schedule};
use crate::verdict::{Overload, Verdict};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What a simulated target does in one attempt.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Ready,
    Pending,
    Refused,
    Overloaded(u64),
    Hangs,
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Ready),
        Just(Answer::Pending),
        Just(Answer::Refused),
        any::<u64>().prop_map(Answer::Overloaded),
        Just(Answer::Hangs),
    ]
}

/// One attempt of a run: when it began, how long it was allowed to take, when it ended.
struct Made {
    began: Duration,
    allowed: Duration,
    ended: Duration,
}

/// Runs the engine against the script (repeated for ever) to its end.
fn run(
    mut engine: Engine<impl Schedule>,
    script: &[(Answer, Duration)],
    hints: bool,
) -> (Vec<Made>, End<()>, Duration) {
    let mut made = Vec::new();
    let mut now = Duration::ZERO;
    for &(answer, takes) in script.iter().cycle() {
        let next = engine.next_start();
        now = now.max(if hints { next.hinted } else { next.at });
        let (_, allowed) = engine.begin_attempt(now);
        let began = now;
        let late = takes >= allowed && !takes.is_zero();
        now += takes.min(allowed);
        let verdict = match answer {
            Answer::Hangs => {
                now = began + allowed;
                None
            }
            _ if late => None,
            Answer::Ready => Some(Verdict::Ready(())),
            Answer::Pending => Some(Verdict::pending()),
            Answer::Refused => Some(Verdict::transient(ErrorClass::Refused, "refused")),
            Answer::Overloaded(after) => Some(Verdict::Overloaded(
                Overload::new("429").with_retry_after(Duration::from_nanos(after)),
            )),
        };
        made.push(Made { began, allowed, ended: now });
        if let Some(end) = engine.end_attempt(now, verdict) {
            let outcome =
                if matches!(end, End::Ready(())) { Outcome::Ready } else { Outcome::Deadline };
            let report = engine.report(now, outcome);
            assert_eq!(report.attempts as usize, made.len());
            assert_eq!(report.time_by_kind.iter().map(|(_, time)| *time).sum::<Duration>(), now);
            return (made, end, now);
        }
    }
    unreachable!("the script is repeated for ever and the deadline comes")
}

fn config<S: Schedule>(schedule: S, timeout: Duration) -> Config<S> {
    let mut config = Config::new(
        "it".into(),
        schedule,
        AttemptTimeout::growing(ms(100), Rate::percent(10), ms(5_000)),
    );
    config.timeout = timeout;
    config.rare_mut().classifier = Classifier::all_transient();
    config
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    /// The budget covers attempts and sleeps, whatever the target does and however many hints come.
    #[test]
    fn nothing_begins_or_lasts_beyond_the_deadline(
        script in prop::collection::vec((answer(), (0u64..2_000).prop_map(ms)), 1..20),
        timeout in (0u64..100_000).prop_map(ms),
        interval in 1u64..5_000,
        (successes, hold) in (1u32..4, 0u64..3_000),
        (fixed, hints) in (any::<bool>(), any::<bool>()),
        seed in any::<u64>(),
    ) {
        let schedule: Box<dyn Schedule + Send> = if fixed {
            Box::new(Fixed::new(ms(interval)))
        } else {
            Box::new(Envelope::new(ms(interval)).with_seed(seed).with_random_phase(Rate::ONE))
        };
        let mut config = config(schedule, timeout);
        config.rare_mut().successes = successes;
        config.rare_mut().hold = ms(hold);
        let (made, end, ended) = run(Engine::new(config), &script, hints);
        prop_assert!(ended <= timeout, "ended at {ended:?} of {timeout:?}");
        for (n, attempt) in made.iter().enumerate() {
            prop_assert!(attempt.began < timeout || n == 0, "began at {:?}", attempt.began);
            prop_assert!(attempt.began + attempt.allowed <= timeout);
            prop_assert!(attempt.ended >= attempt.began);
        }
        prop_assert!(made.windows(2).all(|pair| pair[0].ended <= pair[1].began));
        if matches!(end, End::Failed(_)) {
            prop_assert!(matches!(end, End::Failed(Failure::Deadline)));
        }
    }

    /// P6: what is ready with time for an attempt left before the deadline is seen, for any schedule.
    #[test]
    fn what_is_ready_before_the_last_chance_is_seen(
        ready_at in 0u64..20_000,
        left in 21u64..5_000,
        interval in 1u64..60_000,
        answers_in in 0u64..10,
    ) {
        let timeout = ms(ready_at + left);
        let mut engine = Engine::new(config(Fixed::new(ms(interval)), timeout));
        let mut now = Duration::ZERO;
        let end = loop {
            now = now.max(engine.next_start().at);
            let (_, allowed) = engine.begin_attempt(now);
            prop_assert!(allowed >= ms(answers_in).min(timeout), "{allowed:?}");
            now += ms(answers_in);
            let verdict = if now >= ms(ready_at + answers_in) { Verdict::Ready(()) } else { Verdict::pending() };
            if let Some(end) = engine.end_attempt(now, Some(verdict)) {
                break end;
            }
        };
        prop_assert!(matches!(end, End::Ready(())), "{ready_at} of {timeout:?}");
    }

    /// The success threshold against a model that counts.
    #[test]
    fn ready_is_so_many_successes_in_a_row(
        script in prop::collection::vec(any::<bool>(), 1..60),
        wanted in 1u32..6,
    ) {
        let mut config = config(Fixed::new(ms(1)), Duration::MAX);
        config.rare_mut().successes = wanted;
        let mut engine = Engine::new(config);
        let mut row = 0;
        for (n, ready) in (1u64..).zip(script) {
            let now = ms(n);
            let _ = engine.begin_attempt(now);
            let verdict = if ready { Verdict::Ready(()) } else { Verdict::pending() };
            row = if ready { row + 1 } else { 0 };
            let ended = engine.end_attempt(now, Some(verdict)).is_some();
            prop_assert_eq!(ended, row == wanted, "attempt {}", n);
            if ended {
                break;
            }
        }
    }
}
