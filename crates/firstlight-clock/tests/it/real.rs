use std::time::Duration;

use firstlight_clock::{Clock, started_at};

#[test]
fn two_clocks_agree_and_none_goes_back() {
    let (one, two) = (Clock::new(), Clock::default());
    let mut last = Duration::ZERO;
    for _ in 0..1_000 {
        let (a, b) = (one.now(), two.now());
        assert!(last <= a && a <= b, "{last:?} {a:?} {b:?}");
        last = b;
    }
}

#[test]
#[cfg(target_os = "linux")]
fn zero_is_the_start_of_the_process_and_not_the_first_call() {
    // A test binary has lived for some time, however short, and for less than a machine's day.
    let clock = Clock::new();
    let age = clock.now();
    assert!(age > Duration::ZERO && age < Duration::from_secs(86_400), "{age:?}");
    let wall = started_at().elapsed().expect("started in the past");
    assert!(wall.abs_diff(clock.now()) < Duration::from_secs(5), "{wall:?}");
}

#[test]
fn a_clock_by_hand_stands_still_until_it_is_moved_and_stops_at_its_end() {
    let (clock, hand) = Clock::by_hand();
    assert_eq!((clock.now(), clock.now()), (Duration::ZERO, Duration::ZERO));
    hand.advance(Duration::from_secs(3));
    assert_eq!(
        (clock.now(), clock.clone().now()),
        (Duration::from_secs(3), Duration::from_secs(3))
    );
    hand.advance(Duration::MAX);
    hand.advance(Duration::from_nanos(1));
    assert_eq!(clock.now(), Duration::from_nanos(u64::MAX));
    assert!(format!("{clock:?}").contains("by hand"));
}

#[test]
fn the_coarse_time_is_never_ahead_and_at_most_a_tick_behind() {
    let clock = Clock::real();
    let mut last = Duration::ZERO;
    for _ in 0..100_000 {
        let before = clock.now();
        let coarse = clock.coarse();
        let after = clock.now();
        assert!(coarse <= after, "{coarse:?} is ahead of {after:?}");
        assert!(coarse >= last, "{coarse:?} is before {last:?}");
        // The first clock of a process is asked before the kernel's next tick.
        let tick = Duration::from_millis(10);
        assert!(coarse + tick >= before, "{coarse:?} is more than a tick before {before:?}");
        last = coarse;
    }
}

#[test]
fn a_clock_by_hand_is_never_coarse() {
    let (clock, hand) = Clock::by_hand();
    hand.advance(Duration::from_nanos(7));
    assert_eq!(clock.coarse(), Duration::from_nanos(7));
}
