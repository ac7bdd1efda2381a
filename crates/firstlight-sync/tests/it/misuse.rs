//! Bad use: a clear error, or a bounded and correct result.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use firstlight_sync::{
    Feed, MAX_NAME, Output, Source, Subscription, SyncError, Synced, Tracker, Verdict, Wait,
    first_output,
};
use futures_util::FutureExt;

use crate::support::{cause, feed, ms, one, tracker, verdict};

#[test]
fn names_that_need_an_escape_are_refused() {
    let long = "x".repeat(MAX_NAME + 1);
    let huge = "x".repeat(10_000);
    let bad = ["", " ", "a b", "a\nb", "a\"b", "a'b", "a`b", "a\\b", "a,b", "<a", "a>", "a&b", "é"];
    for name in bad.into_iter().chain(["\u{0}", "\u{7f}", "\u{1b}[31m", &long, &huge]) {
        let built = [
            Tracker::builder(name).source("pods").build().map(drop),
            Tracker::builder("caches").source(name).build().map(drop),
            first_output::<()>(name).map(drop),
        ];
        for built in built {
            let error = built.expect_err(name);
            assert!(matches!(error, SyncError::BadName { .. }), "{error}");
            let text = error.to_string();
            assert!(text.len() < 300 && !text.contains(char::is_control), "{text}");
        }
    }
    let longest = "x".repeat(MAX_NAME);
    for name in ["a", "kube-system/pods", "a:b@c[0]=(1)|{2}~!", &longest] {
        assert!(Tracker::builder(name).source(name).build().is_ok(), "{name}");
    }
}

#[test]
fn a_source_declared_twice_names_both_places() {
    let first = line!() + 1;
    let builder = Tracker::builder("caches").source("pods");
    let error = builder.source("services").source("pods").build().expect_err("twice");
    let SyncError::DuplicateSource { first: one, second, .. } = &error else { panic!("{error}") };
    assert_eq!((one.line(), second.line()), (first, first + 1));
    let text = error.to_string();
    assert!(text.starts_with("source pods is declared twice: at ") && text.contains("misuse.rs"));
}

