//! Steps: every end of theirs reaches the gate, and a hanging one is named while it hangs.

use std::fmt::Write;
use std::future::{Future, pending, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use firstlight_ready::{Gate, GateState, Phase, Readiness, Reason, Spec, StepFailure};
use tokio::time::{advance, sleep};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Layer, SubscriberExt};

use super::support::{s, sealed};

/// A sealed set of one gate.
pub(crate) fn db() -> (Readiness, Gate) {
    let (readiness, [gate]) = sealed([Spec::new("db")]);
    (readiness, gate)
}

/// The state of the gate, and why.
#[track_caller]
pub(crate) fn look(readiness: &Readiness) -> (GateState, String) {
    let snapshot = readiness.snapshot();
    let gate = snapshot.gate("db").expect("the gate");
    (gate.state, gate.reason.as_ref().map_or(String::new(), |reason| reason.to_string()))
}

#[track_caller]
pub(crate) fn is(readiness: &Readiness, state: GateState, reason: &str) {
    assert_eq!(look(readiness), (state, reason.to_owned()));
}

pub(crate) fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// All events of this crate that have an outcome, as a line each: the fields, then the message.
pub(crate) fn ends() -> (Receiver<String>, DefaultGuard) {
    struct Ends(Mutex<std::sync::mpsc::Sender<String>>);
    #[derive(Default)]
    struct Line(String, String);
    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            match field.name() {
                "message" => self.1 = format!("{value:?}"),
                name if name.ends_with("_ns") => write!(self.0, "{name} ").expect("a string"),
                name => write!(self.0, "{name}={value:?} ").expect("a string"),
            }
        }
    }
    impl<S: Subscriber> Layer<S> for Ends {
        fn on_event(&self, event: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            let mut line = Line::default();
            event.record(&mut line);
            let meta = event.metadata();
            if meta.target() == "firstlight_ready" && line.0.contains("outcome=") {
                let line = format!("{} {}| {}", meta.level(), line.0, line.1);
                let _ = self.0.lock().expect("no panic").send(line);
            }
        }
    }
    let (tx, rx) = channel();
    let subscriber = tracing_subscriber::registry().with(Ends(Mutex::new(tx)));
    (rx, tracing::subscriber::set_default(subscriber))
}

