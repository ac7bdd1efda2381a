use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::{Example, Mode, Outcome, Part, Row, RunError, Stage, table};

/// The exit code of a command line that asks for nothing that exists.
pub const USAGE: u8 = 3;

/// The whole `main` of an example, with the process's arguments.
pub fn main<E: Example>(args: Vec<OsString>) -> ExitCode {
    type Of<E> = Cli<<E as Example>::Options, <E as Example>::Parts>;
    let command = Of::<E>::command().name(E::NAME).about(E::ABOUT);
    match parse::<Of<E>>(command, [E::NAME.into()].into_iter().chain(args)) {
        Ok(Cli { command: Command::Run(run) }) => in_runtime(show::<E>(run)),
        Ok(Cli { command: Command::Part(part) }) => in_runtime(part.play()),
        Err(code) => code,
    }
}

/// Says something on standard error; when that is closed, nobody is left to hear it.
pub fn tell(message: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{message}");
}

/// Parses a command line, the executable's name first.
///
/// # Errors
/// The exit code, when there is nothing to run: 0 after `--help`, 3 after a mistake. What clap has to say is printed.
pub fn parse<C: Parser>(
    command: clap::Command,
    args: impl IntoIterator<Item = OsString>,
) -> Result<C, ExitCode> {
    let matches = command.try_get_matches_from(args);
    matches.and_then(|mut matches| C::from_arg_matches_mut(&mut matches)).map_err(|error| {
        // Nobody is left to tell when the terminal is gone.
        let _ = error.print();
        ExitCode::from(if error.use_stderr() { USAGE } else { 0 })
    })
}

/// An example's options when none is given.
pub fn defaults<E: Example>() -> E::Options {
    Defaults::<E::Options>::parse_from([E::NAME]).options
}

/// Prints rows to standard output: one table, or one JSON object a line.
///
/// # Errors
/// When standard output is closed.
pub fn print(rows: &[Row], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        for row in rows {
            writeln!(out, "{}", serde_json::to_string(row)?)?;
        }
    } else if !rows.is_empty() {
        write!(out, "{}", table(rows))?;
    }
    out.flush()
}

#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
struct Cli<O: clap::Args, P: clap::Subcommand> {
    #[command(subcommand)]
    command: Command<O, P>,
}

#[derive(Debug, clap::Subcommand)]
enum Command<O: clap::Args, P: clap::Subcommand> {
    /// Runs one mode and prints what it measured.
    Run(Run<O>),
    #[command(flatten)]
    Part(P),
}

#[derive(Debug, clap::Args)]
struct Run<O: clap::Args> {
    /// Which side to run.
    #[arg(long, value_enum)]
    mode: Mode,
    /// Print one JSON object a line instead of the table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    options: O,
}

#[derive(Debug, Parser)]
struct Defaults<O: clap::Args> {
    #[command(flatten)]
    options: O,
}

async fn show<E: Example>(run: Run<E::Options>) -> ExitCode {
    let rows = async {
        let interrupt = crate::interrupt_on_signals().map_err(|e| RunError::Scenery(e.into()))?;
        E::run(run.mode, &run.options, &Stage::new(interrupt)).await
    };
    let shown = rows.await.and_then(|rows| {
        print(&rows, run.json).map_err(|e| RunError::Scenery(e.into()))?;
        Ok(rows.iter().map(|row| row.outcome).max().unwrap_or(Outcome::Ready))
    });
    match shown {
        Ok(worst) => ExitCode::from(worst.exit()),
        Err(error) => {
            tell(format_args!("error: {error}"));
            ExitCode::from(error.exit())
        }
    }
}

/// Runs the future of a `main` to its end, on all cores.
pub fn in_runtime(future: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => {
            tell(format_args!("error: no runtime: {error}"));
            ExitCode::from(Outcome::Fatal.exit())
        }
    }
}
