//! A service with eight parts in three stages: ready by a bool and dropped handles, or by gates that fail closed.
//!
//! Reproduces two bugs of well-known crates, each in its own shape (`src/upstream`), in the code that people write with it:
//! * kubert 0.25, `Initialized` (`kubert/src/initialized.rs`): a handle that is dropped means initialised, so a part that
//!   panics before it is ready makes the process report ready. Nothing says that it is not.
//! * kube-runtime 5.0, `Store::wait_until_ready` (`kube-runtime/src/utils/delayed_init.rs`): all who wait share one receiver
//!   of a one-shot channel, which holds one waker. Of four tasks one is woken; three sleep for ever.
//!
//! ```text
//! cargo run -p staged-start -- run --mode broken
//! cargo run -p staged-start -- run --mode fixed
//! ```
//!
//! Each mode starts the service twice: nothing fails, and one part panics. Expect of `broken` that it is ready both times, that all
//! requests of the second start fail, and that one worker of four works. Expect of `fixed` four workers, and a second
//! start that never says ready, names the part, its place and the panic, and ends with exit code 2.
//!
//! What a user would copy is in `broken.rs` and `fixed.rs`; all the rest is scenery.

mod afterwards;
mod backends;
mod broken;
mod error;
mod fixed;
mod http;
mod log;
mod narrator;
mod options;
mod orders;
mod outside;
mod run;
mod stand_in;
mod tasks;
mod upstream;

use support::{Mode, NoParts, Outcome, Row, RunError, Stage, Value};

use crate::orders::{Fault, WORKERS};

pub use error::Error;
pub use options::Options;
pub use orders::{How, Part};

pub(crate) const NAME: &str = "staged-start";

/// The example, for its `main` and for the tour.
#[derive(Debug)]
pub struct StagedStart;

impl support::Example for StagedStart {
    const NAME: &'static str = NAME;
    const ABOUT: &'static str =
        "A service with eight parts starts: ready by dropped handles, or by gates that fail closed";
    type Options = Options;
    type Parts = NoParts;

    async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Vec<Row>, RunError> {
        run(mode, options, stage).await.map_err(RunError::from)
    }

    fn check(rows: &[Row]) -> Result<(), String> {
        check(rows).ok_or_else(|| "a value is missing".to_owned())?
    }
}

/// One start of the service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// The row's variant.
    name: &'static str,
    fault: Option<Fault>,
}

/// Runs one mode: a row for each start that the options ask for.
///
/// # Errors
/// When there is no such directory for the waterfalls, or the scene cannot be set.
pub async fn run(mode: Mode, options: &Options, stage: &Stage) -> Result<Vec<Row>, Error> {
    afterwards::directory(options)?;
    let mut rows = Vec::new();
    for start in options.starts() {
        if !stage.interrupt().is_cancelled() {
            stage.tell(format_args!("-- {mode} {}", start.name));
            rows.push(match mode {
                Mode::Broken => run::broken(start, options, stage).await?,
                Mode::Fixed => run::fixed(start, options, stage).await?,
            });
        }
    }
    Ok(rows)
}

/// The sentences of the README, in its order; `None` when a row or a value is not there.
fn check(rows: &[Row]) -> Option<Result<(), String>> {
    let row = |mode, variant| rows.iter().find(|row| row.mode == mode && row.variant == variant);
    let (broken, fixed) = (row(Mode::Broken, "healthy")?, row(Mode::Fixed, "healthy")?);
    let (lied, told) = (row(Mode::Broken, "panic")?, row(Mode::Fixed, "panic")?);
    let woken = |row: &Row| row.count("waiters_woken");
    let built_all = |row: &Row| Some(row.count("parts_built")? == Part::COUNT as u64);
    let failed = |row: &Row| row.count("served_too_early");
    let names = |row: &Row, key, what: &[&str]| match row.value(key) {
        Some(Value::Name(Some(name))) => what.iter().all(|what| name.contains(what)),
        _ => false,
    };
    let said_ready = |row: &Row| row.outcome == Outcome::Ready && row.seconds("ready_at").is_some();
    let sentences = [
        ("broken says ready though a part panicked", said_ready(lied) && !built_all(lied)?),
        (
            "and all requests fail then",
            lied.count("requests")? > 0 && failed(lied)? == lied.count("requests")?,
        ),
        ("one waiter of broken is woken", woken(broken)? == 1 && woken(lied)? == 1),
        ("all waiters of fixed are woken", woken(fixed)? == WORKERS as u64),
        (
            "so the same requests take fixed less time",
            fixed.seconds("answered_in")? < broken.seconds("answered_in")?,
        ),
        (
            "fixed is ready when all is there, and no request fails",
            said_ready(fixed) && built_all(fixed)? && failed(fixed)? == 0,
        ),
        ("fixed names the slowest gate", names(fixed, "slowest", &["db"])),
        (
            "fixed is never ready when a part panicked",
            told.outcome == Outcome::Fatal && told.seconds("ready_at").is_none(),
        ),
        ("and says why", names(told, "not_ready_reason", &["routes: ", "by a panic"])),
    ];
    let wrong = sentences.into_iter().find(|(_, holds)| !holds);
    Some(wrong.map_or(Ok(()), |(sentence, _)| Err(format!("not true in this run: {sentence}"))))
}
