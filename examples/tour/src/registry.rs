use std::ffi::OsString;
use std::process::ExitCode;

use futures_util::future::{FutureExt, LocalBoxFuture};
use support::{Example, Mode, Row, RunError, Stage};

type Running = LocalBoxFuture<'static, Result<Vec<Row>, RunError>>;

/// An example as the tour knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// Runs one mode with default options.
    pub(crate) run: fn(Mode, Stage) -> Running,
    /// Whether the rows show what the example's README says.
    pub(crate) check: fn(&[Row]) -> Result<(), String>,
    /// Its own command line, so that this executable can stand in for its child processes.
    pub(crate) main: fn(Vec<OsString>) -> ExitCode,
}

/// The examples in the order of the tour. A new one is a line here.
pub(crate) const EXAMPLES: &[Entry] = &[
    Entry::of::<contour_follower::ContourFollower>(),
    Entry::of::<k3s_readyz::K3sReadyz>(),
    Entry::of::<kgateway_xds::KgatewayXds>(),
    Entry::of::<kuma_dataplane::KumaDataplane>(),
    Entry::of::<kuma_init::KumaInit>(),
    Entry::of::<staged_start::StagedStart>(),
];

impl Entry {
    const fn of<E: Example + 'static>() -> Self
    where
        E::Options: 'static,
    {
        Self { name: E::NAME, run: run::<E>, check: E::check, main: support::main::<E> }
    }

    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        EXAMPLES.iter().find(|entry| entry.name == name)
    }

    /// The names, for messages.
    pub(crate) fn names() -> String {
        EXAMPLES.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ")
    }
}

fn run<E: Example + 'static>(mode: Mode, stage: Stage) -> Running {
    async move { E::run(mode, &support::defaults::<E>(), &stage).await }.boxed_local()
}
