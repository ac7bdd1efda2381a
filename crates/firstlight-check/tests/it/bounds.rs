//! Time-outs, staleness, the cap, and when checks run.

use std::time::Duration;

use firstlight_check::{Checks, Health, MIN_EVERY, Outcome, Trouble};
use firstlight_ready::GateState;
use tokio::time::{Instant, sleep};

use crate::target::{Target, gate, ms, ready, s, set, status};

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_is_dropped_and_the_next_one_is_new() {
    let (readiness, checks) = set();
    let db = Target::well().taking(Duration::MAX);
    checks.add(db.check("db").timeout(s(2)).every(s(1))).expect("added");
    sleep(ms(2_010)).await;
    assert_eq!((db.asked(), db.given_up()), (1, 1));
    assert_eq!(gate(&readiness, "db"), (GateState::Pending, "timed out after 2s".to_owned()));
    let found = status(&checks, "db");
    assert_eq!((found.last, found.in_flight_for), (Some(Outcome::TimedOut(s(2))), None));
    db.takes(s(1));
    ready(&readiness).await;
    assert_eq!(db.given_up() as usize + 1, db.asked());
}

#[tokio::test(start_paused = true)]
async fn a_run_without_a_time_out_holds_up_only_those_under_the_same_cap() {
    let (readiness, checks) = set();
    let full = Checks::new(&readiness).max_concurrent(1);
    let (hog, starved, db) = (Target::well().taking(Duration::MAX), Target::well(), Target::well());
    full.add(hog.check("hog").timeout(Duration::MAX)).expect("added");
    full.add(starved.check("starved")).expect("added");
    checks.add(db.check("db").every(s(1))).expect("added");
    sleep(s(1_000)).await;
    assert_eq!((hog.asked(), hog.given_up(), starved.asked()), (1, 0, 0));
    assert!(db.asked() > 900);
    assert!(status(&full, "hog").in_flight_for >= Some(s(999)), "its age is seen while it hangs");
    // Nothing was found out, so they are not ready: the time that a gate has to open bounds them.
    assert_eq!(gate(&readiness, "hog").0, GateState::Failed);
    assert_eq!(gate(&readiness, "starved").0, GateState::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_gate_goes_stale_when_its_check_gets_no_place() {
    let (readiness, checks) = set();
    let checks = checks.max_concurrent(1);
    let (db, hog) = (Target::well(), Target::well());
    checks.add(db.check("db").every(s(1)).timeout(s(2)).stale_after(s(6))).expect("added");
    ready(&readiness).await;
    hog.takes(s(100));
    checks.add(hog.check("hog").timeout(s(200)).gate(|spec| spec.optional())).expect("added");
    sleep(ms(5_900)).await;
    assert!(readiness.is_ready(), "{}", readiness.explain());
    sleep(ms(1_200)).await;
    assert!(!readiness.is_ready());
    assert_eq!(gate(&readiness, "db").0, GateState::Stale);
    assert_eq!(status(&checks, "db").last, Some(Outcome::Ready), "its wait is no time-out");
    sleep(s(100)).await;
    assert!(readiness.is_ready(), "{}", readiness.explain());
}

#[tokio::test(start_paused = true)]
async fn no_more_checks_run_at_once_than_the_cap() {
    for cap in [0, 1, 3, 40, usize::MAX] {
        let (readiness, checks) = set();
        let checks = checks.max_concurrent(cap);
        let target = Target::well().taking(s(1));
        let began = Instant::now();
        for nth in 0..40 {
            checks.add(target.check(&format!("check-{nth}")).every(s(60))).expect("added");
        }
        ready(&readiness).await;
        let cap = cap.clamp(1, 40);
        assert_eq!((target.asked(), target.most_inside()), (40, cap));
        let rounds = 40_usize.div_ceil(cap) as u64;
        assert!(began.elapsed() >= s(rounds) && began.elapsed() < s(rounds) + ms(200), "{cap}");
    }
}

#[tokio::test(start_paused = true)]
async fn under_the_cap_it_is_everybodys_turn() {
    let (_readiness, checks) = set();
    let checks = checks.max_concurrent(2);
    let targets: Vec<_> = (0..20).map(|_| Target::well().taking(ms(100))).collect();
    for (nth, target) in targets.iter().enumerate() {
        checks.add(target.check(&format!("check-{nth}")).every(ms(10))).expect("added");
    }
    sleep(s(100)).await;
    let asked: Vec<_> = targets.iter().map(Target::asked).collect();
    let (least, most) = (asked.iter().min().copied(), asked.iter().max().copied());
    assert!(most <= least.map(|least| least + 1), "{asked:?}");
    assert!(least >= Some(95), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn checks_begin_at_once_and_are_spread_from_their_second_run_on() {
    let (_readiness, checks) = set();
    let began = Instant::now();
    let targets: Vec<_> = (0..100).map(|_| Target::well()).collect();
    for (nth, target) in targets.iter().enumerate() {
        let check = target.check(&format!("check-{nth}")).jitter(0.1).seed(nth as u64);
        checks.add(check).expect("added");
    }
    sleep(s(100)).await;
    let mut halves = [0, 0];
    for target in &targets {
        let times = target.times();
        assert_eq!(times[0], began);
        let first = times[1] - times[0];
        assert!(first >= s(5) && first <= s(10) + ms(2), "{first:?}");
        halves[usize::from(first > ms(7_500))] += 1;
        for pair in times[1..].windows(2) {
            let pause = pair[1] - pair[0];
            assert!(pause >= s(9) && pause <= s(11) + ms(2), "{pause:?}");
        }
    }
    assert!(halves.iter().all(|half| *half > 30), "{halves:?}");
}

#[tokio::test(start_paused = true)]
async fn before_the_first_good_result_it_asks_sooner() {
    // With a pause of 10 s from the first a start would wait up to 10 s for a database that is there.
    let (readiness, checks) = set();
    let db = Target::answering(Err(Trouble::new("refused")));
    checks.add(db.check("db")).expect("added");
    let began = Instant::now();
    sleep(ms(1_000)).await;
    db.answers(Ok(Health::Ready));
    ready(&readiness).await;
    assert!(began.elapsed() <= ms(2_300), "{:?}", began.elapsed());
    assert!(db.asked() <= 5, "{}", db.asked());
    let asked = db.asked();
    db.answers(Err(Trouble::new("refused")));
    sleep(s(95)).await;
    assert_eq!(db.asked(), asked + 9, "later trouble is not hurried");
}

#[tokio::test(start_paused = true)]
async fn the_shortest_and_the_longest_settings_are_kept() {
    let (readiness, checks) = set();
    let (often, once, never) = (Target::well(), Target::well(), Target::well());
    let most = Duration::MAX;
    let often_check = often.check("often").every(MIN_EVERY);
    checks.add(often_check.gate(|spec| spec.optional())).expect("added");
    let once_check = once.check("once").every(most).timeout(most).stale_after(most);
    checks.add(once_check).expect("added");
    checks
        .add(never.check("never").initial_delay(most).gate(|spec| spec.optional()))
        .expect("added");
    sleep(s(10)).await;
    assert!((900..=1_001).contains(&often.asked()), "{}", often.asked());
    assert!(checks.remove("often"));
    sleep(s(10_000_000)).await;
    assert_eq!((once.asked(), never.asked()), (1, 0));
    assert!(readiness.is_ready(), "{}", readiness.explain());
}
