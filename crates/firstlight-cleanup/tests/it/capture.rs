use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use firstlight_cleanup::{Attempt, Cleanup, Janitor, Outcome, Settings};
use tracing::Instrument;

use crate::support::{Log, SECOND, Told, swept};

tokio::task_local! { static TENANT: &'static str; }

fn tenant() -> &'static str {
    TENANT.try_with(|tenant| *tenant).unwrap_or("none")
}

/// Notes whose it is when the factory is called, at each poll, and when the future is dropped.
fn notes(seen: &Told<&'static str>) -> impl FnOnce(Attempt) -> NotesFuture + Send + use<> {
    let seen = seen.clone();
    move |_| {
        seen.push(tenant());
        NotesFuture(seen, false)
    }
}

struct NotesFuture(Told<&'static str>, bool);

impl Future for NotesFuture {
    type Output = ();

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<()> {
        self.0.push(tenant());
        if std::mem::replace(&mut self.1, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    }
}

impl Drop for NotesFuture {
    fn drop(&mut self) {
        self.0.push(tenant());
    }
}

#[tokio::test(start_paused = true)]
async fn p07_task_locals_are_there_in_the_cleanup_when_they_are_captured_and_only_then() {
    let janitor = Janitor::new("test");
    let sync = Told::new();
    for captured in [false, true] {
        let seen = Told::new();
        let in_sync = sync.clone();
        let run = TENANT.sync_scope("acme", || {
            let cleanup =
                Cleanup::once("x", notes(&seen)).with_sync(move |_| in_sync.push(tenant()));
            if captured {
                let tenant = TENANT.get();
                let capture = move |poll: &mut dyn FnMut()| TENANT.sync_scope(tenant, poll);
                janitor.scope(cleanup.with_capture(capture)).run()
            } else {
                janitor.scope(cleanup).run()
            }
        });
        assert_eq!(run.await, Outcome::Completed);
        let expected = if captured { "acme" } else { "none" };
        assert_eq!(seen.all(), [expected; 4], "the call, two polls, the drop");
    }
    // The sync part runs where the guard is dropped.
    assert_eq!(sync.all(), ["acme"; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_capture_that_does_not_behave_harms_its_own_attempt_only() {
    let (settings, swept) = swept("test");
    let janitor = Janitor::with(settings);
    let count = Arc::new(AtomicUsize::new(0));
    let calls = |most: usize, then: fn()| {
        let called = Arc::new(AtomicUsize::new(0));
        move |poll: &mut dyn FnMut()| {
            if called.fetch_add(1, Ordering::SeqCst) < most {
                poll();
            } else {
                then();
            }
        }
    };
    let once = || {
        let count = Arc::clone(&count);
        Cleanup::once("x", move |_| async move {
            count.fetch_add(1, Ordering::SeqCst);
        })
        .with_deadline(SECOND)
    };
    let panics: fn() = || panic!("in the capture");
    let nothing: fn() = || {};
    let cases = [
        ("panics at once", 0, panics, Outcome::Panicked, "in the capture", 0),
        ("does not call", 0, nothing, Outcome::Panicked, "its capture did not call it", 0),
        ("panics at the poll", 1, panics, Outcome::Panicked, "in the capture", 0),
        ("does not poll", 1, nothing, Outcome::TimedOut, "no answer within 1.000 s", 0),
        ("panics at the drop", 2, panics, Outcome::Completed, "", 1),
        ("does not drop", 2, nothing, Outcome::Completed, "", 1),
    ];
    for (what, most, then, outcome, error, ran) in cases {
        count.store(0, Ordering::SeqCst);
        let run = janitor.scope(once().with_capture(calls(most, then))).run();
        assert_eq!(run.await, outcome, "{what}");
        assert_eq!(count.load(Ordering::SeqCst), ran, "{what}");
        if !outcome.is_clean() {
            assert_eq!(swept.all().last().unwrap().last_error.as_deref(), Some(error), "{what}");
        }
    }
    // Twice is once.
    count.store(0, Ordering::SeqCst);
    let twice = |poll: &mut dyn FnMut()| {
        poll();
        poll();
    };
    assert_eq!(janitor.scope(once().with_capture(twice)).run().await, Outcome::Completed);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(janitor.scope(once()).run().await, Outcome::Completed, "the worker goes on");
}

#[tokio::test(start_paused = true)]
async fn p08_the_span_follows_from_the_owners_and_has_no_parent() {
    let (log, _guard) = Log::start();
    let janitor = Janitor::new("test");
    let span = |name: &str| match name {
        "armed in" => tracing::info_span!("armed in"),
        "dropped in" => tracing::info_span!("dropped in"),
        _ => tracing::info_span!("given"),
    };
    let inside = Told::new();
    let note = |name: &'static str| {
        let inside = inside.clone();
        Cleanup::once(name, move |_| async move {
            let name = |span: tracing::Span| span.metadata().map_or("none", |data| data.name());
            inside.push(name(tracing::Span::current()));
            tokio::task::yield_now().await;
            inside.push(name(tracing::Span::current()));
        })
    };
    let (tracked, scope, given, stays) = span("armed in").in_scope(|| {
        let given = note("given").with_span(&span("given")).with_key("k");
        (
            janitor.track(note("tracked")).unwrap(),
            janitor.scope(note("scope")),
            janitor.track(given).unwrap(),
            janitor.track(note("stays")).unwrap(),
        )
    });
    span("dropped in").in_scope(|| {
        drop(tracked);
        drop(scope);
        drop(given);
    });
    drop(stays);
    drop(janitor.scope(note("without")));
    assert!(janitor.drain(SECOND).await.is_clean());
    let spans = log.spans();
    let told: Vec<_> = spans
        .iter()
        .map(|span| {
            assert_eq!((span.span.as_str(), &span.parent), ("cleanup", &None));
            (span.fields["name"].as_str(), span.follows.clone(), span.fields.get("key").cloned())
        })
        .collect();
    let expected = [
        ("tracked", vec!["armed in".to_owned()], None),
        ("scope", vec!["dropped in".to_owned()], None),
        ("given", vec!["given".to_owned()], Some("k".to_owned())),
        ("stays", vec!["armed in".to_owned()], None),
    ];
    assert_eq!(told, expected);
    assert_eq!(inside.all().iter().filter(|name| **name == "cleanup").count(), 8);
    assert_eq!(inside.all().iter().filter(|name| **name == "none").count(), 2);
}

#[test]
fn a_span_around_the_whole_runtime_is_not_its_parent_either() {
    let (log, _guard) = Log::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::info_span!("main").in_scope(|| {
        runtime.block_on(async {
            let janitor = Janitor::new("test");
            drop(janitor.scope(Cleanup::once("x", |_| async {})));
            assert!(janitor.drain(SECOND * 60).await.is_clean());
        });
    });
    let spans = log.spans();
    assert_eq!((spans.len(), &spans[0].parent), (1, &None));
    assert_eq!(spans[0].follows, ["main"]);
}

#[tokio::test(start_paused = true)]
async fn an_aborted_task_leaves_its_own_span_to_a_scope_guard() {
    let (log, _guard) = Log::start();
    let janitor = Janitor::new("test");
    let owner = janitor.clone();
    let task = async move {
        let _guard = owner.scope(Cleanup::once("x", |_| async {}));
        pending::<()>().await;
    };
    let task = tokio::spawn(task.instrument(tracing::info_span!("request")));
    tokio::task::yield_now().await;
    task.abort();
    assert!(task.await.is_err());
    assert!(janitor.drain(SECOND).await.is_clean());
    let spans = log.spans();
    assert_eq!(spans.len(), 1);
    assert_eq!(
        (spans[0].follows.as_slice(), &spans[0].parent),
        (&["request".to_owned()][..], &None)
    );
}

#[tokio::test(start_paused = true)]
async fn the_owners_span_is_not_kept_open_by_what_has_ended() {
    let janitor = Janitor::with(Settings::new("test"));
    let closed = Told::new();
    let subscriber = {
        use tracing_subscriber::layer::SubscriberExt;
        tracing_subscriber::registry().with(Closes(closed.clone()))
    };
    let _guard = tracing::subscriber::set_default(subscriber);
    let guard = tracing::info_span!("request")
        .in_scope(|| janitor.track(Cleanup::once("x", |_| tokio::time::sleep(SECOND))).unwrap());
    drop(guard);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(closed.all().is_empty(), "it is kept for those who ask what it follows from");
    assert!(janitor.drain(SECOND * 2).await.is_clean());
    assert_eq!(closed.all(), ["cleanup", "request"]);
}

struct Closes(Told<&'static str>);

impl<S> tracing_subscriber::Layer<S> for Closes
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fn on_close(&self, id: tracing::Id, context: tracing_subscriber::layer::Context<'_, S>) {
        self.0.push(context.span(&id).unwrap().name());
    }
}
