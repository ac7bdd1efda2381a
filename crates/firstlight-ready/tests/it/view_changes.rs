//! A view's newest word, for those who pass it on.

use std::pin::pin;
use std::task::{Context, Poll};

use firstlight_ready::{Mode, Phase, Readiness, Spec, ViewChanges};
use futures_util::Stream;

use crate::support::{Counter, block_on, open_set, sealed};

/// Polls once; `None` is pending.
fn next(changes: &mut ViewChanges, counter: &std::task::Waker) -> Option<Option<bool>> {
    match pin!(changes).poll_next(&mut Context::from_waker(counter)) {
        Poll::Ready(item) => Some(item),
        Poll::Pending => None,
    }
}

fn changes(readiness: &Readiness, view: &str) -> ViewChanges {
    readiness.view(view).expect("a view").changes()
}

fn live(name: &str) -> Spec {
    Spec::new(name).mode(Mode::Live(Default::default()))
}

#[tokio::test]
async fn a_view_is_told_as_it_is_and_then_once_for_each_change() {
    let (readiness, [db]) = sealed([live("db")]);
    let (woken, waker) = Counter::new();
    let mut changes = changes(&readiness, "ready");
    assert_eq!(next(&mut changes, &waker), Some(Some(false)));
    assert_eq!(next(&mut changes, &waker), None);
    db.ready();
    assert_eq!(woken.woken(), 1);
    assert_eq!(next(&mut changes, &waker), Some(Some(true)));
    assert_eq!(next(&mut changes, &waker), None);
    db.ready();
    assert_eq!(woken.woken(), 1, "nothing has changed");
    db.not_ready("lost");
    assert_eq!((woken.woken(), next(&mut changes, &waker)), (2, Some(Some(false))));
}

#[tokio::test]
async fn who_does_not_read_is_told_the_newest_alone() {
    let (readiness, [db]) = sealed([live("db")]);
    let (_, waker) = Counter::new();
    let mut changes = changes(&readiness, "ready");
    assert_eq!(next(&mut changes, &waker), Some(Some(false)));
    for _ in 0..1_000 {
        db.ready();
        db.not_ready("lost");
    }
    assert_eq!(next(&mut changes, &waker), None, "it is as it was last seen");
    db.ready();
    assert_eq!(next(&mut changes, &waker), Some(Some(true)));
}

#[tokio::test]
async fn the_drain_is_told_at_once_and_the_end_comes_with_stopping() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    db.ready();
    let (woken, waker) = Counter::new();
    let mut ready = changes(&readiness, "ready");
    let mut live = changes(&readiness, "live");
    assert_eq!(next(&mut ready, &waker), Some(Some(true)));
    assert_eq!(next(&mut live, &waker), Some(Some(true)));
    assert_eq!((next(&mut ready, &waker), next(&mut live, &waker)), (None, None));
    readiness.drain("SIGTERM");
    assert_eq!((readiness.phase(), woken.woken()), (Phase::Draining, 2));
    assert_eq!((next(&mut ready, &waker), next(&mut live, &waker)), (Some(Some(false)), None));
    assert_eq!(next(&mut ready, &waker), None);
    readiness.cut("SIGINT");
    assert_eq!((readiness.phase(), woken.woken()), (Phase::Stopping, 4));
    assert_eq!((next(&mut ready, &waker), next(&mut live, &waker)), (Some(None), Some(None)));
    assert_eq!(next(&mut ready, &waker), Some(None), "for good");
}

#[tokio::test]
async fn the_last_change_is_told_before_the_end_however_late_it_is_read() {
    let (readiness, [db]) = sealed([Spec::new("db")]);
    db.ready();
    let (_, waker) = Counter::new();
    let mut changes = changes(&readiness, "ready");
    assert_eq!(next(&mut changes, &waker), Some(Some(true)));
    readiness.stopped();
    assert_eq!(next(&mut changes, &waker), Some(Some(false)));
    assert_eq!(next(&mut changes, &waker), Some(None));
    let mut late = readiness.view("ready").expect("a view").changes();
    assert_eq!(next(&mut late, &waker), Some(Some(false)), "made after the end");
    assert_eq!(next(&mut late, &waker), Some(None));
}

#[tokio::test]
async fn other_views_wake_nobody_here() {
    let readiness = open_set();
    let own = readiness.register(live("own").views(["own"])).expect("registered");
    let db = readiness.register(live("db")).expect("registered");
    readiness.seal().expect("sealed");
    let (woken, waker) = Counter::new();
    let mut changes = changes(&readiness, "own");
    assert_eq!(next(&mut changes, &waker), Some(Some(false)));
    assert_eq!(next(&mut changes, &waker), None);
    for _ in 0..10 {
        db.ready();
        db.not_ready("lost");
    }
    assert_eq!(woken.woken(), 0);
    own.ready();
    assert_eq!((woken.woken(), next(&mut changes, &waker)), (1, Some(Some(true))));
}

#[test]
fn it_can_be_awaited_without_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let (readiness, [db]) = runtime.block_on(async { sealed([Spec::new("db")]) });
    let mut changes = changes(&readiness, "ready");
    assert_eq!(block_on(changes.next()), Some(false));
    std::thread::scope(|scope| {
        scope.spawn(|| db.ready());
        assert_eq!(block_on(changes.next()), Some(true));
    });
    // Its runtime goes, and with it what watches the deadlines: that is the end.
    drop(runtime);
    assert_eq!(block_on(changes.next()), Some(false));
    assert_eq!(block_on(changes.next()), None);
}

#[tokio::test]
async fn a_view_knows_its_set() {
    let (readiness, [_db]) = sealed([Spec::new("db")]);
    let (other, [_other]) = sealed([Spec::new("db")]);
    let view = readiness.view("ready").expect("a view");
    assert!(view.is_of(&readiness) && view.is_of(&readiness.clone()));
    assert!(!view.is_of(&other), "of the same name");
}
