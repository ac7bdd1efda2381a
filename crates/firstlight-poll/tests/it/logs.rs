//! One line for a change, rare heartbeats, one summary; and no secret in any of them.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use firstlight_poll::{ErrorClass, Fault, Overload, Pending, Verdict, Wait};
use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::target::{Target, ms, s};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<(Level, String)>>>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                match field.name() {
                    "message" => self.0.insert_str(0, &format!("{value:?}")),
                    name => write!(self.0, " {name}={value:?}").expect("a string takes all"),
                }
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().expect("no panic").push((*event.metadata().level(), text.0));
    }
}

impl Lines {
    fn captured() -> (Self, DefaultGuard) {
        let lines = Self::default();
        let guard =
            tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
        (lines, guard)
    }

    fn take(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

#[tokio::test(start_paused = true)]
async fn each_change_is_a_line_that_names_the_error_and_the_end_names_the_slowest() {
    let (lines, _guard) = Lines::captured();
    let began = Instant::now();
    let wait = Wait::local("API server readiness");
    let ready = wait.until(|_| async move {
        match began.elapsed().as_millis() {
            0..500 => {
                Verdict::transient(ErrorClass::Refused, "GET /readyz failed: connection refused")
            }
            500..700 => Verdict::Pending(
                Pending::new()
                    .with_progress(35, 37)
                    .with_failing(["etcd", "rbac/bootstrap-roles"])
                    .with_detail("GET /readyz failed: 500"),
            ),
            700..900 => Verdict::Pending(
                Pending::new().with_progress(36, 37).with_failing(["rbac/bootstrap-roles"]),
            ),
            _ => Verdict::Ready(()),
        }
    });
    ready.await.expect("ready");
    let lines = lines.take();
    let messages: Vec<_> = lines.iter().map(|(_, line)| line.as_str()).collect();
    let starts = [
        "Polling for API server readiness: GET /readyz failed: connection refused ",
        "Polling for API server readiness: GET /readyz failed: 500: 2 of 37 failing: etcd, rbac/bootstrap-roles ",
        "Polling for API server readiness: 1 of 37 failing: rbac/bootstrap-roles ",
        "Polling for API server readiness: ready ",
        "API server readiness: ready after ",
    ];
    assert_eq!(messages.len(), starts.len(), "{messages:#?}");
    for (message, start) in messages.iter().zip(starts) {
        assert!(message.starts_with(start), "{message} / {start}");
    }
    assert!(messages[4].contains("last to pass: rbac/bootstrap-roles at 0."), "{}", messages[4]);
    assert!(lines.iter().all(|(level, _)| *level == Level::INFO));
}

#[tokio::test(start_paused = true)]
async fn a_quarter_of_an_hour_is_at_most_twenty_two_lines_and_ends_with_a_warning() {
    // One change, 17 heartbeats, the summary: never a line a poll (k3s at 2 s: 450).
    let (lines, _guard) = Lines::captured();
    let target = Target::never();
    let error = Wait::local("it").until(|cx| target.check(cx)).await.expect_err("deadline");
    let lines = lines.take();
    assert!(error.report().attempts > 400);
    assert!(lines.len() >= 15 && lines.len() <= 22, "{}", lines.len());
    assert_eq!(lines.last().map(|(level, _)| *level), Some(Level::WARN));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_logs_no_end() {
    let (lines, _guard) = Lines::captured();
    let target = Target::never();
    assert!(
        tokio::time::timeout(ms(500), Wait::local("it").until(|cx| target.check(cx)))
            .await
            .is_err()
    );
    assert_eq!(lines.take().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_secret_reaches_a_log_a_report_or_a_debug() {
    let (lines, _guard) = Lines::captured();
    let secret = "hunter2SECRET";
    let texts = [
        format!("GET https://bob:{secret}@host/readyz failed: refused"),
        format!("401 with Authorization: Bearer {secret}"),
        format!("GET /readyz?token={secret}&x=1 failed"),
        format!("{{\"password\":\"{secret}\"}}"),
    ];
    let verdicts = |text: String| {
        [
            Verdict::<()>::transient(ErrorClass::Other, text.clone()),
            Verdict::Overloaded(Overload::new(text.clone())),
            Verdict::Pending(Pending::new().with_detail(text.clone()).with_failing([text.clone()])),
            Verdict::fatal(ErrorClass::Other, text),
        ]
    };
    let all: Vec<_> = texts.into_iter().flat_map(verdicts).collect();
    for verdict in &all {
        let wait = Wait::local(format!("https://bob:{secret}@host/")).with_timeout(s(1));
        let error =
            wait.until(|_| std::future::ready(verdict.clone())).await.expect_err("not ready");
        for text in
            [format!("{error}"), format!("{error:#}"), format!("{error:?}"), format!("{verdict:?}")]
        {
            assert!(!text.contains(secret), "{text}");
        }
        #[cfg(feature = "serde")]
        assert!(!serde_json::to_string(error.report()).expect("JSON").contains(secret));
    }
    assert!(
        format!("{:?}", Fault::new(ErrorClass::Other, format!("token={secret}")))
            .contains("[redacted]")
    );
    let lines = lines.take();
    assert!(lines.len() > 20 && lines.iter().all(|(_, line)| !line.contains(secret)), "{lines:#?}");
}
