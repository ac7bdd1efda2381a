use std::time::Duration;

use firstlight_clock::Clock;

#[tokio::test(start_paused = true)]
async fn a_foreign_thread_reads_the_paused_time_too() {
    let clock = Clock::new();
    let began = clock.now();
    tokio::time::advance(Duration::from_secs(3_600)).await;
    let there = std::thread::spawn({
        let clock = clock.clone();
        move || clock.now()
    });
    assert_eq!(there.join().expect("no panic") - began, Duration::from_secs(3_600));
    assert_eq!(clock.now() - began, Duration::from_secs(3_600));
    assert!(format!("{clock:?}").contains("paused"));
}

#[tokio::test(start_paused = true)]
async fn clocks_of_one_paused_runtime_agree_whenever_they_were_made() {
    let early = Clock::new();
    tokio::time::advance(Duration::from_secs(60)).await;
    let late = Clock::new();
    assert_eq!(early.now(), late.now());
}

#[tokio::test(start_paused = true)]
async fn a_real_clock_follows_no_paused_time() {
    let (real, paused) = (Clock::real(), Clock::new());
    tokio::time::advance(Duration::from_secs(3_600)).await;
    assert!(format!("{real:?}").contains("real"));
    assert!(paused.now() - real.now() > Duration::from_secs(3_000));
}

#[tokio::test]
async fn a_runtime_with_real_time_has_a_real_clock() {
    assert!(format!("{:?}", Clock::new()).contains("real"));
}

#[test]
fn a_clock_outlives_its_paused_runtime_and_does_not_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let clock = runtime.block_on(async { Clock::new() });
    let before = clock.now();
    drop(runtime);
    assert!(clock.now() >= before);
}

#[tokio::test(start_paused = true)]
async fn the_coarse_time_of_a_paused_clock_is_its_time() {
    let clock = Clock::new();
    tokio::time::advance(Duration::from_nanos(1_234_567)).await;
    assert_eq!(clock.coarse(), clock.now());
}
