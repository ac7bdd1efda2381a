use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use firstlight_cleanup::{
    Attempt, Certainty, Cleanup, Ending, Failure, Janitor, Nothing, Once, Outcome, Reason, Retry,
    Settings, Stack, State,
};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::support::{Log, SECOND, Told, swept};

type Noting<F> = Cleanup<Once<F>, Nothing>;

/// A part that notes that it was begun, and is done.
fn note(
    told: &Told<String>,
    name: &'static str,
) -> Noting<impl FnOnce(Attempt) -> std::future::Ready<()> + Send + 'static + use<>> {
    let told = told.clone();
    Cleanup::once(name, move |_| {
        told.push(name.to_owned());
        ready(())
    })
}

/// A part that notes each of its tries, and answers them in turn; beyond them, it hangs.
fn flaky(
    told: &Told<String>,
    name: &'static str,
    answers: &'static [Result<(), &'static str>],
) -> Cleanup {
    let told = told.clone();
    Cleanup::idempotent(name, move |attempt: Attempt| {
        told.push(format!("{name} {}", attempt.number()));
        let answer = answers.get(attempt.number() as usize - 1).copied();
        async move {
            match answer {
                Some(answer) => answer,
                None => pending().await,
            }
        }
    })
    .boxed()
}

fn runtime(flavour: &str) -> Runtime {
    let mut builder = match flavour {
        "current" => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.enable_all().build().unwrap()
}

#[track_caller]
fn assert_drained(report: &firstlight_cleanup::DrainReport) {
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn both_parts_run_newest_first_and_the_sync_parts_in_the_drop() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    for name in ["a", "b", "c"] {
        let tell = told.clone();
        stack.push(note(&told, name).with_sync(move |_| tell.push(format!("sync {name}"))));
    }
    drop(stack);
    assert_eq!(told.all(), ["sync c", "sync b", "sync a"]);
    assert_drained(&janitor.drain(SECOND).await);
    assert_eq!(told.all()[3..], ["c", "b", "a"]);
    let stats = janitor.stats();
    assert_eq!((stats.detached, stats.completed), (1, 1), "it detaches as one");
}

#[tokio::test(start_paused = true)]
async fn async_parts_run_one_after_the_other() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    for name in ["a", "b"] {
        let tell = told.clone();
        stack.push(Cleanup::once(name, move |_| async move {
            tell.push(format!("{name} begins"));
            sleep(SECOND).await;
            tell.push(format!("{name} ends"));
        }));
    }
    assert_eq!(stack.run().await, Outcome::Completed);
    assert_eq!(told.all(), ["b begins", "b ends", "a begins", "a ends"]);
}

#[tokio::test(start_paused = true)]
async fn it_is_one_entry_of_the_inventory_wherever_it_is() {
    let janitor = Janitor::with(Settings::new("test").with_phase("first", 1).with_phase("last", 1));
    let cleanup = Cleanup::stack("undo").with_key("dp1").with_phase("first");
    let line = line!() + 1;
    let mut stack = janitor.stack(cleanup).unwrap();
    stack.push(Cleanup::once("a", |_| pending::<()>()));
    stack.push(Cleanup::once("b", |_| pending::<()>()));
    let look = || {
        let inventory = janitor.inventory();
        assert_eq!(inventory.total, 1, "{inventory}");
        let item = &inventory.items[0];
        assert_eq!((item.name, item.key.as_ref().unwrap().as_str()), ("undo", "dp1"));
        assert_eq!(item.place.line(), line);
        item.state
    };
    assert_eq!(look(), State::Armed);
    drop(stack);
    assert_eq!(look(), State::Queued);
    tokio::task::yield_now().await;
    assert_eq!(look(), State::Running);
}

#[tokio::test(start_paused = true)]
async fn an_empty_stack_does_nothing_and_one_without_async_parts_hands_nothing_over() {
    let janitor = Janitor::new("test");
    drop(janitor.stack("empty").unwrap());
    assert_eq!(janitor.stack("empty").unwrap().run().await, Outcome::Completed);
    assert_eq!(janitor.stats(), Janitor::new("other").stats());

    let told = Told::new();
    let tell = told.clone();
    let mut stack = janitor.stack("sync only").unwrap();
    stack.push(Cleanup::sync_only("a", move |ending: Ending| tell.push(ending)));
    assert_eq!(stack.run().await, Outcome::Completed);
    assert_eq!(told.all().len(), 1);
    assert_eq!((janitor.stats().detached, janitor.stats().completed), (0, 1));
    janitor.assert_idle();
}

