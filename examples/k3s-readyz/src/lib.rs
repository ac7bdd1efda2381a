//! Waiting for a Kubernetes API server: four fixed-interval pollers, or one adaptive poll for all.
//!
//! Reproduces k3s-io/k3s#11896 ("K3s startup sequencing is inefficient") and what its fix k3s-io/k3s#11878 improved:
//! <https://github.com/k3s-io/k3s/issues/11896>, <https://github.com/k3s-io/k3s/pull/11878>.
//!
//! ```text
//! cargo run -p k3s-readyz -- run --mode broken
//! cargo run -p k3s-readyz -- run --mode fixed
//! ```
//!
//! A replay server plays what a real kube-apiserver answered while it started: refused, bound but not accepting TLS, 403, 500 with the failing
//! checks, 200. Four components wait for it. Expect of `broken`, with an interval of 1 s and of 2 s, components that know up to one interval
//! late, a log line for each poll of each component, and no word of what the server was waiting for. Expect of `fixed` a delay of at most
//! a tenth of the start's own time, a line for each change, and a report that names the check that was last.
//!
//! # What is upstream's story, and what is not
//! * **True**: the helper was called from four places, each with a loop of its own; the fix made it one shared ready channel, and logs a line when
//!   the error's text changes (before, the line was in a branch that was never reached). Here that is [`SharedPoll`](firstlight_poll::SharedPoll).
//! * **Told, but not upstream's**: an interval that adapts and errors that are classified. K3s polls at a fixed interval (1 s then, 2 s today, with 15 s for
//!   a request), and every error is transient until one deadline of 15 minutes. Here both exist, and the table shows what they bring.
//!
//! What a user would copy is in `broken.rs` and `fixed.rs`; all the rest is scenery.

mod broken;
mod components;
mod error;
mod fixed;
mod options;
pub mod recording;
pub mod replay;
mod run;
mod server;

use std::time::Duration;

use support::{Mode, NoParts, Outcome, Row, RunError, Stage};

use crate::components::COMPONENTS;

pub use error::Error;
pub use options::Options;

pub(crate) const NAME: &str = "k3s-readyz";

/// The example, for its `main` and for the tour.
#[derive(Debug)]
pub struct K3sReadyz;

impl support::Example for K3sReadyz {
    const NAME: &'static str = NAME;
    const ABOUT: &'static str =
        "Four components wait for a Kubernetes API server: each by itself, or by one adaptive poll";
    type Options = Options;
    type Parts = NoParts;

    async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Vec<Row>, RunError> {
        run(mode, options, stage).await.map_err(RunError::from)
    }

    fn check(rows: &[Row]) -> Result<(), String> {
        check(rows).ok_or_else(|| "a value is missing".to_owned())?
    }
}

/// Runs one mode: two rows of `broken`, with an interval of 1 s and of 2 s, or one of `fixed`.
///
/// # Errors
/// When the options ask for something that does not exist, or the replay server cannot start.
pub async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Vec<Row>, Error> {
    if mode == Mode::Fixed {
        return Ok(vec![run::fixed(options, stage).await?]);
    }
    let mut rows = Vec::new();
    for (variant, interval) in [("1s", Duration::from_secs(1)), ("2s", Duration::from_secs(2))] {
        if !stage.interrupt().is_cancelled() {
            rows.push(run::broken(variant, interval, options, stage).await?);
        }
    }
    Ok(rows)
}

/// The sentences of the README, in its order; `None` when a row or a value is not there.
fn check(rows: &[Row]) -> Option<Result<(), String>> {
    let row = |mode, variant| rows.iter().find(|row| row.mode == mode && row.variant == variant);
    let (one, two) = (row(Mode::Broken, "1s")?, row(Mode::Broken, "2s")?);
    let fixed = row(Mode::Fixed, "")?;
    let late = |row: &Row| row.seconds("lateness_max");
    let lines = |row: &Row| row.count("log_lines");
    let logs_each_poll =
        |row: &Row| Some(lines(row)? + COMPONENTS.len() as u64 == row.count("polls")?);
    let sentences = [
        ("every run ends with ready", rows.iter().all(|row| row.outcome == Outcome::Ready)),
        ("an interval of 1 s knows later than fixed", late(one)? > late(fixed)?),
        ("an interval of 2 s knows more than twice as late", late(two)? > late(fixed)? * 2),
        ("broken logs each poll that is not ready", logs_each_poll(one)? && logs_each_poll(two)?),
        ("fixed logs less than half of its polls", lines(fixed)? * 2 < fixed.count("polls")?),
        ("only fixed names the last item", named(fixed) && !named(one) && !named(two)),
    ];
    let wrong = sentences.into_iter().find(|(_, holds)| !holds);
    Some(wrong.map_or(Ok(()), |(sentence, _)| Err(format!("not true in this run: {sentence}"))))
}

fn named(row: &Row) -> bool {
    matches!(row.value("last_item"), Some(support::Value::Name(Some(_))))
}