#[test]
fn a_source_claimed_twice_names_both_places_also_when_the_first_is_gone() {
    let tracker = tracker(&["pods"]);
    let first = line!() + 1;
    let pods = tracker.source("pods").expect("unclaimed");
    for _ in 0..2 {
        let error = tracker.source("pods").expect_err("twice");
        let SyncError::AlreadyClaimed { first: one, second, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((one.line(), second.line()), (first, first + 2));
    }
    pods.failed("refused");
    assert!(matches!(tracker.source("pods"), Err(SyncError::AlreadyClaimed { .. })));
}

#[test]
fn a_source_that_was_not_declared_is_an_error() {
    let tracker = tracker(&["pods"]);
    let error = tracker.source("prods\n").expect_err("unknown");
    let text = "caches has no source \"prods\\\\n\": declare it before the tracker is built";
    assert_eq!(error.to_string(), text);
}

#[test]
fn done_twice_and_done_after_a_failure_are_errors_that_change_nothing() {
    let tracker = tracker(&["pods", "services"]);
    let (pods, services) = (feed(&tracker, "pods"), feed(&tracker, "services"));
    pods.done().expect("once");
    let error = pods.done().expect_err("twice");
    assert_eq!(error.to_string(), "source pods is done already");
    assert!(tracker.outcome().is_none());
    services.failed("gone");
    let error = services.done().expect_err("failed");
    assert_eq!(error.to_string(), "source services has failed already");
    assert!(!tracker.is_synced());
}

#[test]
fn an_item_after_a_failure_is_counted_apart() {
    let (tracker, pods) = one();
    pods.failed("gone");
    pods.item().rejected("late");
    drop(pods.item());
    assert_eq!((tracker.sources()[0].later, tracker.sources()[0].in_flight), (2, 0));
    drop(pods);
    assert!(cause(tracker.outcome()).to_string().starts_with("source pods failed: gone (at "));
}

#[test]
fn every_order_of_drops_ends_the_wait() {
    for order in 0..6 {
        let (tracker, pods) = one();
        let (item, wait) = (pods.item(), tracker.wait());
        pods.done().expect("once");
        let mut parts = vec![Part::Tracker(tracker), Part::Feed(pods), Part::Item(item)];
        parts.rotate_left(order % 3);
        if order > 2 {
            parts.swap(1, 2);
        }
        drop(parts);
        let synced = wait.now_or_never().expect("it is over").expect("synced");
        assert_eq!(synced.verdict(), Verdict::ConfigurationError, "abandoned");
    }
}

#[expect(dead_code, reason = "they are only dropped")]
enum Part {
    Tracker(Tracker),
    Feed(Feed),
    Item(firstlight_sync::Item),
}

#[test]
fn a_million_items_are_counted_exactly() {
    let (tracker, pods) = one();
    std::thread::scope(|scope| {
        for kind in 0..4 {
            let pods = &pods;
            scope.spawn(move || {
                for _ in 0..250_000 {
                    let item = pods.item();
                    match kind {
                        0 => item.relevant(),
                        1 => item.irrelevant(),
                        2 => item.rejected("no"),
                        _ => drop(item),
                    }
                }
            });
        }
    });
    pods.done().expect("once");
    assert_eq!(verdict(tracker.outcome()), Verdict::ConfigurationError);
    let [pods] = <[_; 1]>::try_from(tracker.sources()).expect("one");
    let counts = (pods.relevant, pods.irrelevant, pods.rejected, pods.abandoned, pods.in_flight);
    assert_eq!(counts, (250_000, 250_000, 250_000, 250_000, 0));
}

#[test]
fn ten_thousand_sources_have_a_bounded_line() {
    let names: Vec<_> = (0..10_000).map(|i| format!("{}{i}", "s".repeat(100))).collect();
    let tracker = tracker(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let feeds: Vec<_> = names.iter().map(|name| feed(&tracker, name)).collect();
    let line = tracker.explain();
    assert!(line.len() <= 2048 && line.ends_with("and 9992 more"), "{line}");
    let error = tracker.wait_blocking(ms(0)).expect_err("not done");
    assert!(error.to_string().len() <= 2048 && error.pending().len() == 10_000);
    for feed in feeds {
        feed.done().expect("once");
    }
    assert!(tracker.is_synced());
}

#[test]
fn a_hundred_thousand_waiters_all_wake_and_those_that_left_are_forgotten() {
    struct Count(std::sync::atomic::AtomicU32);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let (tracker, pods) = one();
    let count = Arc::new(Count(0.into()));
    let waker = Waker::from(Arc::clone(&count));
    let mut waits: Vec<_> = (0..100_000).map(|_| Box::pin(tracker.wait())).collect();
    for _ in 0..2 {
        for wait in &mut waits {
            assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
    }
    waits.truncate(60_000);
    assert_eq!(
        Arc::strong_count(&count),
        60_002,
        "one waker for each, and none of those that left"
    );
    pods.done().expect("once");
    assert_eq!(count.0.load(std::sync::atomic::Ordering::Relaxed), 60_000);
    assert!(waits.into_iter().all(|wait| wait.now_or_never().expect("over").is_ok()));
}

#[test]
fn a_waker_that_calls_back_in_meets_no_lock() {
    struct Calls(Tracker);
    impl Wake for Calls {
        fn wake(self: Arc<Self>) {
            assert!(self.0.is_synced());
        }
    }
    let (tracker, pods) = one();
    let waker = Waker::from(Arc::new(Calls(tracker.clone())));
    let mut wait = Box::pin(tracker.wait());
    assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    pods.done().expect("once");
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_wait_that_moved_to_another_task_wakes_the_last_one_that_polled_it() {
    let (tracker, pods) = one();
    let mut wait = Box::pin(tracker.wait());
    let tasks = [(); 2].map(|()| Arc::new(Flag(false.into())));
    for task in &tasks {
        let waker = Waker::from(Arc::clone(task));
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    pods.done().expect("once");
    assert_eq!(tasks.map(|task| task.0.load(Ordering::Relaxed)), [false, true]);
}

#[test]
fn a_waker_that_panics_takes_no_other_wake_up_along() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            std::panic::resume_unwind(Box::new("a bug"))
        }
    }
    let (tracker, pods) = one();
    let mut panics = Box::pin(tracker.wait());
    let waker = Waker::from(Arc::new(Panics));
    assert!(panics.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let mut other = Box::pin(tracker.wait());
    let woken = Arc::new(Flag(false.into()));
    let waker = Waker::from(Arc::clone(&woken));
    assert!(other.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    pods.done().expect("once");
    assert!(woken.0.load(Ordering::Relaxed), "it registered later, and wakes as well");
}

#[test]
fn a_reason_that_calls_back_in_or_panics_meets_no_lock() {
    struct Calls(Tracker);
    impl fmt::Display for Calls {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} in flight", self.0.sources()[0].in_flight)
        }
    }
    struct Panics;
    impl fmt::Display for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            std::panic::resume_unwind(Box::new("a bug"))
        }
    }
    let (tracker, pods) = one();
    pods.item().rejected(Calls(tracker.clone()));
    let panicked = std::panic::AssertUnwindSafe(|| pods.item().rejected(Panics));
    assert!(std::panic::catch_unwind(panicked).is_err());
    pods.done().expect("once");
    let synced = tracker.outcome().expect("over").expect("synced");
    assert_eq!(synced.first_rejected()[0].reason.as_deref(), Some("1 in flight"));
    assert_eq!(synced.sources()[0].abandoned, 1);
}

#[test]
fn a_wait_after_the_sync_is_over_at_once_and_polled_again_says_the_same() {
    let (tracker, pods) = one();
    pods.done().expect("once");
    let mut wait = Box::pin(tracker.wait());
    for _ in 0..2 {
        let polled = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, std::task::Poll::Ready(Ok(_))));
    }
}

#[test]
fn what_should_cross_threads_does() {
    fn crosses<T: Send + Sync>() {}
    crosses::<Tracker>();
    crosses::<Source>();
    crosses::<Feed>();
    crosses::<firstlight_sync::Item>();
    crosses::<Synced>();
    crosses::<firstlight_sync::NotSynced>();
    crosses::<Output<u32>>();
    crosses::<Subscription<u32>>();
    crosses::<firstlight_sync::Publisher<u32>>();
    fn moves<T: Send + 'static>(_: T) {}
    let (tracker, _pods) = one();
    let wait: Wait = tracker.wait();
    moves(wait);
}
