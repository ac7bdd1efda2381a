//! Pitfalls and bugs of peers that need a scene of their own.
//!
//! The others are elsewhere: p01 to p06, p09, e3, e11 and findings 6, 7 and 10 in `everywhere`; p10 to p12, e8, e8b and e9 in
//! `ways_of_ending`; p07 and p08 in `capture`; p16 and finding 9 in `drain`; p18 and p19 in `processes`; finding 8 in `sqlx_begin`; r2 in
//! `commit`; e10 and, of a future in place, r1 in `shield`.

use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use crate::witness::{PATIENCE, Witness, bounded, panic_quietly};

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// r1: CancellationSafeFuture polls a future again that has panicked.
#[tokio::test(start_paused = true)]
async fn a_future_that_panicked_is_not_polled_again() {
    struct Counts(Arc<AtomicUsize>);
    impl Future for Counts {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic_quietly();
            Poll::Pending
        }
    }
    let janitor = Janitor::new("r1");
    let (polls, made) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (poll, make) = (Arc::clone(&polls), Arc::clone(&made));
    let cleanup = Cleanup::idempotent("it", move |_: Attempt| {
        make.fetch_add(1, Ordering::SeqCst);
        Counts(Arc::clone(&poll))
    });
    assert_eq!(janitor.scope(cleanup).run().await, Outcome::Panicked);
    let made = made.load(Ordering::SeqCst);
    assert!(made > 1);
    assert_eq!(polls.load(Ordering::SeqCst), made);
}

/// r3: the crate async-drop blocks in `Drop` for a thread of its own; where the clean-up needs a task of the runtime it came from, both
/// wait for ever.
#[test]
fn a_cleanup_may_need_the_runtime_that_its_guard_is_dropped_in() {
    bounded("r3", || {
        one_thread().block_on(async {
            let janitor = Janitor::new("r3");
            let (ask, mut asked) =
                tokio::sync::mpsc::channel::<tokio::sync::oneshot::Sender<u32>>(1);
            let server = tokio::spawn(async move {
                asked.recv().await.unwrap().send(3).unwrap();
            });
            let cleanup = Cleanup::once("it", move |_: Attempt| async move {
                let (tell, told) = tokio::sync::oneshot::channel();
                ask.send(tell).await.unwrap();
                assert_eq!(told.await.unwrap(), 3);
                tokio::spawn(async {}).await.unwrap();
            });
            assert_eq!(janitor.scope(cleanup).run().await, Outcome::Completed);
            server.await.unwrap();
        });
    });
}

/// p14: I/O of a runtime that has ended answers with an error elsewhere; what is opened by the clean-up itself works.
#[test]
fn io_of_a_dead_runtime_fails_the_cleanup_and_its_own_works() {
    bounded("p14", || {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = one_thread();
        let witness = runtime.block_on(async { Witness::new() });
        let stale = runtime.block_on(TcpStream::connect(address)).unwrap();
        let carried =
            Cleanup::once("carried", move |_: Attempt| async move { stale.readable().await });
        let own = Cleanup::once("own", move |_: Attempt| async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let address = listener.local_addr()?;
            let (accepted, connected) =
                tokio::join!(listener.accept(), TcpStream::connect(address));
            accepted.and(connected).map(drop)
        });
        let guards = (witness.janitor.track(carried).unwrap(), witness.janitor.track(own).unwrap());
        drop(runtime);
        drop(guards);
        assert_eq!(witness.wait("carried").outcome, Outcome::Failed);
        assert_eq!(witness.wait("own").outcome, Outcome::Rescued);
    });
}

/// p15: the janitor's thread works in real time while paused time jumps, and what runs there is not late for that.
#[test]
fn paused_time_that_jumps_does_not_end_a_cleanup_on_the_janitors_thread() {
    bounded("p15", || {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.unwrap();
        let witness = runtime.block_on(async { Witness::new() });
        let (begun, begins) = std::sync::mpsc::channel();
        let (go_on, goes_on) = tokio::sync::oneshot::channel::<()>();
        let cleanup = Cleanup::once("it", move |_: Attempt| async move {
            begun.send(()).unwrap();
            goes_on.await.unwrap();
        });
        // Nobody drives its home, so that the thread has to do it.
        drop(witness.janitor.track(cleanup.with_deadline(Duration::from_secs(60))).unwrap());
        let drains = witness.janitor.clone();
        let drains = std::thread::spawn(move || drains.drain_blocking(PATIENCE));
        begins.recv_timeout(PATIENCE).unwrap();
        runtime.block_on(tokio::time::advance(Duration::from_secs(3_600)));
        go_on.send(()).unwrap();
        let report = drains.join().unwrap();
        assert!(report.is_clean(), "{report}");
        assert_eq!(witness.wait("it").outcome, Outcome::Rescued);
    });
}

/// p15, too: on a paused clock that nobody drives any more, pauses between attempts pass all the same.
#[test]
fn a_retry_on_the_janitors_thread_does_not_need_the_paused_runtime() {
    bounded("p15", || {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.unwrap();
        let witness = runtime.block_on(async { Witness::new() });
        let cleanup = Cleanup::idempotent("it", |attempt: Attempt| async move {
            if attempt.number() < 3 { Err("again") } else { Ok(()) }
        });
        let retry = firstlight_cleanup::Retry::new().with_base(Duration::from_millis(2));
        let guard = witness.janitor.track(cleanup.with_retry(retry)).unwrap();
        drop(runtime);
        drop(guard);
        assert_eq!(witness.wait("it").outcome, Outcome::Rescued);
    });
}

/// p13: a runtime that is dropped in a task panics; the janitor's own is on its own thread, and a janitor may be dropped anywhere.
#[test]
fn a_janitor_with_a_thread_is_dropped_in_a_task() {
    bounded("p13", || {
        let witness = Witness::new();
        drop(witness.tracked("it"));
        assert_eq!(witness.wait("it").outcome, Outcome::Rescued);
        one_thread().block_on(async move {
            tokio::spawn(async move { drop(witness) }).await.unwrap();
        });
    });
}

/// The cooperative budget: what has to block does so on a thread of its own, wherever the clean-up runs.
#[test]
fn a_cleanup_that_blocks_on_another_thread_has_its_deadline_with_and_without_a_runtime() {
    for runtime in [Some(one_thread()), None] {
        bounded("blocks elsewhere", move || {
            let _entered = runtime.as_ref().map(Runtime::enter);
            let witness = Witness::new();
            let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
            let blocks = Cleanup::once("blocks", move |_: Attempt| async move {
                tokio::task::spawn_blocking(move || goes_on.recv_timeout(PATIENCE)).await.map(drop)
            });
            let run = witness.janitor.scope(blocks.with_deadline(Duration::from_millis(20))).run();
            let outcome = match &runtime {
                Some(runtime) => runtime.block_on(run),
                None => witness.wait("blocks").outcome,
            };
            assert_eq!(outcome, Outcome::TimedOut);
            go_on.send(()).unwrap();
        });
    }
}
