use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;

/// What the container has to do, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Step {
    /// The ConfigMap is read.
    Config,
    /// The rules of the proxy are set.
    TransparentProxy,
    /// It is looked whether they work.
    Validate,
    /// The control plane is told.
    Register,
}

impl Step {
    /// The name in messages and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::TransparentProxy => "transparent-proxy",
            Self::Validate => "validate",
            Self::Register => "register",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A step whose dependency takes its time: `register=2s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slow {
    /// Which.
    pub step: Step,
    /// How long it takes.
    pub time: Duration,
}

impl FromStr for Slow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (step, time) = text.split_once('=').ok_or("STEP=DURATION, such as register=2s")?;
        let known = || Step::value_variants().iter().map(|step| step.name()).collect::<Vec<_>>();
        let step = Step::from_str(step, false)
            .map_err(|_| format!("no step {step:?}: they are {}", known().join(", ")))?;
        let time = humantime::parse_duration(time).map_err(|error| error.to_string())?;
        Ok(Self { step, time })
    }
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.step, humantime::format_duration(self.time))
    }
}
