use std::cell::RefCell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Certainty, Cleanup, Janitor, Reason, Settings, State};
use serde_json::Value;
use tokio::time::sleep;

use crate::support::{SECOND, assert_near};

fn hang(_: Attempt) -> std::future::Pending<()> {
    pending()
}

#[tokio::test(start_paused = true)]
async fn it_shows_what_is_armed_waits_and_runs_and_nothing_that_has_ended() {
    let janitor = Janitor::new("orders");
    assert!(janitor.inventory().is_empty());
    assert_eq!(janitor.inventory().to_string(), "orders: 0 at hand");
    let line = line!();
    let armed = janitor.track(Cleanup::once("younger", hang).with_key("a")).unwrap();
    sleep(SECOND).await;
    let younger = janitor.track(Cleanup::once("youngest", hang)).unwrap();
    let unseen = janitor.scope(Cleanup::once("scope", hang));
    drop(janitor.scope(Cleanup::once("runs", hang).with_key("k").with_deadline(Duration::MAX)));
    drop(janitor.scope(Cleanup::once("behind", hang).with_key("k")));
    drop(janitor.scope(Cleanup::once("delayed", hang).with_delay(SECOND * 60)));
    let flaky = Cleanup::idempotent("paused", |_| async { Err::<(), _>("refused") });
    let retry = firstlight_cleanup::Retry::new().with_base(SECOND * 99).with_cap(SECOND * 99);
    drop(janitor.scope(flaky.with_retry(retry).with_deadline(Duration::MAX)));
    let _ = janitor.scope(Cleanup::once("ended", |_| async {})).run().await;

    let inventory = janitor.inventory();
    let rows: Vec<_> = inventory.items.iter().map(|row| (row.name, row.state)).collect();
    let expected = [
        ("younger", State::Armed),
        ("youngest", State::Armed),
        ("runs", State::Running),
        ("behind", State::Queued),
        ("delayed", State::Delayed),
        ("paused", State::Delayed),
    ];
    let mut sorted = rows.clone();
    sorted[2..].sort_by_key(|row| expected.iter().position(|expected| expected == row));
    assert_eq!(sorted, expected);
    assert_eq!(inventory.total, 6);
    let row = |name| inventory.items.iter().find(|row| row.name == name).unwrap();
    let armed_row = row("younger");
    assert_eq!(armed_row.key.as_ref().unwrap().as_str(), "a");
    assert_eq!((armed_row.place.file(), armed_row.place.line()), (file!(), line + 1));
    assert_near(armed_row.age, SECOND);
    assert_eq!((armed_row.reason, armed_row.certainty), (None, Certainty::Yes));
    assert_eq!(armed_row.outcome(), None);
    assert_eq!(row("paused").attempts, 1);
    assert_eq!(row("paused").last_error.as_deref(), Some("refused"));
    assert_eq!((row("runs").attempts, row("runs").reason), (1, Some(Reason::Dropped)));
    let stats = janitor.stats();
    assert_eq!((stats.armed, stats.running, stats.waiting), (2, 1, 3));

    let text = inventory.to_string();
    assert!(text.starts_with("orders: 6 at hand\n  younger [a] armed for 1.0"), "{text}");
    assert_eq!(text.lines().count(), 7);
    let value: Value = serde_json::from_str(&inventory.to_json()).unwrap();
    assert_eq!(value["janitor"], "orders");
    assert_eq!(value["total"], 6);
    assert_eq!(value["items"][0]["state"], "armed");
    assert_eq!(inventory.to_json().lines().count(), 1);

    let _ = (armed.disarm(), younger.disarm(), unseen.disarm());
    let _ = janitor.drain(Duration::ZERO).await;
    assert!(janitor.inventory().is_empty());
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn beyond_a_thousand_it_counts() {
    let janitor = Janitor::with(Settings::new("test").with_concurrency(1));
    let mut guards: Vec<_> =
        (0..999).map(|_| janitor.track(Cleanup::once("armed", hang)).unwrap()).collect();
    for _ in 0..1_000 {
        drop(janitor.scope(Cleanup::once("waits", hang)));
    }
    let inventory = janitor.inventory();
    assert_eq!((inventory.items.len(), inventory.total), (1_000, 1_999));
    assert_eq!(inventory.items.iter().filter(|row| row.state == State::Armed).count(), 999);
    assert!(inventory.to_string().ends_with("\n  and 999 more"));
    guards.extend((0..501).map(|_| janitor.track(Cleanup::once("armed", hang)).unwrap()));
    let inventory = janitor.inventory();
    assert_eq!((inventory.items.len(), inventory.total), (1_000, 2_500));
    assert!(!inventory.is_empty());
    for guard in guards {
        let _ = guard.disarm();
    }
    assert_eq!(janitor.inventory().total, 1_000);
}

/// A value of its own thread: other tests panic on theirs.
fn place_of_panic(code: impl FnOnce()) -> (String, String) {
    thread_local!(static PLACE: RefCell<Option<String>> = const { RefCell::new(None) });
    let other = std::panic::take_hook();
    let this = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == this {
            let place = info.location().map(|place| format!("{}:{}", place.file(), place.line()));
            PLACE.with(|kept| *kept.borrow_mut() = place);
        } else {
            other(info);
        }
    }));
    let panicked = catch_unwind(AssertUnwindSafe(code)).expect_err("it panics");
    let said = panicked.downcast_ref::<String>().unwrap().clone();
    (PLACE.with(|kept| kept.borrow_mut().take()).unwrap(), said)
}

#[test]
fn assert_idle_panics_at_the_line_that_asked_and_names_what_is_there() {
    let janitor = Janitor::new("orders");
    janitor.assert_idle();
    let guard = janitor.track(Cleanup::once("release", hang).with_key("dp1")).unwrap();
    let (place, said) = place_of_panic(|| janitor.assert_idle());
    assert_eq!(place, format!("{}:{}", file!(), line!() - 1));
    assert!(
        said.starts_with("janitor orders is not idle:\norders: 1 at hand\n  release [dp1] armed"),
        "{said}"
    );
    let _ = guard.disarm();
    janitor.assert_idle();
}
