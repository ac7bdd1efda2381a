use std::future::pending;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use firstlight_cleanup::{
    Attempt, Cleanup, Janitor, Outcome, Reason, Retry, Settings, Tracked, Unfinished, What,
};
use tokio::time::sleep;

use crate::support::{Log, SECOND, Told};

fn hang(_: Attempt) -> std::future::Pending<()> {
    pending()
}

fn observed(settings: Settings) -> (Janitor, Told<String>) {
    let told = Told::new();
    let tell = told.clone();
    let settings = settings.with_observer(move |notice| {
        let reason = notice.reason.map_or("armed", Reason::as_str);
        let key = notice.key.map_or("-", |key| key.as_str());
        let (name, attempts, age) = (notice.name, notice.attempts, notice.age.as_secs());
        tell.push(format!("{name} {key} {reason} {attempts} {age} s {:?}", notice.what));
    });
    (Janitor::with(settings), told)
}

#[tokio::test(start_paused = true)]
async fn an_observer_is_told_of_each_thing_once() {
    let (janitor, told) = observed(Settings::new("test").with_queue(2));
    let flaky = Cleanup::idempotent("flaky", |attempt: Attempt| async move {
        if attempt.number() < 2 { Err("refused") } else { Ok(()) }
    });
    let retry = Retry::new().with_base(Duration::ZERO);
    let _ = janitor.scope(flaky.with_retry(retry).with_key("k")).run().await;
    let sync = Cleanup::once("sync", |_| async {}).with_sync(|_| panic!("in memory"));
    let _ = janitor.scope(sync).run().await;
    drop(janitor.scope(Cleanup::sync_only("only", |_| {})));
    let late = Cleanup::once("late", hang).with_deadline(SECOND * 3);
    assert_eq!(janitor.scope(late).run().await, Outcome::TimedOut);
    let _ = janitor.scope(Cleanup::once("disarmed", hang)).disarm();
    let claim = janitor.claim("c");
    let old = Cleanup::once("old", hang).with_claim(&claim).with_delay(SECOND);
    drop(janitor.scope(old));
    let _newer = janitor.claim("c");
    let expected = [
        "flaky k finished 0 0 s Detached",
        "flaky k finished 1 0 s Retrying(\"refused\")",
        "flaky k finished 2 0 s Ended(Completed)",
        "sync - finished 0 0 s SyncPanicked(\"in memory\")",
        "sync - finished 0 0 s Detached",
        "sync - finished 1 0 s Ended(Completed)",
        "only - dropped 0 0 s Ended(Completed)",
        "late - finished 0 0 s Detached",
        "late - finished 1 3 s Ended(TimedOut)",
        "old c dropped 0 0 s Detached",
        "old c dropped 0 0 s Ended(Superseded)",
    ];
    assert_eq!(told.all(), expected);
}

struct Node {
    _guard: Mutex<Tracked>,
    me: OnceLock<Arc<Node>>,
}

#[tokio::test(start_paused = true)]
async fn e9_a_guard_that_is_armed_for_long_is_told_of_once_with_its_place() {
    let (log, _guard) = Log::start();
    let (janitor, told) = observed(Settings::new("test").with_warn_after(SECOND * 4));
    let line = line!();
    let cycle = Cleanup::once("in a cycle", hang).with_key("k");
    // A cycle of `Arc`s, and `mem::forget`: neither is ever dropped.
    let guard = janitor.track(cycle.boxed()).unwrap();
    let node = Arc::new(Node { _guard: Mutex::new(guard), me: OnceLock::new() });
    assert!(node.me.set(Arc::clone(&node)).is_ok());
    drop(node);
    std::mem::forget(janitor.track(Cleanup::once("forgotten", hang)).unwrap());
    let short = janitor.track(Cleanup::once("short", hang)).unwrap();
    sleep(SECOND * 3).await;
    let _ = short.disarm();
    assert!(told.all().is_empty());
    sleep(SECOND * 60).await;
    let mut told = told.all();
    told.sort();
    let expected = ["forgotten - armed 0 5 s ArmedLong", "in a cycle k armed 0 5 s ArmedLong"];
    assert_eq!(told, expected);
    let warned = log.with("is armed for 5.0 s (made at ");
    assert_eq!(warned.len(), 2);
    let warned = warned.iter().find(|line| line.fields["name"] == "in a cycle").unwrap();
    assert_eq!((warned.level.as_str(), warned.fields["key"].as_str()), ("WARN", "k"));
    assert!(warned.fields["place"].starts_with(&format!("{}:{}:", file!(), line + 1)));
    assert!(warned.fields.contains_key("start_ns") && warned.fields.contains_key("end_ns"));
    assert_eq!(janitor.inventory().total, 2);
}

