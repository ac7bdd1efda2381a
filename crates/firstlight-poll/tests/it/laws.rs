//! The laws of the envelope (T1 and T2), against adversaries; and the schedule's behaviour in numbers.

use std::time::Duration;

use firstlight_poll::{
    Envelope, ErrorClass, Exponential, Fixed, Moment, Pending, Rate, Schedule, Status,
};
use proptest::prelude::*;

use crate::target::{ms, s};

/// Polls a target that becomes ready at `ready_at`, each attempt taking no time. Returns the delay and the polls.
fn run(
    schedule: &mut impl Schedule,
    ready_at: Duration,
    hinted: bool,
    mut status: impl FnMut(Duration) -> Status,
) -> (Duration, u64) {
    let mut now = schedule.first();
    let mut polls = 1;
    let mut before: Option<(Status, Duration)> = None;
    while now < ready_at {
        let status = status(now);
        let since = match &before {
            Some((last, since)) if last.says_the_same_as(&status) => *since,
            _ => now,
        };
        let pause =
            schedule.pause(&Moment { elapsed: now, unchanged: now - since, status: &status });
        assert!(pause.hinted <= pause.sleep, "{pause:?}");
        before = Some((status, since));
        now += if hinted { pause.hinted } else { pause.sleep };
        polls += 1;
    }
    (now - ready_at, polls)
}

fn refused() -> Status {
    Status::error(ErrorClass::Refused, "".into())
}

prop_compose! {
    fn envelope()(
        floor in 1u64..2_000,
        cap in prop_oneof![1u64..60_000, Just(u64::MAX / 1_000_000)],
        lowest in 0u32..400,
        highest in 0u32..1_200,
        jitter in 0u32..1_000,
        phase in 0u32..1_100,
        seed in any::<u64>(),
    ) -> Envelope {
        Envelope::new(ms(floor))
            .with_cap(ms(cap))
            .with_rates(Rate::per_mille(lowest), Rate::per_mille(highest))
            .with_jitter(Rate::per_mille(jitter))
            .with_random_phase(Rate::per_mille(phase))
            .with_seed(seed)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// T1 and T2: whatever the heuristic says, with hints or without, whenever the target becomes ready.
    #[test]
    fn the_bound_holds_against_any_heuristic_at_any_readiness(
        envelope in envelope(),
        ready_at in 0u64..300_000_000,
        suggestions in prop::collection::vec(prop_oneof![Just(0u64), Just(u64::MAX), any::<u64>()], 1..50),
        hinted in any::<bool>(),
    ) {
        let ready_at = Duration::from_micros(ready_at);
        let mut suggestions = suggestions.into_iter().cycle();
        let mut schedule =
            envelope.with_heuristic(move |_: &Moment<'_>| Duration::from_nanos(suggestions.next().unwrap_or(0)));
        let bound = schedule.bound(ready_at);
        let (late, polls) = run(&mut schedule, ready_at, hinted, |_| refused());
        prop_assert!(late <= bound.lateness, "{late:?} late, {bound}");
        prop_assert!(polls <= bound.polls, "{polls} polls, {bound}");
    }

    /// The same for the heuristic that is there, fed with progress that lies.
    #[test]
    fn lies_about_progress_do_not_break_the_bound(
        ready_at in 0u64..300_000,
        lies in prop::collection::vec((any::<u64>(), any::<u64>()), 1..50),
        remote in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut schedule = if remote { Envelope::remote() } else { Envelope::local() }.with_seed(seed);
        let bound = schedule.bound(ms(ready_at));
        let mut lies = lies.into_iter().cycle();
        let (late, polls) = run(&mut schedule, ms(ready_at), false, |_| {
            let (done, total) = lies.next().unwrap_or_default();
            Pending::new().with_progress(done, total).into()
        });
        prop_assert!(late <= bound.lateness, "{late:?} late, {bound}");
        prop_assert!(polls <= bound.polls, "{polls} polls, {bound}");
    }

    /// A schedule takes any moment, in any order, without a panic.
    #[test]
    fn a_schedule_takes_any_moment(
        envelope in envelope(),
        moments in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()), 1..50),
    ) {
        let mut schedule = envelope;
        for (elapsed, unchanged, done, total) in moments {
            let status = Pending::new().with_progress(done, total).into();
            let pause = schedule.pause(&Moment {
                elapsed: Duration::new(elapsed, 0),
                unchanged: Duration::new(unchanged, 0),
                status: &status,
            });
            prop_assert!(pause.hinted <= pause.sleep);
        }
    }

    /// P4: jitter behind the cap breaks the cap (backon, k8s, kube); ours only shrinks.
    #[test]
    fn jitter_never_exceeds_the_cap(seed in any::<u64>(), jitter in 0u32..2_000) {
        let jitter = Rate::per_mille(jitter);
        let mut exponential = Exponential::new(ms(100), s(5)).with_jitter(jitter, seed);
        let mut envelope = Envelope::local().with_jitter(jitter).with_seed(seed);
        let mut elapsed = Duration::ZERO;
        for _ in 0..60 {
            let status = refused();
            let moment = Moment { elapsed, unchanged: elapsed, status: &status };
            prop_assert!(exponential.pause(&moment).sleep <= s(5));
            prop_assert!(envelope.pause(&moment).sleep <= s(2));
            elapsed += s(1);
        }
    }
}

