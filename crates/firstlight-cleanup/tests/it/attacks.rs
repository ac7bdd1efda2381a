//! What an attack on the polling, the hooks, the marks and the homes found; most of these hung, overflowed or were wrong once.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::task::Poll;
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Notice, Outcome, Settings, Unfinished, What};
use futures_util::FutureExt;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::support::SECOND;
use crate::witness::bounded;

/// Spends all that its task may do in one poll, and waits for ever.
async fn spend_and_hang() {
    let semaphore = Semaphore::new(1);
    std::future::poll_fn(|cx| {
        while std::pin::pin!(semaphore.acquire()).poll(cx).is_ready() {}
        Poll::<()>::Pending
    })
    .now_or_never();
    // Called again at once, since its budget was spent, and never after that.
    let mut called = false;
    std::future::poll_fn(|cx| {
        if !std::mem::replace(&mut called, true) {
            while std::pin::pin!(semaphore.acquire()).poll(cx).is_ready() {}
        }
        Poll::Pending
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_cleanup_that_has_spent_the_budget_of_its_task_is_ended_by_its_deadline() {
    let janitor = Janitor::new("spent");
    let cleanup = Cleanup::once("hangs", |_: Attempt| spend_and_hang()).with_deadline(SECOND);
    let run = janitor.scope(cleanup).run();
    // It waits for longer than that, or for ever.
    assert_eq!(tokio::time::timeout(SECOND * 2, run).await, Ok(Outcome::TimedOut));
}

#[test]
fn a_first_poll_that_blocks_counts_towards_the_deadline() {
    bounded("blocks", || {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let outcome = runtime.block_on(async {
            let janitor = Janitor::new("blocks");
            let cleanup = Cleanup::once("blocks", |attempt: Attempt| async move {
                let (_open, shut) = mpsc::channel::<()>();
                let time = attempt.time_left();
                assert!(shut.recv_timeout(time).is_err());
                // There would be time for this, if the clock had started when the poll ended.
                sleep(time / 2).await;
            });
            janitor.scope(cleanup.with_deadline(Duration::from_millis(100))).run().await
        });
        assert_eq!(outcome, Outcome::TimedOut);
    });
}

/// Each of these would be told of what it has handed in itself, and so on.
#[test]
fn hooks_that_hand_in_what_they_are_told_of_come_to_an_end() {
    fn again(janitor: &OnceLock<Janitor>) {
        if let Some(janitor) = janitor.get() {
            drop(janitor.scope(Cleanup::once("again", |_: Attempt| async {})));
        }
    }
    type With = fn(Settings, Arc<OnceLock<Janitor>>) -> Settings;
    let hooks: [(&str, With, u64); 3] = [
        (
            "observer",
            |settings, slot| {
                settings.with_observer(move |notice: &Notice<'_>| {
                    if matches!(notice.what, What::Ended(_)) {
                        again(&slot);
                    }
                })
            },
            5,
        ),
        (
            "detached",
            |settings, slot| {
                settings.with_observer(move |notice: &Notice<'_>| {
                    if matches!(notice.what, What::Detached) {
                        again(&slot);
                    }
                })
            },
            5,
        ),
        ("sweeper", |settings, slot| settings.with_sweeper(move |_: Unfinished| again(&slot)), 5),
    ];
    for (hook, with, expected) in hooks {
        bounded(hook, move || {
            let slot = Arc::new(OnceLock::new());
            // Everything ends at once, in the call that hands it in.
            let janitor = Janitor::with(with(Settings::new("it").with_queue(0), Arc::clone(&slot)));
            let janitor = slot.get_or_init(|| janitor);
            for times in 1..=2 {
                drop(janitor.scope(Cleanup::once("first", |_: Attempt| async {})));
                let stats = janitor.stats();
                assert_eq!(stats.detached, times * expected, "{hook}");
                assert_eq!(stats.overflowed, times * expected, "{hook}");
            }
            // So it is when the drain is over.
            assert!(janitor.drain_blocking(SECOND).is_clean(), "{hook}");
            drop(janitor.scope(Cleanup::once("late", |_: Attempt| async {})));
            assert_eq!(janitor.stats().lost, expected, "{hook}");
        });
    }
}

/// Within a clean-up of another one it is its own clean-up still.
#[test]
fn a_janitor_that_is_drained_within_another_one_within_itself_does_not_wait_for_itself() {
    /// Runs code in a sync part within a sync part, so many times.
    fn nest(janitor: &Janitor, times: usize, code: Box<dyn FnOnce() + '_>) {
        let Some(times) = times.checked_sub(1) else { return code() };
        drop(janitor.scope(Cleanup::sync_only("nested", move |_| nest(janitor, times, code))));
    }
    bounded("nested", || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (outer, inner) = (Janitor::new("outer"), Janitor::new("inner"));
            let (tell, told) = mpsc::channel();
            let (drained, between) = (outer.clone(), inner.clone());
            let run = outer.scope(Cleanup::once("outer", move |_: Attempt| async move {
                let drain = move || tell.send(drained.drain_blocking(Duration::MAX).left).unwrap();
                nest(&between, 5, Box::new(drain));
            }));
            assert_eq!(run.run().await, Outcome::Completed);
            assert_eq!(told.try_recv(), Ok(1));
            // The other one is not closed by that, and nothing of the mark is left.
            assert!(!inner.is_closing());
            let run = inner.track(Cleanup::once("next", |_: Attempt| async {})).unwrap().run();
            assert!(inner.drain(SECOND).await.is_clean());
            assert_eq!(run.await, Outcome::Completed);
        });
    });
}

