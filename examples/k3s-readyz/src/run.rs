//! One run: a server, four components that wait for it, and what that came to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use firstlight_poll::{Failure, Ready, WaitError, WaitReport};
use futures_util::future::join_all;
use support::{Mode, Outcome, Row, Stage, Value};
use tokio::time::{Instant, sleep_until};

use crate::components::{COMPONENTS, Waited, latenesses};
use crate::server::Server;
use crate::{Error, NAME, Options, broken, fixed};

/// Four loops with this interval.
pub(crate) async fn broken(
    variant: &'static str,
    interval: Duration,
    options: &Options,
    stage: &Stage,
) -> Result<Row, Error> {
    let (server, probe) = Server::start(options)?;
    let waits = each_component(&server, options, stage, async || {
        let mut polls = 0;
        let wait = broken::wait_for_api_server(&probe, interval, options.deadline, &mut polls);
        let outcome = match stage.interrupt().run_until_cancelled(wait).await {
            Some(Ok(_)) => Outcome::Ready,
            Some(Err(_)) => Outcome::Deadline,
            None => Outcome::Interrupted,
        };
        (outcome, polls)
    });
    let (waits, log_lines) = stage.count_lines(waits).await;
    let polls = waits.iter().map(|(_, polls)| polls).sum();
    let waits: Vec<Waited> = waits.into_iter().map(|(waited, _)| waited).collect();
    for wait in waits.iter().filter(|wait| wait.outcome != Outcome::Ready) {
        stage.tell(format_args!("{}: {}", wait.component, wait.outcome));
    }
    Ok(row(Mode::Broken, variant, &server, &waits, Polled { polls, log_lines, last_item: None }))
}

/// One shared poll.
pub(crate) async fn fixed(options: &Options, stage: &Stage) -> Result<Row, Error> {
    let (server, probe) = Server::start(options)?;
    let settings = fixed::Settings {
        across_a_network: options.url.is_some(),
        deadline: options.deadline,
        auth_grace: options.auth_grace,
        hold: options.hold,
        shutdown: stage.interrupt().clone(),
    };
    let polls = Arc::new(AtomicU64::new(0));
    let api_server = fixed::api_server(probe, settings, Arc::clone(&polls));
    let waits = each_component(&server, options, stage, async || {
        let ended = fixed::wait_for_api_server(&api_server).await;
        (outcome(&ended), ended)
    });
    let (waits, log_lines) = stage.count_lines(waits).await;
    // All saw the same poll; one that came after its end may have seen less.
    let told = waits.iter().map(|(_, ended)| ended).max_by_key(|ended| report(ended).attempts);
    let told = told.expect("there are four components");
    match told {
        Ok(ready) => stage.tell(format_args!("{:#}", ready.report)),
        Err(error) => stage.tell(format_args!("error: {error:#}")),
    }
    let last_item = report(told).slowest().next().map(|item| item.name.to_string());
    let polled = Polled { polls: polls.load(Ordering::Relaxed), log_lines, last_item };
    let waits: Vec<Waited> = waits.into_iter().map(|(waited, _)| waited).collect();
    Ok(row(Mode::Fixed, "", &server, &waits, polled))
}

struct Polled {
    polls: u64,
    log_lines: u64,
    last_item: Option<String>,
}

fn report<T>(ended: &Result<Ready<T>, WaitError>) -> &WaitReport {
    match ended {
        Ok(ready) => &ready.report,
        Err(error) => error.report(),
    }
}

fn outcome<T>(ended: &Result<T, WaitError>) -> Outcome {
    match ended.as_ref().map_err(WaitError::failure) {
        Ok(_) => Outcome::Ready,
        Err(Failure::Deadline) => Outcome::Deadline,
        Err(Failure::Cancelled) => Outcome::Interrupted,
        Err(_) => Outcome::Fatal,
    }
}

/// Lets each component wait from its own start on, all at the same time.
async fn each_component<T>(
    server: &Server,
    options: &Options,
    stage: &Stage,
    wait: impl AsyncFn() -> (Outcome, T),
) -> Vec<(Waited, T)> {
    let start = server.started() + options.start_at.div_f64(options.speed);
    let wait = &wait;
    join_all(COMPONENTS.map(|(component, offset)| async move {
        // An interrupted component begins its wait all the same, which then ends at once and says so.
        let _ = stage.interrupt().run_until_cancelled(sleep_until(start + offset)).await;
        let started = Instant::now();
        let (outcome, rest) = wait().await;
        (Waited { component, started, ended: Instant::now(), outcome }, rest)
    }))
    .await
}

fn row(
    mode: Mode,
    variant: &'static str,
    server: &Server,
    waits: &[Waited],
    polled: Polled,
) -> Row {
    let outcome = waits.iter().map(|wait| wait.outcome).max().unwrap_or(Outcome::Ready);
    let since_start = |moment: Instant| moment.saturating_duration_since(server.started());
    let ended = waits.iter().map(|wait| wait.ended).max();
    let Polled { polls, log_lines, last_item } = polled;
    let mut row = Row::new(NAME, mode, variant, outcome)
        .with("ready_at", Value::Seconds(server.first_ready().map(since_start)))
        .with("ended_at", Value::Seconds(ended.map(since_start)));
    for (key, value) in latenesses(waits, server) {
        row = row.with(key, value);
    }
    row.with("polls", Value::Count(Some(polls)))
        .with("connections", Value::Count(server.connections()))
        .with("log_lines", Value::Count(Some(log_lines)))
        .with("last_item", Value::Name(last_item))
}
