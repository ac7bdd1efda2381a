//! Times, sizes, names and numbers at their ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Outcome, Retry, Settings};

use crate::witness::{PATIENCE, Witness};

const SECOND: Duration = Duration::from_secs(1);

/// Where a time may be zero, or have no end: what becomes of a clean-up that answers at once, and of one that never does.
#[tokio::test(start_paused = true)]
async fn times_of_zero_and_without_an_end() {
    type Set = fn(Settings, Duration) -> Settings;
    let plain: Set = |settings, _| settings;
    let janitors: Set = |settings, time| settings.with_deadline(time);
    let warns: Set = |settings, time| settings.with_warn_after(time);
    for (what, set, time, quick) in [
        ("deadline", plain, Duration::ZERO, Outcome::TimedOut),
        ("deadline", plain, Duration::MAX, Outcome::Completed),
        ("janitor", janitors, Duration::ZERO, Outcome::TimedOut),
        ("janitor", janitors, Duration::MAX, Outcome::Completed),
        ("delay", plain, Duration::ZERO, Outcome::Completed),
        ("delay", plain, Duration::MAX, Outcome::Completed),
        ("attempt", plain, Duration::ZERO, Outcome::Completed),
        ("attempt", plain, Duration::MAX, Outcome::Completed),
        ("retry", plain, Duration::ZERO, Outcome::Completed),
        ("retry", plain, Duration::MAX, Outcome::Completed),
        ("warn", warns, Duration::ZERO, Outcome::Completed),
        ("warn", warns, Duration::MAX, Outcome::Completed),
    ] {
        let witness = Witness::with(|settings| set(settings, time));
        let cleanup = Cleanup::idempotent("it", witness.work()).with_sync(witness.sync());
        let cleanup = match what {
            "deadline" => cleanup.with_deadline(time),
            "delay" => cleanup.with_delay(time),
            "attempt" => cleanup.with_attempt_timeout(time),
            "retry" => cleanup.with_retry(Retry::new().with_base(time).with_cap(time)),
            _ => cleanup,
        };
        drop(witness.janitor.track(cleanup).unwrap());
        // A drain cuts a delay short, also one without an end.
        let report = witness.janitor.drain(Duration::MAX).await;
        assert_eq!(witness.ended("it").await.outcome, quick, "{what} {time:?}: {report}");
        assert_eq!(witness.synced(), 1, "{what} {time:?}");
        assert_eq!(witness.ran() > 0, quick == Outcome::Completed, "{what} {time:?}");
    }
    for (time, outcome, attempts) in
        [(Duration::ZERO, Outcome::Lost, 0), (SECOND, Outcome::Interrupted, 1)]
    {
        let witness = Witness::new();
        let hangs = Cleanup::once("it", |_: Attempt| std::future::pending::<()>());
        drop(witness.janitor.scope(hangs.with_deadline(Duration::MAX)));
        let report = witness.janitor.drain(time).await;
        assert_eq!(report.unfinished[0].attempts, attempts, "{report}");
        assert_eq!(witness.ended("it").await.outcome, outcome, "{time:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_of_zero_and_no_workers() {
    let witness = Witness::with(|settings| settings.with_queue(0));
    drop(witness.tracked("it"));
    assert_eq!(witness.ended("it").await.outcome, Outcome::Overflowed);
    assert_eq!((witness.synced(), witness.ran()), (1, 0));
    let witness = Witness::with(|settings| settings.with_concurrency(0));
    drop(witness.tracked("it"));
    assert_eq!(witness.ended("it").await.outcome, Outcome::Completed);
    assert_eq!((witness.synced(), witness.ran()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn names_and_keys_that_are_empty_huge_or_hostile() {
    let huge: &'static str = Box::leak("ü".repeat(1 << 20).into_boxed_str());
    for text in ["", huge, "a\nREADY=1", "a\r\n\u{1b}[31mx\u{0}", "\"}\\"] {
        let witness = Witness::with(|_| Settings::new(text));
        let guard = witness.janitor.track(Cleanup::once(text, witness.work()).with_key(text));
        let guard = guard.unwrap();
        let inventory = witness.janitor.inventory();
        let shown = inventory.to_string();
        assert_eq!(shown.lines().count(), 2, "{shown:?}");
        assert!(shown.len() < 2_000 && !shown.contains(['\r', '\u{1b}', '\u{0}']), "{shown:?}");
        let json = serde_json::from_str::<serde_json::Value>(&inventory.to_json()).unwrap();
        assert_eq!(json["total"], 1);
        let report = witness.janitor.drain(Duration::ZERO).await;
        assert_eq!(report.to_string().lines().count(), 2, "{report}");
        drop(guard);
    }
}

/// Of the million a tenth is dropped armed.
#[test]
fn a_million_armed_guards() {
    const MOST: usize = 1_000_000;
    if crate::child::role().is_some() {
        let witness = Witness::with(|settings| settings.with_deadline(Duration::MAX));
        let count = Arc::new(AtomicUsize::new(0));
        let guards: Vec<_> = (0..MOST)
            .map(|_| {
                let count = Arc::clone(&count);
                let cleanup = Cleanup::once("it", move |_: Attempt| {
                    count.fetch_add(1, Ordering::SeqCst);
                    std::future::ready(())
                });
                witness.janitor.track(cleanup).unwrap()
            })
            .collect();
        assert_eq!(witness.janitor.stats().armed, MOST);
        let inventory = witness.janitor.inventory();
        assert_eq!((inventory.total, inventory.items.len()), (MOST, 1_000));
        for (at, guard) in guards.into_iter().enumerate() {
            if at % 10 == 0 {
                drop(guard);
            } else {
                assert!(guard.disarm().is_some());
            }
        }
        let report = witness.janitor.drain_blocking(PATIENCE * 3);
        assert!(report.is_clean(), "{report}");
        assert_eq!(count.load(Ordering::SeqCst), MOST / 10);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
        crate::child::say(peak.unwrap_or(0));
        return;
    }
    let test = concat!(module_path!(), "::a_million_armed_guards");
    let (status, said) = crate::child::Child::begin(test, "million").end();
    assert!(status.success(), "{said:?}");
    let peak_kb: u64 = said[0].parse().unwrap();
    assert!(peak_kb < 500 * 1_000, "{peak_kb} kB: above 500 bytes for each");
}
