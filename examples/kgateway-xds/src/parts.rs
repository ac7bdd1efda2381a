use std::process::ExitCode;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::options::ServeOptions;
use crate::serve;

/// What else the executable can be.
#[derive(Debug, clap::Subcommand)]
pub enum Parts {
    /// A control plane for any xDS client; SIGTERM ends it gracefully
    Serve(ServeOptions),
}

impl support::Part for Parts {
    async fn play(self) -> ExitCode {
        let filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
        let mut filter = filter.from_env_lossy();
        // An error for each try; the gates tell of trouble once.
        if let Ok(silent) = "kube_client::client::builder=off".parse() {
            filter = filter.add_directive(silent);
        }
        let log = tracing_subscriber::fmt().with_env_filter(filter);
        // Another one is there only in a test of somebody's own.
        let _ = log.with_writer(std::io::stderr).log_internal_errors(false).try_init();
        let Self::Serve(options) = self;
        match serve::serve(options).await {
            Ok(outcome) => ExitCode::from(outcome.exit()),
            Err(error) => {
                let error = support::RunError::from(error);
                support::tell(format_args!("error: {error}"));
                ExitCode::from(error.exit())
            }
        }
    }
}