#[test]
fn a_closed_janitor_refuses_and_says_so() {
    let janitor = Janitor::new("test");
    let mut open = janitor.stack("open").unwrap();
    janitor.close();
    let closed = janitor.stack(Cleanup::stack("late").with_key("dp1")).unwrap_err();
    assert_eq!(closed.to_string(), "janitor test is closed and does not track late");
    assert_eq!(closed.into_inner().key().unwrap().as_str(), "dp1");
    // What is there goes on, and ends by shutdown.
    let told = Told::new();
    let tell = told.clone();
    open.push(Cleanup::sync_only("a", move |ending: Ending| tell.push(ending.reason())));
    drop(open);
    assert_eq!(told.all(), [Reason::Shutdown]);
}

#[tokio::test(start_paused = true)]
async fn parts_can_be_taken_off_and_put_back() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    assert!(stack.is_empty() && stack.pop().is_none());
    stack.push(note(&told, "a"));
    stack.push(note(&told, "b").with_key("kept").with_sync(|_| ()));
    stack.push(note(&told, "c"));
    assert_eq!(stack.len(), 3);
    assert_eq!(stack.pop().unwrap().name(), "c");
    let b = stack.pop().unwrap();
    assert_eq!((b.name(), b.key().unwrap().as_str()), ("b", "kept"));
    stack.push(b);
    assert_eq!(
        format!("{stack:?}"),
        r#"Stack { name: Some("undo"), parts: Some(["a", "b"]), .. }"#
    );
    let parts = stack.disarm();
    assert_eq!(parts.iter().map(Cleanup::name).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(janitor.stats().detached, 0);
    // What comes back can be armed in any other way.
    for part in parts {
        assert_eq!(janitor.track(part).unwrap().run().await, Outcome::Completed);
    }
    assert_eq!(told.all(), ["a", "b"]);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_commit_disarms_what_is_on_it_when_it_is_done_and_not_before() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let push = |stack: &mut Stack, name| {
        let tell = told.clone();
        stack.push(Cleanup::sync_only(name, move |ending: Ending| {
            tell.push((name, ending.reason(), ending.certainty()));
        }));
    };
    let mut stack = janitor.stack("undo").unwrap();
    push(&mut stack, "a");
    assert_eq!(stack.commit(ready(Err::<(), _>("no"))).await, Err("no"));
    assert_eq!(stack.len(), 1, "after an error it stays armed");
    assert_eq!(stack.commit(ready(Ok::<_, ()>(7))).await, Ok(7));
    assert!(stack.is_empty());
    push(&mut stack, "b");
    drop(stack);
    assert_eq!(told.all(), [("b", Reason::Dropped, Certainty::Yes)]);

    let mut stack = janitor.stack("undo").unwrap();
    push(&mut stack, "c");
    let late = tokio::time::timeout(SECOND, stack.commit(pending::<Result<(), ()>>())).await;
    assert!(late.is_err());
    drop(stack);
    assert_eq!(told.all()[1..], [("c", Reason::Dropped, Certainty::Maybe)]);
}