#[tokio::test(start_paused = true)]
async fn a_success_opens_the_gate_and_gives_its_value() {
    let (readiness, db) = db();
    let value = db.run(s(10), ready(Ok::<_, String>(7))).await.expect("a success");
    assert_eq!(value, 7);
    is(&readiness, GateState::Ready, "");
    assert!(readiness.is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_error_fails_the_gate_with_its_text() {
    let (readiness, db) = db();
    let error = db.run(s(10), ready(Err::<(), _>("refused"))).await.expect_err("an error");
    assert_eq!(error.to_string(), "gate db: failed: refused");
    is(&readiness, GateState::Failed, "failed: refused");
    assert!(matches!(error.failure, StepFailure::Failed("refused")));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_contained_and_fails_the_gate_with_its_message() {
    let (readiness, db) = db();
    let texts: [(fn(), &str); 3] = [
        (|| panic!("no schema"), "no schema"),
        (|| panic!("no {}", "table"), "no table"),
        (|| std::panic::panic_any(7), "a value that is not text"),
    ];
    for (panics, text) in texts {
        let step = async {
            panics();
            Ok::<(), String>(())
        };
        let error = db.run(s(10), step).await.expect_err("a panic");
        assert_eq!(error.to_string(), format!("gate db: panicked: {text}"));
        is(&readiness, GateState::Failed, &format!("panicked: {text}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_hangs_is_named_with_its_age_while_it_hangs_and_not_after() {
    let (readiness, db) = db();
    let mut step = Box::pin(db.step("migrate", s(60), async {
        sleep(s(30)).await;
        Ok::<(), String>(())
    }));
    assert!(poll_once(step.as_mut()).is_pending());
    is(&readiness, GateState::Syncing, "migrate, at most 1 min 0 s");
    advance(s(12)).await;
    assert!(poll_once(step.as_mut()).is_pending());
    let explained = readiness.explain();
    assert!(explained.contains("db syncing for 12.0 s: migrate, at most 1 min 0 s"), "{explained}");
    step.await.expect("a success");
    is(&readiness, GateState::Syncing, "migrate done in 30.0 s");
}

#[tokio::test(start_paused = true)]
async fn the_second_step_of_a_gate_has_an_age_of_its_own() {
    let (readiness, db) = db();
    let slow = async {
        sleep(s(20)).await;
        Ok::<(), String>(())
    };
    db.step("connect", s(60), slow).await.expect("a success");
    let mut step = Box::pin(db.step("load", Duration::MAX, pending::<Result<(), String>>()));
    assert!(poll_once(step.as_mut()).is_pending());
    advance(s(5)).await;
    let waited = readiness.wait().with_timeout(Duration::ZERO).await.expect_err("not ready");
    let blocker = &waited.blockers[0];
    assert_eq!(blocker.reason, Some(Reason::new("load")));
    assert_eq!(blocker.last_progress.expect("it has begun").as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn several_steps_open_the_gate_with_the_last() {
    let (readiness, db) = db();
    db.step("connect", s(5), ready(Ok::<_, String>(()))).await.expect("a success");
    assert!(!readiness.is_ready());
    db.run(s(5), ready(Ok::<_, String>(()))).await.expect("a success");
    assert!(readiness.is_ready());

    let error = db.step("reload", s(5), ready(Err::<(), _>("gone"))).await.expect_err("an error");
    assert_eq!(error.to_string(), "gate db: reload failed: gone");
    assert_eq!(error.step, Some(Reason::new("reload")));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_dropped_before_its_end_fails_the_gate_before_its_future_is_dropped() {
    struct Watch<'a>(&'a Readiness, &'a Mutex<Vec<String>>);
    impl Drop for Watch<'_> {
        fn drop(&mut self) {
            self.1.lock().expect("no panic").push(look(self.0).1);
        }
    }
    let (readiness, db) = db();
    let seen = Mutex::new(Vec::new());
    let watch = Watch(&readiness, &seen);
    let mut step = Box::pin(db.run(s(10), async move {
        let _watch = watch;
        pending::<Result<(), String>>().await
    }));
    assert!(poll_once(step.as_mut()).is_pending());
    advance(s(3)).await;
    drop(step);
    assert_eq!(*seen.lock().expect("no panic"), ["cancelled after 3.0 s"]);
    is(&readiness, GateState::Failed, "cancelled after 3.0 s");

    drop(db.step("connect", s(10), pending::<Result<(), String>>()));
    is(&readiness, GateState::Failed, "connect cancelled before it began");
}

#[tokio::test(start_paused = true)]
async fn a_future_is_dropped_with_its_end_and_never_polled_again() {
    struct Counted<'a>(&'a AtomicUsize, &'a AtomicUsize);
    impl Future for Counted<'_> {
        type Output = Result<(), String>;
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            self.0.fetch_add(1, Ordering::Relaxed);
            panic!("the first poll");
        }
    }
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::Relaxed);
            panic!("and its drop");
        }
    }
    let (readiness, db) = db();
    let (polls, drops) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut step = Box::pin(db.run(s(10), Counted(&polls, &drops)));
    let Poll::Ready(ended) = poll_once(step.as_mut()) else { panic!("it has panicked") };
    assert_eq!(ended.expect_err("a panic").to_string(), "gate db: panicked: the first poll");
    assert!(poll_once(step.as_mut()).is_pending());
    drop(step);
    assert_eq!((polls.into_inner(), drops.into_inner()), (1, 1));
    is(&readiness, GateState::Failed, "panicked: the first poll");
}

/// Tells when its waker is woken.
pub(crate) struct Woken(std::sync::mpsc::Sender<()>);

impl Woken {
    pub(crate) fn waker() -> (Waker, Receiver<()>) {
        let (tx, rx) = channel();
        (Waker::from(Arc::new(Self(tx))), rx)
    }
}

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_ends_in_the_drain_has_its_result_and_opens_nothing() {
    let (readiness, db) = db();
    let step = async {
        readiness.drain("SIGTERM");
        Ok::<_, String>(7)
    };
    assert_eq!(db.run(s(10), step).await.expect("a success"), 7);
    assert!(!readiness.is_ready());
    assert_eq!(readiness.phase(), Phase::Draining);
}

#[tokio::test(start_paused = true)]
async fn a_future_may_report_to_its_own_gate() {
    let (readiness, db) = db();
    let step = async {
        db.progress(3, 5);
        let explained = readiness.explain();
        assert!(explained.contains("db syncing 3/5 for 0 ms: load, at most 10.0 s"), "{explained}");
        Ok::<(), String>(())
    };
    db.step("load", s(10), step).await.expect("a success");
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_name_would_break_a_line_is_cleaned() {
    let (readiness, db) = db();
    let name = format!("load\n[+]cache ok, {}", "x".repeat(10_000));
    let (events, _guard) = ends();
    db.step(name, Duration::MAX, ready(Ok::<_, String>(()))).await.expect("a success");
    let reason = look(&readiness).1;
    assert!(reason.len() <= 256 && !reason.contains('\n'), "{reason}");
    let line = events.recv().expect("an event");
    assert!(line.contains("span=\"db/load [+]cache ok; xxx") && !line.contains('\n'), "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_named_step_is_a_span_of_the_start_in_the_log() {
    let (_readiness, db) = db();
    let (events, _guard) = ends();
    db.step("connect", s(5), ready(Ok::<_, String>(()))).await.expect("a success");
    let _ = db.step("load", s(5), pending::<Result<(), String>>()).await;
    drop(db.step("warm", s(5), pending::<Result<(), String>>()));
    let head = |span: &str| {
        format!("set=\"orders\" gate=\"db\" step=\"{span}\" span=\"db/{span}\" parent=\"db\"")
    };
    let lines: Vec<_> = events.try_iter().filter(|line| line.contains("step=")).collect();
    assert_eq!(
        lines,
        [
            format!(
                "INFO {} outcome=\"ready\" start_ns end_ns | gate db: connect done in 0 ms",
                head("connect")
            ),
            format!(
                "WARN {} outcome=\"timed-out\" start_ns end_ns reason=\"load timed out after 5.0 s\" | \
                 gate db: load timed out after 5.0 s",
                head("load")
            ),
            format!(
                "WARN {} outcome=\"cancelled\" start_ns end_ns reason=\"warm cancelled before it began\" | \
                 gate db: warm cancelled before it began",
                head("warm")
            ),
        ]
    );
}

#[test]
fn each_failure_says_what_happened() {
    let table: [(StepFailure<&str>, &str); 5] = [
        (StepFailure::TimedOut { after: s(90) }, "timed out after 1 min 30 s"),
        (StepFailure::OverBudget, "not begun: no time was left"),
        (StepFailure::Failed("refused"), "failed: refused"),
        (StepFailure::Panicked("no schema".into()), "panicked: no schema"),
        (
            StepFailure::NoThread(std::io::Error::other("too many")),
            "not begun: no thread for it: too many",
        ),
    ];
    for (failure, text) in table {
        assert_eq!(failure.to_string(), text);
    }
}

#[test]
fn the_cause_of_a_steps_own_error_follows_its_message() {
    use std::error::Error;
    #[derive(Debug, thiserror::Error)]
    #[error("no connection")]
    struct Broken(#[source] std::io::Error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let error = runtime.expect("a runtime").block_on(async {
        let (_readiness, db) = db();
        let broken = Broken(std::io::Error::other("refused"));
        db.run(s(1), ready(Err::<(), _>(broken))).await.expect_err("an error")
    });
    assert_eq!(error.to_string(), "gate db: failed: no connection");
    assert_eq!(error.source().expect("a cause").to_string(), "refused");
}