#[tokio::test(start_paused = true)]
async fn the_warnings_end_with_the_janitor_and_need_timers() {
    let settings = || Settings::new("test").with_warn_after(SECOND);
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = alive();
    drop(Janitor::with(settings()));
    sleep(SECOND).await;
    assert_eq!(alive(), before);
    std::thread::spawn(move || {
        let janitor = Janitor::with(settings());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let inside = runtime.block_on(async {
            let janitor = Janitor::with(settings());
            tokio::task::yield_now().await;
            janitor
        });
        assert!(janitor.inventory().is_empty() && inside.inventory().is_empty());
    })
    .join()
    .unwrap();
}

/// Does with the janitor all that could meet a lock.
fn everything(janitor: &Janitor) {
    let _ = (janitor.stats(), janitor.inventory(), janitor.is_closing());
    let _ = janitor.claim("c");
    let _ = janitor.fence("c");
    let _ = janitor.scope(Cleanup::once("of a hook", hang)).disarm();
    if let Ok(guard) = janitor.track(Cleanup::sync_only("of a hook", |_| {})) {
        drop(guard);
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_are_called_outside_of_every_lock_and_their_panics_stay_in_there() {
    let slot: Arc<OnceLock<Janitor>> = Arc::default();
    let seen = Told::new();
    let (in_observer, tell) = (Arc::clone(&slot), seen.clone());
    let (in_sweeper, sweep) = (Arc::clone(&slot), seen.clone());
    let settings = Settings::new("test")
        .with_queue(1)
        .with_warn_after(SECOND)
        .with_observer(move |notice| {
            if notice.name == "of a hook" {
                return;
            }
            tell.push(match notice.what {
                What::Detached => "detached",
                What::SyncPanicked(_) => "sync",
                What::Retrying(_) => "retrying",
                What::Ended(outcome) => outcome.as_str(),
                What::ArmedLong => "armed",
                _ => "other",
            });
            everything(in_observer.get().unwrap());
            panic!("in the observer");
        })
        .with_sweeper(move |left: Unfinished| {
            everything(in_sweeper.get().unwrap());
            sweep.push(if left.outcome().is_some() { "swept" } else { "other" });
            panic!("in the sweeper");
        });
    let janitor = slot.get_or_init(|| Janitor::with(settings)).clone();
    let refused = Cleanup::idempotent("flaky", |_| async { Err::<(), _>("refused") })
        .with_sync(|_| panic!("in memory"));
    let retry = Retry::new().with_base(Duration::ZERO).with_attempts(2);
    let run = janitor.scope(refused.with_retry(retry)).run();
    drop(janitor.scope(Cleanup::once("too many", hang)));
    assert_eq!(run.await, Outcome::Failed);
    let armed = janitor.track(Cleanup::once("armed", hang)).unwrap();
    sleep(SECOND * 2).await;
    drop(armed);
    tokio::task::yield_now().await;
    drop(janitor.scope(Cleanup::once("superseded", hang).with_key("c").with_delay(SECOND)));
    janitor.fence("c").cancel().await;
    let claim = janitor.claim("c");
    // The observer's own claims supersede it.
    drop(janitor.scope(Cleanup::once("stale", hang).with_claim(&claim)));
    let _ = janitor.drain(SECOND).await;
    drop(janitor.scope(Cleanup::once("lost", hang)));
    let seen = seen.all();
    let count = |what: &str| seen.iter().filter(|seen| **seen == what).count();
    let expected = [
        ("detached", 6),
        ("sync", 1),
        ("retrying", 1),
        ("failed", 1),
        ("overflowed", 1),
        ("armed", 1),
        ("interrupted", 1),
        ("superseded", 2),
        ("lost", 1),
        ("swept", 4),
        ("other", 0),
    ];
    for (what, times) in expected {
        assert_eq!(count(what), times, "{what} of {seen:?}");
    }
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn the_sweeper_has_it_before_anybody_hears_that_it_has_ended() {
    let told = Told::new();
    let tell = told.clone();
    let janitor = Janitor::with(Settings::new("test").with_sweeper(move |left| tell.push(left)));
    let claim = janitor.claim("dp1");
    let cleanup = Cleanup::idempotent("release", |_| async { Err::<(), _>("refused") });
    let retry = Retry::new().with_base(Duration::ZERO).with_attempts(3);
    let outcome = janitor.scope(cleanup.with_claim(&claim).with_retry(retry)).run().await;
    assert_eq!(outcome, Outcome::Failed);
    let told = told.all();
    let [left] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((left.name, left.attempts, left.outcome()), ("release", 3, Some(Outcome::Failed)));
    assert_eq!(left.key.as_ref().unwrap().as_str(), "dp1");
    assert_eq!(left.epoch, Some(claim.epoch()));
    assert_eq!(left.last_error.as_deref(), Some("refused"));
    assert_eq!(left.reason, Some(Reason::Finished));
}
