//! Epochs of a key, and the order of its clean-ups.

use std::future::ready;
use std::sync::Arc;
use std::sync::Barrier;
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, Settings, State};
use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::support::{SECOND, Told, assert_near};

fn tell(told: &Told<&'static str>, what: &'static str) -> Cleanup {
    let told = told.clone();
    Cleanup::idempotent("tell", move |_: Attempt| {
        told.push(what);
        ready(())
    })
    .boxed()
}

/// Runs until it is let go.
fn hold(until: &Arc<Notify>) -> Cleanup {
    let until = Arc::clone(until);
    Cleanup::once("hold", move |_: Attempt| async move { until.notified().await }).boxed()
}

#[test]
fn epochs_rise_over_all_keys_and_only_the_newest_of_a_key_is_current() {
    let janitor = Janitor::new("test");
    let claims: Vec<_> = ["a", "b", "a", "a", "b"].map(|key| janitor.claim(key)).into();
    assert!(claims.windows(2).all(|pair| pair[0].epoch() < pair[1].epoch()));
    let current: Vec<_> = claims.iter().map(firstlight_cleanup::Claim::is_current).collect();
    assert_eq!(current, [false, false, false, true, true]);
    assert_eq!(claims[1].key().as_str(), "b");
    // Clones are the same claim; dropping them gives nothing up.
    let last = claims[4].clone();
    drop(claims);
    assert!(last.is_current());
    assert!(!format!("{last:?}").is_empty());
}

#[test]
fn a_claim_that_everybody_forgot_is_still_below_the_next_one() {
    let janitor = Janitor::new("test");
    let mut last = 0;
    for _ in 0..3 {
        for key in 0..1_000 {
            let claim = janitor.claim(key.to_string());
            assert!(claim.is_current() && claim.epoch() > last);
            last = claim.epoch();
        }
    }
}

#[test]
fn of_racing_claims_exactly_one_is_current() {
    let janitor = Janitor::new("test");
    for _ in 0..200 {
        let start = Barrier::new(2);
        let claims = std::thread::scope(|scope| {
            let race = || {
                start.wait();
                janitor.claim("dp1")
            };
            let racers = [scope.spawn(race), scope.spawn(race)];
            racers.map(|racer| racer.join().unwrap())
        });
        let [one, two] = claims;
        assert_ne!(one.epoch(), two.epoch());
        assert_eq!(one.is_current(), one.epoch() > two.epoch());
        assert_eq!(two.is_current(), two.epoch() > one.epoch());
    }
}