#[test]
fn the_promise_is_stated_in_words_and_numbers() {
    let text = Envelope::local().explain();
    for part in [
        "2 % to 10 % of the time waited",
        "50ms at least, 2s at most",
        "20 % less by jitter",
        "ready at 10s: at most 1s late, at most",
        "ready at 900s: at most 2s late",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(Fixed::new(s(2)).explain().contains("at most 2s late"));
    assert!(Exponential::new(s(1), s(30)).explain().contains("at most 30s late"));
}

#[test]
fn settings_that_make_no_sense_are_bent_to_ones_that_do() {
    let at = |schedule: &mut Envelope, elapsed| {
        let status = refused();
        schedule.pause(&Moment { elapsed, unchanged: elapsed, status: &status }).sleep
    };
    let plain = |floor| Envelope::new(floor).with_jitter(Rate::ZERO);
    // A floor of zero would be a busy loop.
    assert_eq!(at(&mut plain(Duration::ZERO), Duration::ZERO), ms(1));
    // A cap below the floor, rates the wrong way round, and a floor beyond all time.
    assert_eq!(at(&mut plain(s(3)).with_cap(s(1)), s(100)), s(3));
    let crossed = &mut plain(ms(1)).with_rates(Rate::percent(10), Rate::percent(5));
    assert!(at(crossed, s(10)) <= ms(500));
    assert_eq!(at(&mut plain(Duration::MAX), s(1)), Duration::from_nanos(u64::MAX));
    // All jitter would leave nothing.
    let shaken = &mut Envelope::new(s(1)).with_jitter(Rate::percent(500)).with_seed(1);
    for _ in 0..100 {
        assert!(at(shaken, Duration::ZERO) >= ms(99));
    }
}

#[test]
fn a_restart_is_asked_about_at_once_and_a_check_that_hangs_burns_no_polls() {
    let mut schedule = Envelope::local().with_jitter(Rate::ZERO);
    let mut pause = |elapsed, done| {
        let status = Pending::new().with_progress(done, 12).into();
        let pause = schedule.pause(&Moment { elapsed, unchanged: Duration::ZERO, status: &status });
        // To the millisecond: a rate's binary places are its own affair.
        ms((pause.sleep + Duration::from_micros(1)).as_millis() as u64)
    };
    assert_eq!(pause(s(10), 1), ms(200), "the first progress: as short as is allowed, 2 % of 10 s");
    assert_eq!(pause(s(20), 11), ms(400), "almost done: as short as is allowed, 2 % of 20 s");
    // P9: progress may go backwards.
    assert_eq!(pause(s(21), 3), ms(420), "after a restart: as short as is allowed");
    let mut elapsed = s(22);
    let mut last = Duration::ZERO;
    for _ in 0..40 {
        elapsed += s(1);
        last = pause(elapsed, 11);
    }
    assert!(last >= ms(1_500), "a last check that hangs is asked about less and less: {last:?}");
}

#[test]
fn no_schedule_leaves_the_range_that_it_states() {
    let waits = |schedule: &mut dyn Schedule, n: usize| -> Vec<Duration> {
        let mut elapsed = Duration::ZERO;
        let status = refused();
        (0..n)
            .map(|_| {
                let sleep =
                    schedule.pause(&Moment { elapsed, unchanged: elapsed, status: &status }).sleep;
                elapsed += sleep;
                sleep
            })
            .collect()
    };
    // tokio-retry: from_millis(500) waits 500 ms, then 250 000 ms.
    assert_eq!(waits(&mut Exponential::new(ms(500), s(60)), 4), [ms(500), s(1), s(2), s(4)]);
    // quilkin: a backoff without a cap reached three months at attempt 25.
    assert!(waits(&mut Exponential::new(ms(500), s(30)), 60).iter().all(|wait| *wait <= s(30)));
    assert!(waits(&mut Envelope::local(), 5_000).iter().all(|wait| *wait <= s(2)));
    // kubelet, azure_core: nothing below a second.
    assert_eq!(waits(&mut Fixed::new(ms(20)), 2), [ms(20), ms(20)]);
    assert!(waits(&mut Envelope::new(ms(20)), 3).iter().all(|wait| *wait <= ms(20)));
}
