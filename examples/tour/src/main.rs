//! Runs every example in both modes and prints one table.
//!
//! ```text
//! cargo tour                  # all of them
//! cargo tour k3s-readyz       # one
//! cargo tour --json           # one object a line on standard output, nothing else
//! ```
//!
//! The exit code is 0 when every example showed what its README says, 1 when one did not or could not be run, 2 when the tour itself
//! could not (standard output is closed, say), 3 for a wrong command line, 130 when interrupted (the table then holds what was measured so far).

mod registry;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use support::{Mode, Outcome, Row, Stage};

use crate::registry::Entry;

/// An example did not show what its README says, or could not be run.
const NOT_SHOWN: u8 = 1;

/// Every example in broken and in fixed mode, side by side.
#[derive(Debug, Parser)]
#[command(name = "tour", disable_help_subcommand = true, args_conflicts_with_subcommands = true)]
struct Tour {
    /// Only this example
    #[arg(value_parser = known)]
    example: Option<&'static Entry>,
    /// Print one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    stand_in: Option<StandIn>,
}

#[derive(Debug, clap::Subcommand)]
enum StandIn {
    /// Be this example's own executable: how it reaches its child processes from here.
    #[command(hide = true)]
    As {
        #[arg(value_parser = known)]
        example: &'static Entry,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn known(name: &str) -> Result<&'static Entry, String> {
    Entry::named(name).ok_or_else(|| format!("the examples are: {}", Entry::names()))
}

fn main() -> ExitCode {
    let tour = match support::parse::<Tour>(Tour::command(), std::env::args_os()) {
        Ok(tour) => tour,
        Err(code) => return code,
    };
    if let Some(StandIn::As { example, args }) = tour.stand_in {
        return (example.main)(args);
    }
    let entries = match tour.example {
        Some(entry) => vec![entry],
        None => registry::EXAMPLES.iter().collect(),
    };
    support::in_runtime(show(entries, tour.json))
}

/// Runs the examples one after the other, since they measure time.
async fn show(entries: Vec<&'static Entry>, json: bool) -> ExitCode {
    let mut all = Vec::new();
    let mut worst = 0;
    let interrupt = match support::interrupt_on_signals() {
        Ok(interrupt) => interrupt,
        Err(error) => return failed(format_args!("no signal handlers: {error}")),
    };
    for entry in entries {
        let stage = Stage::new(interrupt.clone()).with_prefix(["as", entry.name]);
        let (rows, shown) = both_modes(entry, &stage).await;
        if interrupt.is_cancelled() {
            worst = Outcome::Interrupted.exit();
        } else if let Err(complaint) = shown {
            stage.tell(format_args!("{}: {complaint}", entry.name));
            worst = NOT_SHOWN;
        }
        // A reader of lines gets them as they are measured; a table needs them all.
        let printed = if json { support::print(&rows, true) } else { Ok(()) };
        all.extend(rows);
        if let Err(error) = printed {
            return failed(format_args!("standard output: {error}"));
        }
        if interrupt.is_cancelled() {
            break;
        }
    }
    if !json && let Err(error) = support::print(&all, false) {
        return failed(format_args!("standard output: {error}"));
    }
    ExitCode::from(worst)
}

/// What was measured, and whether it shows what the README says.
async fn both_modes(entry: &Entry, stage: &Stage) -> (Vec<Row>, Result<(), String>) {
    let mut rows = Vec::new();
    for mode in Mode::ALL {
        if stage.interrupt().is_cancelled() {
            return (rows, Ok(()));
        }
        stage.tell(format_args!("== {} {mode}", entry.name));
        match (entry.run)(mode, stage.clone()).await {
            Ok(measured) => rows.extend(measured),
            Err(error) => return (rows, Err(error.to_string())),
        }
    }
    let shown = (entry.check)(&rows);
    (rows, shown)
}

fn failed(why: std::fmt::Arguments<'_>) -> ExitCode {
    support::tell(format_args!("error: {why}"));
    ExitCode::from(Outcome::Fatal.exit())
}
