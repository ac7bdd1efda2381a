use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::options::ServeOptions;
use crate::serve;

/// What else the executable can be.
#[derive(Debug, clap::Subcommand)]
pub enum Parts {
    /// One instance of the control plane; SIGTERM ends it gracefully
    Serve(ServeOptions),
}

impl support::Part for Parts {
    async fn play(self) -> ExitCode {
        // What kube says of each try, the gates say once.
        let usual = || EnvFilter::new("warn,kube_client=off,kube_runtime=off");
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| usual());
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