#[tokio::test]
async fn a_commit_is_done_though_what_it_disarms_panics_when_it_is_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("bomb"));
        }
    }
    let janitor = Janitor::new("bomb");
    for how in ["scope", "tracked", "stack"] {
        let bomb = Bomb;
        let cleanup = Cleanup::once("bomb", move |_: Attempt| {
            let _held = &bomb;
            async {}
        });
        let done = async { Ok::<_, ()>(7) };
        let commit = async {
            match how {
                "scope" => janitor.scope(cleanup).commit(done).await,
                "tracked" => janitor.track(cleanup).unwrap().commit(done).await,
                _ => {
                    let mut stack = janitor.stack("stack").unwrap();
                    stack.push(cleanup);
                    stack.commit(done).await
                }
            }
        };
        let answer = AssertUnwindSafe(commit).catch_unwind().await;
        assert!(matches!(answer, Ok(Ok(7))), "{how}");
        janitor.assert_idle();
        assert_eq!(janitor.stats().detached, 0, "{how}");
    }
}

/// What it remembers of a runtime without timers: that the next worker has no business there, either.
#[test]
fn a_runtime_without_timers_is_asked_once() {
    bounded("timerless", || {
        let runtime = Builder::new_current_thread().build().unwrap();
        let janitor = Janitor::new("timerless");
        let _in_runtime = runtime.enter();
        // It keeps the first worker, so that the next one needs another.
        let (open, opened) = tokio::sync::oneshot::channel::<()>();
        let (tell, begun) = mpsc::channel();
        let busy = Cleanup::once("busy", |_: Attempt| async move {
            let _ = tell.send(());
            let _ = opened.await;
        });
        drop(janitor.scope(busy.with_deadline(Duration::MAX)));
        runtime.block_on(async {
            while begun.try_recv().is_err() {
                tokio::task::yield_now().await;
            }
        });
        // From here on nobody drives it.
        let (tell, done) = mpsc::channel();
        drop(janitor.scope(Cleanup::once("next", move |_: Attempt| async move {
            let _ = tell.send(());
        })));
        done.recv().unwrap();
        drop(open);
    });
}

#[test]
fn the_janitors_own_thread_ends_when_it_has_nothing_to_do_and_comes_back() {
    /// Says when its thread has ended.
    struct Says(mpsc::Sender<()>);
    impl Drop for Says {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    thread_local! {
        static SAYS: std::cell::RefCell<Option<Says>> = const { std::cell::RefCell::new(None) };
    }
    bounded("thread", || {
        let janitor = Janitor::new("thread");
        for times in 1..=2 {
            let (tell, told) = mpsc::channel();
            drop(janitor.scope(Cleanup::once("some", |_: Attempt| async move {
                SAYS.set(Some(Says(tell)));
            })));
            told.recv().unwrap();
            assert_eq!(janitor.stats().rescued, times);
        }
    });
}

/// e11: what it is told last of a clean-up is the end of its span, when the clean-up has completed.
#[test]
fn a_subscriber_that_panics_at_the_end_of_a_span_has_nothing_attempted_again() {
    struct Closes(Arc<AtomicBool>);
    impl tracing::Subscriber for Closes {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {}
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
        fn try_close(&self, _: tracing::span::Id) -> bool {
            if self.0.load(Ordering::SeqCst) {
                std::panic::resume_unwind(Box::new("closes"));
            }
            true
        }
    }
    bounded("closes", || {
        let armed = Arc::new(AtomicBool::new(false));
        tracing::subscriber::with_default(Closes(Arc::clone(&armed)), || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let span = tracing::info_span!("owner");
            runtime.block_on(async {
                let janitor = Janitor::new("closes");
                let attempts = Arc::new(AtomicUsize::new(0));
                let count = Arc::clone(&attempts);
                let cleanup = Cleanup::idempotent("it", move |_: Attempt| {
                    count.fetch_add(1, Ordering::SeqCst);
                    async {}
                });
                let guard = janitor.scope(cleanup.with_span(&span));
                armed.store(true, Ordering::SeqCst);
                assert_eq!(guard.run().await, Outcome::Completed);
                armed.store(false, Ordering::SeqCst);
                assert_eq!(attempts.load(Ordering::SeqCst), 1);
                janitor.assert_idle();
            });
        });
    });
}
