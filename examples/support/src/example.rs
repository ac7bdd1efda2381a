use std::future::Future;
use std::process::ExitCode;

use crate::{Mode, Row, RunError, Stage};

/// One documented fix: what its `main` and the tour need to know of it.
pub trait Example {
    /// Its package's name.
    const NAME: &'static str;
    /// One line for `--help`.
    const ABOUT: &'static str;
    /// The options of `run`; their defaults are what the tour shows.
    type Options: clap::Args;
    /// Its further subcommands, for examples that need child processes; else [`NoParts`].
    type Parts: Part;

    /// Runs one mode and measures it: one row, or one for each variant.
    ///
    /// Ends soon after [`Stage::interrupt`] is cancelled, with what was measured so far.
    ///
    /// # Errors
    /// When the options make no sense or the scenery cannot be set up. That something did not become ready is no error but a row's outcome.
    fn run(
        mode: Mode,
        options: &Self::Options,
        stage: &Stage,
    ) -> impl Future<Output = Result<Vec<Row>, RunError>>;

    /// Whether the rows of both modes, with default options, show what the README says: broken the bug, fixed not.
    ///
    /// # Errors
    /// The first sentence of the README that does not hold.
    fn check(rows: &[Row]) -> Result<(), String>;
}

/// The role of a child process, a subcommand like `run`: `NAME PART --mode broken|fixed`.
pub trait Part: clap::Subcommand {
    /// Plays it to its end.
    fn play(self) -> impl Future<Output = ExitCode>;
}

/// No further subcommands.
#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub enum NoParts {}

impl Part for NoParts {
    async fn play(self) -> ExitCode {
        match self {}
    }
}
