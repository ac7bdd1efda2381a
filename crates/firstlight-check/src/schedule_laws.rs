//! Laws of the schedule, for all policies, seeds and results.

use std::time::Duration;

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, prop_compose, proptest};

use crate::policy::{MIN_EVERY, Policy, scale};
use crate::rng::Rng;
use crate::schedule::Schedule;

prop_compose! {
    fn a_policy()(
        every in 10_u64..10_000_000,
        timeout in 1_u64..10_000_000,
        jitter in 0.0..=0.5,
        room in prop::option::of(0_u64..1_000),
    ) -> Policy {
        let ms = Duration::from_millis;
        let policy = Policy { every: ms(every), timeout: ms(timeout), jitter, ..Policy::default() };
        let tightest = scale(policy.every, 1.0 + jitter).saturating_add(policy.timeout);
        Policy { stale_after: room.map(|room| tightest + ms(room)), ..policy }
    }
}

/// One nanosecond for the rounding of each side.
fn within(pause: Duration, low: Duration, high: Duration) -> bool {
    let ns = Duration::from_nanos(2);
    pause + ns >= low && pause <= high + ns
}

proptest! {
    #[test]
    fn a_pause_is_every_give_or_take_the_jitter(
        policy in a_policy(), seed: u64, runs in prop::collection::vec(any::<bool>(), 1..64),
    ) {
        let Policy { every, jitter, .. } = policy;
        let mut schedule = Schedule::new(policy, Rng::seeded(seed));
        schedule.next(true);
        for good in runs {
            let pause = schedule.next(good);
            prop_assert!(
                within(pause, scale(every, 1.0 - jitter), scale(every, 1.0 + jitter)),
                "{pause:?} {policy:?}"
            );
        }
    }

    #[test]
    fn the_pause_after_the_first_good_result_is_between_half_and_all_of_every(
        policy in a_policy(), seed: u64, bad in 0_usize..16,
    ) {
        let mut schedule = Schedule::new(policy, Rng::seeded(seed));
        for _ in 0..bad {
            schedule.next(false);
        }
        let pause = schedule.next(true);
        let low = if policy.jitter > 0.0 { policy.every / 2 } else { policy.every };
        prop_assert!(within(pause, low, policy.every), "{pause:?} {policy:?}");
    }

    #[test]
    fn before_the_first_good_result_pauses_double_up_to_every(
        policy in a_policy(), seed: u64, bad in 1_i32..16,
    ) {
        let Policy { every, jitter, .. } = policy;
        let mut schedule = Schedule::new(policy, Rng::seeded(seed));
        for nth in 0..bad {
            let share = (2_f64.powi(nth) / 64.0).min(1.0);
            let pause = schedule.next(false);
            let (low, high) = (scale(every, share * (1.0 - jitter)), scale(every, share * (1.0 + jitter)));
            prop_assert!(pause >= MIN_EVERY && within(pause, low, high.max(MIN_EVERY)));
        }
    }

    /// The law behind the staleness: silence means that a run is missing, never that one is merely slow.
    #[test]
    fn an_accepted_policy_never_goes_stale_while_each_run_ends_in_its_time(
        policy in a_policy(), seed: u64,
        runs in prop::collection::vec((any::<bool>(), 0.0..=1.0), 1..64),
    ) {
        prop_assert_eq!(policy.verify(&"it".into()), Ok(()));
        let mut schedule = Schedule::new(policy, Rng::seeded(seed));
        for (good, share) in runs {
            let silence = schedule.next(good) + scale(policy.timeout, share);
            prop_assert!(within(silence, Duration::ZERO, policy.stale_after()));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_pauses() {
    let pauses = |seed| {
        let mut schedule = Schedule::new(Policy::default(), Rng::seeded(seed));
        std::iter::repeat_with(move || schedule.next(true)).take(8).collect::<Vec<_>>()
    };
    assert_eq!(pauses(7), pauses(7));
    assert_ne!(pauses(7), pauses(8));
}

#[test]
fn without_jitter_nothing_is_left_to_chance() {
    let policy = Policy { jitter: 0.0, ..Policy::default() };
    let mut schedule = Schedule::new(policy, Rng::random());
    let pauses: Vec<_> = (0..4).map(|_| schedule.next(true)).collect();
    assert_eq!(pauses, [policy.every; 4]);
}

#[test]
fn the_largest_values_saturate() {
    let most = Duration::MAX;
    let policy = Policy { every: most, timeout: most, initial_delay: most, ..Policy::default() };
    assert_eq!(policy.verify(&"it".into()), Ok(()));
    assert_eq!(policy.stale_after(), most);
    let mut schedule = Schedule::new(policy, Rng::seeded(1));
    assert_eq!(schedule.first(), most);
    let year = Duration::from_secs(31_536_000);
    assert!((0..64).all(|nth| schedule.next(nth > 32) > 1_000 * year));
}