#[tokio::test(start_paused = true)]
async fn it_knows_why_it_runs_and_tells_every_part() {
    let token = CancellationToken::new();
    let of = |drop: &dyn Fn(Stack), janitor: &Janitor| {
        let told = Told::new();
        let mut stack = janitor.stack(Cleanup::stack("undo").with_token(&token)).unwrap();
        for name in ["a", "b"] {
            let tell = told.clone();
            stack.push(Cleanup::sync_only(name, move |ending: Ending| tell.push(ending.reason())));
        }
        drop(stack);
        let told = told.all();
        assert_eq!(told[0], told[1]);
        told[0]
    };
    let janitor = Janitor::new("test");
    assert_eq!(of(&|stack| drop(stack), &janitor), Reason::Dropped);
    assert_eq!(of(&|stack| drop(stack.run()), &janitor), Reason::Finished);
    let panics = |stack: Stack| {
        let _ = catch_unwind(AssertUnwindSafe(move || {
            let _stack = stack;
            panic!("on purpose");
        }));
    };
    assert_eq!(of(&panics, &janitor), Reason::Panicked);
    token.cancel();
    assert_eq!(of(&|stack| drop(stack), &janitor), Reason::Cancelled);
    // The async parts are told the same.
    let mut stack = janitor.stack("undo").unwrap();
    let told = Told::new();
    let tell = told.clone();
    stack.push(Cleanup::once("a", move |attempt: Attempt| {
        tell.push((attempt.reason(), attempt.certainty(), attempt.number()));
        ready(())
    }));
    drop(stack);
    janitor.close();
    assert_drained(&janitor.drain(SECOND).await);
    assert_eq!(told.all(), [(Reason::Dropped, Certainty::Yes, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_sync_part_that_panics_stops_no_other_also_while_unwinding() {
    let (log, _guard) = Log::start();
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    for name in ["a", "b", "c"] {
        let tell = told.clone();
        stack.push(Cleanup::sync_only(name, move |_: Ending| {
            tell.push(name);
            assert!(name == "a", "{name} on purpose");
        }));
    }
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _stack = stack;
        panic!("on purpose");
    }));
    assert!(unwound.is_err());
    assert_eq!(told.all(), ["c", "b", "a"]);
    assert_eq!(janitor.stats().sync_panicked, 2);
    assert_eq!(
        log.with("panicked").len(),
        2,
        "the sync parts once, the clean-up once: {log:?}",
        log = log.lines()
    );
    let left = left.all();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].outcome(), Some(Outcome::Panicked));
    let error = left[0].last_error.as_ref().unwrap();
    assert_eq!(error, "c panicked: c on purpose; b panicked: b on purpose");
}

