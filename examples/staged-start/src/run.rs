//! One start: a service among its stand-ins, who looks at it from outside, and what that came to.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_ready::{Cause, GateSnapshot};
use firstlight_report::{Audience, Renderer};
use support::{Mode, Outcome, Row, Stage, Value};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::instrument::WithSubscriber;

use crate::backends::Backends;
use crate::error::StartError;
use crate::http::HealthPort;
use crate::log::log;
use crate::narrator::narrate;
use crate::orders::{Orders, Part};
use crate::outside::{Seen, look};
use crate::tasks::Tasks;
use crate::{Error, NAME, Options, Start, afterwards, broken, fixed};

/// By a bool and dropped handles.
pub(crate) async fn broken(start: Start, options: &Options, stage: &Stage) -> Result<Row, Error> {
    let orders = Orders::new(Backends::start(options.slow).await?, start.fault).await?;
    let ready = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&ready);
    let health = HealthPort::open(move |path, _| broken::health(&asked, path)).await?;
    let mut tasks = Tasks::default();
    let run = Run { orders: &orders, health: &health, stage, began: Instant::now() };
    let started = async {
        let started = broken::start(&orders, &mut tasks, &ready);
        timeout(options.deadline, started)
            .await
            .map_err(|_| (Outcome::Deadline, format!("not ready within {:?}", options.deadline)))
    };
    let measured = run.measure(started).with_subscriber(log(stage).0).await;
    // A bool cannot say which part it is that is missing.
    Ok(run
        .row(Mode::Broken, start.name, &measured)
        .with("gates_open", Value::Count(None))
        .with("slowest", Value::Name(None))
        .with("not_ready_reason", Value::Name(None)))
}

/// By gates.
pub(crate) async fn fixed(start: Start, options: &Options, stage: &Stage) -> Result<Row, Error> {
    let orders = Orders::new(Backends::start(options.slow).await?, start.fault).await?;
    let (log, recorder) = log(stage);
    async {
        let readiness = fixed::gates()?;
        // This port is for people who run the service: they are told everything.
        let renderer = Mutex::new(Renderer::new(readiness.clone(), Audience::Detailed));
        let health =
            HealthPort::open(move |path, query| fixed::health(&renderer, path, query)).await?;
        let mut tasks = Tasks::default();
        let run = Run { orders: &orders, health: &health, stage, began: Instant::now() };
        let started = fixed::start(&orders, &mut tasks, &readiness, run.began + options.deadline);
        let started = async {
            let ended = narrate(&readiness, stage, run.began, started).await;
            ended.map(drop).map_err(|error| (outcome(&error), complaint(&error)))
        };
        let measured = run.measure(started).await;
        let snapshot = readiness.snapshot();
        if measured.outcome != Outcome::Interrupted {
            afterwards::tell(start.name, &snapshot, &recorder, &health, options, stage).await?;
        }
        let open = snapshot.gates.iter().filter(|gate| gate.open).count() as u64;
        let why = (!readiness.is_ready()).then(|| match afterwards::failed(&snapshot) {
            Some(GateSnapshot { name, reason: Some(reason), .. }) => format!("{name}: {reason}"),
            _ => readiness.explain(),
        });
        Ok(run
            .row(Mode::Fixed, start.name, &measured)
            .with("gates_open", Value::Count(Some(open)))
            .with("slowest", Value::Name(afterwards::slowest(&snapshot)))
            .with("not_ready_reason", Value::Name(why)))
    }
    .with_subscriber(log)
    .await
}

fn outcome(error: &StartError) -> Outcome {
    match error {
        StartError::NotReady(error) if error.cause == Cause::Deadline => Outcome::Deadline,
        StartError::NotReady(_) | StartError::Gates(_) => Outcome::Fatal,
    }
}

/// With the place in the source of each cause.
fn complaint(error: &StartError) -> String {
    let mut text = error.to_string();
    if let StartError::NotReady(error) = error {
        for blocker in error.blockers.iter().filter(|blocker| blocker.root) {
            text.push_str(&format!("\n  {}: {}", blocker.name, blocker.place));
        }
    }
    text
}

/// What takes part in a start.
struct Run<'a> {
    orders: &'a Orders,
    health: &'a HealthPort,
    stage: &'a Stage,
    began: Instant,
}

struct Measured {
    outcome: Outcome,
    ended_at: Duration,
    seen: Seen,
}

impl Run<'_> {
    /// Lets the service start, with somebody who looks at it from outside.
    async fn measure(
        &self,
        started: impl Future<Output = Result<(), (Outcome, String)>>,
    ) -> Measured {
        let over = CancellationToken::new();
        let started = async {
            let ended = started.await;
            let ended_at = self.began.elapsed();
            let outcome = match ended {
                Ok(()) => return (Outcome::Ready, ended_at),
                Err((outcome, complaint)) => {
                    self.stage.tell(format_args!("error: {complaint}"));
                    outcome
                }
            };
            over.cancel();
            (outcome, ended_at)
        };
        let outside = look(self.health.address, self.orders.address, self.began, &over);
        let both = async { tokio::join!(started, outside) };
        match self.stage.interrupt().run_until_cancelled(both).await {
            Some(((outcome, ended_at), seen)) => Measured { outcome, ended_at, seen },
            None => {
                let (ended_at, seen) = (self.began.elapsed(), Seen::default());
                Measured { outcome: Outcome::Interrupted, ended_at, seen }
            }
        }
    }

    fn row(&self, mode: Mode, variant: &'static str, measured: &Measured) -> Row {
        let Measured { outcome, ended_at, seen } = measured;
        let filled = self.orders.is_built(Part::Catalog);
        Row::new(NAME, mode, variant, *outcome)
            .with("ready_at", Value::Seconds(seen.ready_at))
            .with("ended_at", Value::Seconds(Some(*ended_at)))
            .with("parts_built", Value::Count(Some(self.orders.built())))
            .with("requests", Value::Count(Some(seen.requests)))
            .with("served_too_early", Value::Count(Some(seen.failed)))
            .with("answered_in", Value::Seconds(seen.answered_in))
            .with("waiters_woken", Value::Count(filled.then(|| self.orders.working())))
    }
}
