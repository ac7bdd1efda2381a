use std::process::ExitCode;

use support::{Mode, Outcome};

use crate::container::{Dependencies, Ledger};
use crate::options::ContainerOptions;
use crate::upstream::{self, Behaviour};
use crate::{broken, fixed};

/// What else the executable can be.
#[derive(Debug, clap::Subcommand)]
pub enum Parts {
    /// The init container
    Container(ContainerOptions),
}

impl support::Part for Parts {
    async fn play(self) -> ExitCode {
        let Self::Container(options) = self;
        let ledger = match Ledger::open(options.ledger) {
            Ok(ledger) => ledger,
            Err(error) => {
                support::tell(format_args!("error: no ledger: {error}"));
                return ExitCode::from(Outcome::Fatal.exit());
            }
        };
        let (config, hang, slow) = (options.config, options.hang, options.slow);
        let with = Dependencies { config, slow, hang, ledger };
        let (deadline, waits) = (options.logger_deadline, options.logger_waits);
        upstream::behave(Behaviour { deadline, waits });
        match options.mode {
            Mode::Broken => match broken::main(&with).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    support::tell(format_args!("Error: {error}"));
                    ExitCode::from(Outcome::Fatal.exit())
                }
            },
            Mode::Fixed => fixed::main(with, options.svg.as_deref()).await,
        }
    }
}