#[tokio::test(start_paused = true)]
async fn parts_that_fail_or_panic_stop_no_other_and_are_named_with_what_became_of_them() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    stack.push(note(&told, "good"));
    stack.push(Cleanup::once("bad", |_| ready(Err::<(), _>("disk\nfull"))));
    stack.push(Cleanup::once("panics at once", |_| -> std::future::Ready<()> { panic!("early") }));
    stack.push(Cleanup::once("panics", |_| poll_fn(|_| -> Poll<()> { panic!("late") })));
    let fatal = |_| ready(Err::<(), _>(Failure::fatal("gone")));
    stack.push(Cleanup::idempotent("fatal", fatal));
    assert_eq!(stack.run().await, Outcome::Failed);
    assert_eq!(told.all(), ["good"]);
    let left = left.all();
    assert_eq!((left.len(), left[0].attempts), (1, 1), "nothing is left to be tried again");
    assert_eq!(
        left[0].last_error.as_deref(),
        Some(
            "fatal failed: gone; panics panicked: late; panics at once panicked: early; bad failed: disk full"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn on_a_retry_only_the_idempotent_parts_that_did_not_complete_run_again() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    stack.push(flaky(&told, "a", &[Err("x"), Err("x"), Ok(())]));
    stack.push(flaky(&told, "b", &[Ok(())]));
    stack.push(note(&told, "once"));
    stack.push(flaky(&told, "c", &[Err("x"), Ok(())]));
    assert_eq!(stack.run().await, Outcome::Completed);
    assert_eq!(told.all(), ["c 1", "once", "b 1", "a 1", "c 2", "a 2", "a 3"]);
    assert_eq!(janitor.stats().retried, 2);
    assert!(left.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_failed_for_good_is_not_forgotten_when_the_retries_succeed() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    stack.push(flaky(&told, "again", &[Err("x"), Ok(())]));
    let tell = told.clone();
    stack.push(Cleanup::once("once", move |_| {
        tell.push("once".to_owned());
        ready(Err::<(), _>("y"))
    }));
    assert_eq!(stack.run().await, Outcome::Failed);
    assert_eq!(told.all(), ["once", "again 1", "again 2"]);
    assert_eq!(left.all()[0].last_error.as_deref(), Some("once failed: y"));
    assert_eq!(left.all()[0].attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_hangs_lets_the_others_have_their_turn() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut stack = janitor.stack(Cleanup::stack("undo").with_deadline(SECOND * 10)).unwrap();
    stack.push(note(&told, "a"));
    stack.push(flaky(&told, "b", &[]));
    let tell = told.clone();
    stack.push(Cleanup::once("c", move |_| {
        tell.push("c".to_owned());
        pending::<()>()
    }));
    let began = tokio::time::Instant::now();
    assert_eq!(stack.run().await, Outcome::TimedOut);
    assert!(began.elapsed() <= SECOND * 10, "{:?}", began.elapsed());
    let told = told.all();
    assert_eq!(told[..4], ["c", "b 1", "a", "b 2"], "who hung comes after who had no turn");
    assert_eq!(told.iter().filter(|name| *name == "c").count(), 1);
    let error = left.all()[0].last_error.clone().unwrap();
    assert_eq!(error, "c timed out; b timed out");
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_a_part_are_its_own() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    let hang = || Cleanup::once("hangs", |_| pending::<()>());
    stack.push(note(&told, "a"));
    stack.push(hang().with_attempt_timeout(SECOND));
    stack.push(hang().with_deadline(SECOND).with_attempt_timeout(SECOND * 5));
    let tell = told.clone();
    stack.push(
        Cleanup::once("tells", move |attempt: Attempt| {
            tell.push(format!("{:?}", attempt.time_left()));
            ready(())
        })
        .with_attempt_timeout(SECOND),
    );
    let began = tokio::time::Instant::now();
    assert_eq!(stack.run().await, Outcome::Failed);
    crate::support::assert_near(began.elapsed(), SECOND * 2);
    assert_eq!(told.all(), ["1s", "a"]);
    let error = left.all()[0].last_error.clone().unwrap();
    assert_eq!(error, "hangs timed out; hangs timed out");
}

#[tokio::test(start_paused = true)]
async fn a_single_part_that_is_attempted_once_has_all_the_time_there_is() {
    let janitor = Janitor::new("test");
    let mut stack = janitor.stack(Cleanup::stack("undo").with_deadline(SECOND * 10)).unwrap();
    stack.push(Cleanup::sync_only("sync", |_: Ending| ()));
    stack.push(Cleanup::once("slow", |_| sleep(SECOND * 9)));
    assert_eq!(stack.run().await, Outcome::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_claim_skips_a_part_and_a_capture_surrounds_it() {
    tokio::task_local! { static WHO: &'static str; }
    let janitor = Janitor::new("test");
    let told = Told::new();
    let claim = janitor.claim("dp1");
    let mut stack = janitor.stack("undo").unwrap();
    let tell = told.clone();
    let part = Cleanup::once("captured", move |_| {
        let made = WHO.get();
        async move { tell.push(format!("{made} {}", WHO.get())) }
    });
    stack.push(part.with_capture(|poll: &mut dyn FnMut()| WHO.sync_scope("me", poll)));
    stack.push(note(&told, "stale").with_claim(&claim));
    let _newer = janitor.claim("dp1");
    assert_eq!(stack.run().await, Outcome::Completed);
    assert_eq!(told.all(), ["me me"]);
    for (capture, error) in
        [(false, "x panicked: its capture did not call it"), (true, "x panicked: on purpose")]
    {
        let (settings, left) = swept("test");
        let janitor = Janitor::with(settings);
        let mut stack = janitor.stack("undo").unwrap();
        let capture = move |_: &mut dyn FnMut()| assert!(!capture, "on purpose");
        stack.push(Cleanup::once("x", |_| ready(())).with_capture(capture));
        assert_eq!(stack.run().await, Outcome::Failed);
        assert_eq!(left.all()[0].last_error.as_deref(), Some(error));
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_panics_in_its_drop_where_its_capture_fails_it_stops_no_other() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in its drop");
        }
    }
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    stack.push(note(&told, "a"));
    let bomb = Bomb;
    let part = Cleanup::once("b", move |_| async move {
        let _bomb = bomb;
        pending::<()>().await;
    });
    // It is there for the factory and the first poll only.
    let calls = std::sync::atomic::AtomicUsize::new(0);
    stack.push(part.with_attempt_timeout(SECOND).with_capture(move |poll: &mut dyn FnMut()| {
        if calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
            poll();
        }
    }));
    assert_eq!(stack.run().await, Outcome::Failed);
    assert_eq!(told.all(), ["a"]);
    assert_eq!(left.all()[0].last_error.as_deref(), Some("b timed out"));
    assert_eq!(left.all()[0].attempts, 1, "it was contained, and cost no attempt");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_zero_begins_nothing_and_names_all() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut stack = janitor.stack(Cleanup::stack("undo").with_deadline(Duration::ZERO)).unwrap();
    stack.push(note(&told, "a"));
    stack.push(note(&told, "b"));
    assert_eq!(stack.run().await, Outcome::TimedOut);
    assert!(told.all().is_empty());
    assert_eq!(left.all()[0].last_error.as_deref(), Some("b was not begun; a was not begun"));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_parts_overflow_no_stack() {
    const MANY: usize = 100_000;
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    for good in [true, false] {
        let count = Arc::new(Mutex::new((0, 0)));
        let mut stack = janitor
            .stack(Cleanup::stack("undo").with_deadline(SECOND * 100).with_retry(Retry::never()))
            .unwrap();
        for _ in 0..MANY {
            let (sync, run) = (Arc::clone(&count), Arc::clone(&count));
            let part = Cleanup::idempotent("part", move |_| {
                run.lock().unwrap().1 += 1;
                ready(if good { Ok(()) } else { Err("no") })
            });
            stack.push(part.with_sync(move |_| sync.lock().unwrap().0 += 1));
        }
        let outcome = stack.run().await;
        assert_eq!(outcome, if good { Outcome::Completed } else { Outcome::Failed });
        assert_eq!(*count.lock().unwrap(), (MANY, MANY));
    }
    let error = left.all()[0].last_error.clone().unwrap();
    assert!(error.len() < 2_000 && error.ends_with(" more"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_part_may_arm_and_stack_and_be_a_stack_of_its_own() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let mut stack = janitor.stack("outer").unwrap();
    let (within, tell) = (janitor.clone(), told.clone());
    stack.push(Cleanup::once("arms", move |_| async move {
        let mut inner = within.stack("inner").unwrap();
        inner.push(note(&tell, "of the inner"));
        drop(within.scope(note(&tell, "of a guard")));
    }));
    let (within, tell) = (janitor.clone(), told.clone());
    stack.push(Cleanup::sync_only("arms in its drop", move |_: Ending| {
        let mut inner = within.stack("inner").unwrap();
        inner.push(note(&tell, "of the sync part"));
    }));
    // A guard that is held by a part that is never run is dropped with it.
    let held = janitor.track(note(&told, "held")).unwrap();
    stack.push(Cleanup::once("fails", move |_| async move {
        let _held = held;
        Err::<(), _>("no")
    }));
    assert_eq!(stack.run().await, Outcome::Failed);
    let report = janitor.drain(SECOND).await;
    assert_eq!(report.left, 0, "{report}");
    let mut told = told.all();
    told.sort();
    assert_eq!(told, ["held", "of a guard", "of the inner", "of the sync part"]);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn parts_that_panic_when_they_are_dropped_end_neither_the_process_nor_the_others() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in its drop");
        }
    }
    let janitor = Janitor::new("test");
    let told = Told::new();
    // Begun and timed out, never begun, disarmed by a commit.
    for (deadline, outcome) in
        [(SECOND * 100, Outcome::Failed), (Duration::ZERO, Outcome::TimedOut)]
    {
        let mut stack = janitor.stack(Cleanup::stack("undo").with_deadline(deadline)).unwrap();
        stack.push(note(&told, "a"));
        for _ in 0..3 {
            let bomb = Bomb;
            stack.push(Cleanup::once("bomb", move |_| async move {
                let _bomb = bomb;
                pending::<()>().await;
            }));
        }
        assert_eq!(stack.run().await, outcome);
    }
    let mut stack = janitor.stack("undo").unwrap();
    for _ in 0..2 {
        let bomb = Bomb;
        stack.push(Cleanup::sync_only("bomb", move |_: Ending| drop(bomb)));
    }
    assert_eq!(stack.commit(ready(Ok::<_, ()>(()))).await, Ok(()));
    drop(stack);
    janitor.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_it_in_its_phase_and_names_what_it_interrupts() {
    let settings = Settings::new("test").with_phase("streams", 1).with_phase("leases", 1);
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut late = janitor.stack("late").unwrap();
    late.push(note(&told, "lease"));
    drop(late);
    let mut early = janitor.stack(Cleanup::stack("early").with_phase("streams")).unwrap();
    early.push(note(&told, "stream"));
    let armed = tokio::spawn(async move {
        sleep(SECOND).await;
        drop(early);
    });
    assert_drained(&janitor.drain(SECOND * 10).await);
    armed.await.unwrap();
    assert_eq!(told.all(), ["stream", "lease"], "the first that was detached is of the last phase");

    let janitor = Janitor::new("test");
    let mut stack = janitor.stack("undo").unwrap();
    stack.push(Cleanup::once("a", |_| ready(())));
    stack.push(Cleanup::once("b", |_| pending::<()>()));
    let armed = janitor.stack("armed").unwrap();
    drop(stack);
    let report = janitor.drain(SECOND).await;
    assert_eq!(report.left, 2, "{report}");
    let error = report.unfinished.iter().find_map(|left| left.last_error.clone());
    assert_eq!(error.as_deref(), Some("b was interrupted; a was not begun"));
    assert!(report.to_string().contains("armed armed for"), "{report}");
    drop(armed);
}

#[tokio::test(start_paused = true)]
async fn after_the_drain_the_sync_parts_run_and_the_rest_is_handed_over() {
    let (settings, left) = swept("test");
    let janitor = Janitor::with(settings);
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    let tell = told.clone();
    stack.push(note(&told, "a").with_sync(move |_| tell.push("sync".to_owned())));
    let report = janitor.drain(Duration::ZERO).await;
    assert_eq!(report.left, 1, "{report}");
    assert_eq!(stack.run().await, Outcome::Lost);
    assert_eq!(told.all(), ["sync"]);
    assert_eq!(left.all()[0].last_error.as_deref(), Some("a was not begun"));
}

#[test]
fn it_runs_without_a_runtime() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let mut stack = janitor.stack("undo").unwrap();
    stack.push(note(&told, "a"));
    stack.push(note(&told, "b"));
    drop(stack);
    assert_drained(&janitor.drain_blocking(SECOND * 20));
    assert_eq!(told.all(), ["b", "a"]);
    assert_eq!(janitor.stats().rescued, 1);
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_a_part_loses_none_and_begins_none_twice() {
    for (flavour, kind, expected, error) in [
        ("current", "once", vec!["c", "b", "a"], Some("b was interrupted")),
        ("multi", "once", vec!["c", "b", "a"], Some("b was interrupted")),
        ("current", "idempotent", vec!["c", "b", "a", "b"], None),
        ("multi", "idempotent", vec!["c", "b", "a", "b"], None),
    ] {
        let (settings, left) = swept("test");
        let told = Told::new();
        let begun = Arc::new(Notify::new());
        let home = runtime(flavour);
        let janitor = home.block_on(async { Janitor::with(settings) });
        let mut stack = janitor.stack("undo").unwrap();
        stack.push(note(&told, "a"));
        let (tell, tell_begun) = (told.clone(), Arc::clone(&begun));
        // It hangs in its first runtime.
        let part = move |attempt: Attempt| {
            tell.push("b".to_owned());
            tell_begun.notify_one();
            async move {
                if attempt.number() == 1 {
                    pending::<()>().await;
                }
            }
        };
        match kind {
            "once" => stack.push(Cleanup::once("b", part)),
            _ => stack.push(Cleanup::idempotent("b", part)),
        }
        stack.push(note(&told, "c"));
        home.block_on(async {
            drop(stack);
            begun.notified().await;
        });
        drop(home);
        let report = janitor.drain_blocking(SECOND * 20);
        assert_eq!(told.all(), expected, "{flavour} {kind}: {report}");
        let left = left.all();
        assert_eq!(
            left.first().and_then(|left| left.last_error.as_deref()),
            error,
            "{flavour} {kind}"
        );
        let rescued = u64::from(error.is_none());
        assert_eq!(janitor.stats().rescued, rescued, "{flavour} {kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_orders_the_whole_stack_and_a_fence_waits_for_it() {
    let janitor = Janitor::new("test");
    let told = Told::new();
    let first = Cleanup::once("first", |_| sleep(SECOND)).with_key("dp1");
    drop(janitor.scope(first));
    let mut stack = janitor.stack(Cleanup::stack("undo").with_key("dp1")).unwrap();
    stack.push(note(&told, "a"));
    drop(stack);
    janitor.fence("dp1").wait().await;
    assert_eq!(told.all(), ["a"]);

    let claim = janitor.claim("dp1");
    let mut stack = janitor.stack(Cleanup::stack("undo").with_claim(&claim)).unwrap();
    stack.push(note(&told, "b"));
    let run = stack.run();
    let _newer = janitor.claim("dp1");
    assert_eq!(run.await, Outcome::Superseded);
    assert_eq!(told.all(), ["a"]);
}

#[test]
fn a_stack_can_be_sent_and_forgotten() {
    fn is_send<T: Send + 'static>(_: &T) {}
    let janitor = Janitor::new("test");
    let stack = janitor.stack("undo").unwrap();
    is_send(&stack);
    std::mem::forget(stack);
    assert_eq!(janitor.inventory().total, 1, "e9: what is never dropped shows here");
}