/// What an old owner left behind, wherever it waits when the new one comes.
#[tokio::test(start_paused = true)]
async fn a_newer_claim_makes_an_old_cleanup_a_no_op_wherever_it_waits() {
    for place in
        ["its delay", "its key", "a worker", "a pause", "its guard", "its delay, long over"]
    {
        let janitor = Janitor::with(Settings::new("test").with_concurrency(1));
        let told = Told::new();
        let let_go = Arc::new(Notify::new());
        let old = janitor.claim("dp1");
        let mut cleanup = tell(&told, "deleted").with_claim(&old);
        let mut guard = None;
        let run = match place {
            "its delay" => janitor.scope(cleanup.with_delay(SECOND)).run(),
            "its key" => {
                drop(janitor.scope(hold(&let_go).with_key("dp1")));
                janitor.scope(cleanup).run()
            }
            "a worker" => {
                drop(janitor.scope(hold(&let_go).with_key("other")));
                janitor.scope(cleanup).run()
            }
            "a pause" => {
                let told = told.clone();
                cleanup = Cleanup::idempotent("flaky", move |attempt: Attempt| {
                    if attempt.number() > 1 {
                        told.push("deleted");
                    }
                    ready(Err::<(), _>("no"))
                })
                .with_claim(&old)
                .boxed();
                janitor.scope(cleanup).run()
            }
            "its guard" => {
                guard = Some(janitor.track(cleanup).unwrap());
                janitor.scope(tell(&told, "other")).run()
            }
            _ => janitor.scope(cleanup.with_delay(SECOND * 3_600)).run(),
        };
        tokio::task::yield_now().await;
        if place == "its delay, long over" {
            sleep(SECOND * 3_599).await;
        }
        let new = janitor.claim("dp1");
        assert!(new.is_current() && !old.is_current());
        let run = match guard {
            Some(guard) => {
                assert_eq!(run.await, Outcome::Completed);
                guard.run()
            }
            None => run,
        };
        // Whoever asked is told at once.
        assert_eq!(run.now_or_never(), Some(Outcome::Superseded), "{place}");
        let_go.notify_one();
        assert!(janitor.drain(SECOND * 3).await.is_clean(), "{place}");
        let deleted = told.all().contains(&"deleted");
        assert!(!deleted, "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reconnect_inside_the_grace_period_cancels_the_pending_cleanup_at_once() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let began = Instant::now();
    let old = janitor.claim("dp1");
    let pending =
        janitor.scope(tell(&told, "deleted").with_claim(&old).with_delay(SECOND * 3_600)).run();
    sleep(SECOND).await;
    assert_eq!(janitor.inventory().items[0].state, State::Delayed);
    let _new = janitor.claim("dp1");
    // Nothing of it stays behind until the hour is over: no row, no wait, and whoever asked is told.
    janitor.assert_idle();
    assert_eq!(pending.await, Outcome::Superseded);
    assert_near(began.elapsed(), SECOND);
    janitor.fence("dp1").wait().await;
    assert_near(began.elapsed(), SECOND);
    assert_eq!((told.all().len(), janitor.stats().superseded), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_reconnect_while_the_cleanup_runs_waits_for_it_and_does_not_cut_it() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let old = janitor.claim("dp1");
    let tell_of = told.clone();
    let cleanup = Cleanup::once("delete", move |_: Attempt| async move {
        sleep(SECOND * 3).await;
        tell_of.push("deleted");
    });
    let run = janitor.scope(cleanup.with_claim(&old)).run();
    sleep(SECOND).await;
    let new = janitor.claim("dp1");
    janitor.fence("dp1").wait().await;
    told.push("registered");
    assert_eq!(told.all(), ["deleted", "registered"]);
    assert_eq!(run.await, Outcome::Completed);
    // The new owner's own clean-up is another matter.
    let run = janitor.scope(tell(&told, "deleted again").with_claim(&new)).run();
    assert_eq!(run.await, Outcome::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_claim_supersedes_neither_what_has_none_nor_what_has_the_newest() {
    let janitor = Janitor::with(Settings::new("test").with_concurrency(1));
    let told = Told::new();
    let [old, new] = [janitor.claim("dp1"), janitor.claim("dp1")];
    let unclaimed =
        janitor.scope(tell(&told, "unclaimed").with_key("dp1").with_delay(SECOND)).run();
    let stale = janitor.scope(tell(&told, "stale").with_claim(&old)).run();
    let newest = janitor.scope(tell(&told, "newest").with_claim(&new)).run();
    assert_eq!(unclaimed.await, Outcome::Completed);
    assert_eq!(stale.await, Outcome::Superseded);
    assert_eq!(newest.await, Outcome::Completed);
    assert_eq!(told.all(), ["unclaimed", "newest"]);
}

#[tokio::test(start_paused = true)]
async fn a_claim_inside_a_cleanup_of_the_same_key_leaves_it_running_and_supersedes_those_behind() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let old = janitor.claim("dp1");
    let (inside, tell_of) = (janitor.clone(), told.clone());
    let first = Cleanup::once("first", move |_: Attempt| async move {
        sleep(SECOND).await;
        let new = inside.claim("dp1");
        tell_of.push(if new.is_current() { "claimed" } else { "lost" });
    });
    let first = janitor.scope(first.with_claim(&old)).run();
    let behind = janitor.scope(tell(&told, "deleted").with_claim(&old)).run();
    assert_eq!(behind.await, Outcome::Superseded);
    assert_eq!(first.await, Outcome::Completed);
    assert_eq!(told.all(), ["claimed"]);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn cleanups_of_one_key_run_one_after_the_other_in_the_order_they_were_detached() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    for (at, delay) in [3, 0, 2, 1].into_iter().enumerate() {
        let told = told.clone();
        let cleanup = Cleanup::once("step", move |_: Attempt| async move {
            told.push((at, "begins"));
            sleep(SECOND).await;
            told.push((at, "ends"));
        });
        drop(janitor.scope(cleanup.with_key("dp1").with_delay(SECOND * delay)));
    }
    sleep(SECOND * 60).await;
    let in_order: Vec<_> = (0..4).flat_map(|at| [(at, "begins"), (at, "ends")]).collect();
    assert_eq!(told.all(), in_order);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn other_keys_do_not_wait_and_neither_do_cleanups_without_one() {
    let janitor = Janitor::with(Settings::new("test").with_concurrency(2));
    let let_go = Arc::new(Notify::new());
    let told = Told::new();
    let held = janitor.scope(hold(&let_go).with_key("dp1")).run();
    for _ in 0..10 {
        drop(janitor.scope(tell(&told, "dp1").with_key("dp1")));
    }
    drop(janitor.scope(tell(&told, "dp2").with_key("dp2")));
    assert_eq!(janitor.scope(tell(&told, "none")).run().await, Outcome::Completed);
    janitor.fence("dp2").wait().await;
    assert_eq!(told.all(), ["dp2", "none"]);
    let_go.notify_one();
    assert_eq!(held.await, Outcome::Completed);
    janitor.fence("dp1").wait().await;
    assert_eq!(told.all().len(), 12);
}

#[tokio::test(start_paused = true)]
async fn two_janitors_do_not_know_each_others_keys_and_a_foreign_claim_is_asked_itself() {
    let [one, two] = ["one", "two"].map(Janitor::new);
    let told = Told::new();
    let foreign = one.claim("dp1");
    let run = two.scope(tell(&told, "first").with_claim(&foreign).with_delay(SECOND)).run();
    // A claim of the other janitor is no newer claim of the same one.
    let _unrelated = two.claim("dp1");
    assert!(foreign.is_current());
    assert_eq!(run.await, Outcome::Completed);
    let run = two.scope(tell(&told, "second").with_claim(&foreign).with_delay(SECOND)).run();
    let _newer = one.claim("dp1");
    assert_eq!(run.await, Outcome::Superseded);
    assert_eq!(told.all(), ["first"]);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_keys_that_reconnect_leave_nothing_behind() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let mut claims = Vec::new();
    for key in 0..100_000 {
        let claim = janitor.claim(key.to_string());
        drop(janitor.scope(
            tell(&told, "deleted").with_claim(&claim).with_delay(Duration::from_secs(3_600)),
        ));
        claims.push(claim);
    }
    assert_eq!(janitor.stats().waiting, 100_000);
    for old in claims {
        assert!(janitor.claim(old.key().clone()).epoch() > old.epoch());
    }
    janitor.assert_idle();
    assert_eq!(janitor.stats().superseded, 100_000);
    assert!(janitor.drain(SECOND).await.is_clean());
    assert!(told.all().is_empty());
}
