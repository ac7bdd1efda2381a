//! Steps of the start, seen from outside.

use firstlight_log::boot_scoped;
use tracing::Level;

#[test]
fn a_step_is_an_event_that_the_timeline_draws_and_an_item_of_the_summary() {
    let log = boot_scoped();
    log.step("db").done();
    log.step("cache").fail("no such host");
    let told: Vec<_> =
        log.captured().into_iter().filter(|event| event.field("span").is_some()).collect();
    let shown: Vec<_> = told
        .iter()
        .map(|event| {
            (event.level, event.field("span"), event.field("outcome"), event.field("reason"))
        })
        .collect();
    let db = (Level::INFO, Some("db"), Some("done"), None);
    let cache = (Level::WARN, Some("cache"), Some("failed"), Some("no such host"));
    assert_eq!(shown, [db, cache]);
    assert!(
        told.iter()
            .all(|event| event.field("start_ns").is_some() && event.field("end_ns").is_some())
    );
    let summary = log.summary();
    assert!(summary.starts_with("not ready after"), "{summary}");
    assert!(summary.contains("db") && summary.contains("cache"), "{summary}");
}

#[test]
fn a_step_that_a_panic_drops_has_panicked() {
    let log = boot_scoped();
    let step = log.step("parse");
    let thread = std::thread::spawn(move || {
        let _step = step;
        panic!("on purpose");
    });
    assert!(thread.join().is_err());
    assert!(log.summary().contains("panicked"), "{}", log.summary());
}
