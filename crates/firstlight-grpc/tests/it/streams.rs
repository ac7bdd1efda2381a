//! The streams of Watch without a wire: what is kept for those who do not read, and how many there can be.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use firstlight_grpc::wire::HealthCheckRequest;
use firstlight_grpc::wire::health_check_response::ServingStatus::{self, *};
use firstlight_grpc::wire::health_server::Health;
use firstlight_grpc::{HealthService, MAX_SERVICE_NAME, MAX_WATCHERS, Watching};
use futures_util::{Stream, StreamExt};
use tonic::{Code, Request, Status};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Layer, SubscriberExt};

use crate::support::Set;

async fn watch(health: &HealthService, service: &str) -> Result<Watching, Status> {
    let request = HealthCheckRequest { service: service.to_owned() };
    Ok(health.watch(Request::new(request)).await?.into_inner())
}

/// What is there to be read just now, however much was read before in this task.
async fn now(stream: &mut Watching) -> Vec<Result<ServingStatus, Code>> {
    let read = poll_fn(|_| {
        let mut read = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(item)) = pin!(&mut *stream).poll_next(&mut cx) {
            read.push(item.map(|answer| answer.status()).map_err(|status| status.code()));
        }
        Poll::Ready(read)
    });
    tokio::task::unconstrained(read).await
}

#[tokio::test]
async fn who_does_not_read_is_told_the_newest_alone() {
    let set = Set::new();
    let mut stream = watch(&set.health(), "a.B").await.expect("watched");
    for _ in 0..1_000 {
        set.own.ready();
        set.own.not_ready("lost");
    }
    assert_eq!(now(&mut stream).await, [Ok(NotServing)], "it is as it is, and was never otherwise");
    for _ in 0..1_000 {
        set.own.ready();
        set.own.not_ready("lost");
    }
    assert_eq!(now(&mut stream).await, [], "nothing is told twice in a row");
    set.own.ready();
    assert_eq!(now(&mut stream).await, [Ok(Serving)]);
    set.readiness.stopped();
    assert_eq!(now(&mut stream).await, [Ok(NotServing), Err(Code::Unavailable)]);
    assert_eq!(now(&mut stream).await, [], "for good");
}

#[tokio::test]
async fn a_view_that_outlasts_the_drain_ends_as_it_was() {
    let set = Set::new();
    set.db.ready();
    let health = set.health();
    health.add_service("live", set.view("live")).expect("added");
    health.add_service("startup", set.view("startup")).expect("added");
    for service in ["live", "startup"] {
        let mut stream = watch(&health, service).await.expect("watched");
        assert_eq!(now(&mut stream).await, [Ok(Serving)], "{service}");
        // The second time round it has begun already.
        set.readiness.drain("SIGTERM");
        assert_eq!(now(&mut stream).await, [], "{service}");
    }
    let mut stream = watch(&health, "live").await.expect("the lame duck still answers");
    set.readiness.cut("SIGINT");
    assert_eq!(now(&mut stream).await, [Ok(Serving), Err(Code::Unavailable)]);
}

#[tokio::test]
async fn a_name_that_can_never_be_added_is_unknown_until_the_end() {
    let set = Set::new();
    let health = set.health();
    let mut stream = watch(&health, &"x".repeat(MAX_SERVICE_NAME + 1)).await.expect("watched");
    assert_eq!(now(&mut stream).await, [Ok(ServiceUnknown)]);
    health.add_service("x".repeat(MAX_SERVICE_NAME), set.view("own")).expect("added");
    set.readiness.drain("SIGTERM");
    assert_eq!(now(&mut stream).await, []);
    set.readiness.cut("SIGINT");
    assert_eq!(now(&mut stream).await, [Err(Code::Unavailable)]);
}

#[tokio::test]
async fn ten_thousand_watchers_are_all_told_and_need_no_task() {
    let set = Set::new();
    let health = set.health();
    let mut streams = Vec::new();
    for number in 0..10_000 {
        let service = if number % 2 == 0 { "a.B" } else { "late" };
        streams.push(watch(&health, service).await.expect("watched"));
    }
    let mut expect = async |known: &[_], late: &[_]| {
        for (number, stream) in streams.iter_mut().enumerate() {
            assert_eq!(now(stream).await, if number % 2 == 0 { known } else { late });
        }
    };
    expect(&[Ok(NotServing)], &[Ok(ServiceUnknown)]).await;
    set.own.ready();
    health.add_service("late", set.view("own")).expect("added");
    expect(&[Ok(Serving)], &[Ok(Serving)]).await;
    set.readiness.drain("SIGTERM");
    expect(&[Ok(NotServing)], &[Ok(NotServing)]).await;
    set.readiness.cut("SIGINT");
    expect(&[Err(Code::Unavailable)], &[Err(Code::Unavailable)]).await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 1, "the set's own");
}

#[tokio::test]
async fn a_watcher_too_many_is_refused_until_a_place_is_free_and_it_is_said_once() {
    let (lines, _captured) = Lines::captured();
    let set = Set::new();
    let health = set.health();
    let mut streams = Vec::new();
    for _ in 0..MAX_WATCHERS {
        streams.push(watch(&health, "").await.expect("watched"));
    }
    for _ in 0..3 {
        let refused = watch(&health, "").await.expect_err("refused");
        let expected = "16384 streams watch already";
        assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, expected));
    }
    drop(streams.pop());
    let mut stream = watch(&health, "").await.expect("there is a place again");
    assert_eq!(now(&mut stream).await, [Ok(NotServing)]);
    watch(&health, "").await.expect_err("refused");
    let line = "WARN orders: 16384 streams watch its health, the next are refused \
                [end_ns maximum set start_ns]";
    assert_eq!(lines.take(), [line]);
}

#[tokio::test]
async fn a_stream_can_be_moved_to_another_thread_and_awaited_there() {
    let set = Set::new();
    let mut stream = watch(&set.health(), "").await.expect("watched");
    let read = tokio::spawn(async move {
        let first = stream.next().await.expect("not ended").expect("no error");
        (first.status(), stream.next().await.expect("not ended").expect("no error").status())
    });
    tokio::task::yield_now().await;
    set.db.ready();
    let read = read.await.expect("no panic");
    assert!(read == (NotServing, Serving), "{read:?}");
}

/// Each event of our target as its level, its message and the names of its fields.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn captured() -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let subscriber = tracing_subscriber::registry().with(lines.clone());
        (lines, tracing::subscriber::set_default(subscriber))
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        #[derive(Default)]
        struct Fields(String, Vec<&'static str>);
        impl Visit for Fields {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                match field.name() {
                    "message" => self.0 = format!("{value:?}"),
                    name => self.1.push(name),
                }
            }
        }
        if event.metadata().target() != "firstlight_grpc" {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        fields.1.sort_unstable();
        let line = format!("{} {} [{}]", event.metadata().level(), fields.0, fields.1.join(" "));
        self.0.lock().expect("no panic").push(line);
    }
}
