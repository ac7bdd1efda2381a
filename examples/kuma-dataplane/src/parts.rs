use std::io::Write;
use std::process::ExitCode;

use support::Outcome;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::control_plane::{ControlPlane, Settings};
use crate::options::{ControlPlaneOptions, DataplaneOptions, LoadOptions, SoakOptions};
use crate::store::Store;
use crate::{Error, dataplane, load, soak};

/// What else the executable can be.
#[derive(Debug, clap::Subcommand)]
pub enum Parts {
    /// A control plane; SIGTERM ends it gracefully
    ControlPlane(ControlPlaneOptions),
    /// A dataplane; SIGTERM ends it gracefully
    Dataplane(DataplaneOptions),
    /// A long random run of the fixed side; exit code 1 when anything is left over or wrongly deleted
    Soak(SoakOptions),
    /// Many dataplanes of the fixed side leave at once; exit code 1 when anything is left over
    Load(LoadOptions),
}

impl support::Part for Parts {
    async fn play(self) -> ExitCode {
        let filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
        let log = tracing_subscriber::fmt().with_env_filter(filter.from_env_lossy());
        // Another one is there only in a test of somebody's own.
        let _ = log.with_writer(std::io::stderr).log_internal_errors(false).try_init();
        let played = match self {
            Self::ControlPlane(options) => control_plane(options).await,
            Self::Dataplane(options) => dataplane(options).await,
            Self::Soak(options) => soak::soak(options).await,
            Self::Load(options) => load::load(options).await,
        };
        match played {
            Ok(outcome) => ExitCode::from(outcome.exit()),
            Err(error) => {
                let error = support::RunError::from(error);
                support::tell(format_args!("error: {error}"));
                ExitCode::from(error.exit())
            }
        }
    }
}

async fn control_plane(options: ControlPlaneOptions) -> Result<Outcome, Error> {
    let told = told_to_end(options.leashed)?;
    let store = Store::open(options.store.url(), options.pool).await?;
    let settings = Settings {
        listen: options.listen,
        ..Settings::new(format!("{}-{}", options.id, std::process::id()), options.mode)
            .with_grace(options.grace)
            .with_lease(options.lease)
    };
    let control_plane = ControlPlane::start(settings, store).await?;
    // Who has no terminal needs no address.
    let _ = writeln!(std::io::stdout(), "{}", control_plane.address());
    told.cancelled().await;
    control_plane.shutdown().await;
    Ok(Outcome::Ready)
}

async fn dataplane(options: DataplaneOptions) -> Result<Outcome, Error> {
    let told = told_to_end(options.leashed)?;
    dataplane::live(&options.name, &options.control_planes, told).await?;
    Ok(Outcome::Ready)
}

fn told_to_end(leashed: bool) -> std::io::Result<CancellationToken> {
    let told = support::interrupt_on_signals()?;
    if leashed {
        support::leash(told.clone());
    }
    Ok(told)
}
