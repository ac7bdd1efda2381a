//! The same with firstlight: a logger from the first line, the configuration parsed once, each step bounded,
//! and at the end who it was that took the time.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use firstlight_log::{Logger, Settings, Sink};
use firstlight_ready::{Budget, Readiness, Spec};
use firstlight_timeline::TimelineLayer;

use crate::NAME;
use crate::container::{Dependencies, ToTracing, TransparentProxy};
use crate::error::InitError;
use crate::upstream;

/// For all steps together.
const BUDGET: Duration = Duration::from_secs(3);
/// And for each.
const STEP: Duration = Duration::from_millis(2500);

/// The container's `main`. Its ends are exits: on a return the runtime would wait for a thread that hangs.
pub(crate) async fn main(with: Dependencies, svg: Option<&Path>) -> ExitCode {
    let log = firstlight_log::boot();
    // Before anybody asks for it: nothing of ours runs before main.
    upstream::set_logger(ToTracing);

    let (timeline, recorder) = TimelineLayer::new();
    let ended = start(Arc::new(with), &log, timeline).await;
    let start = recorder.snapshot();
    if let Some(path) = svg
        && let Err(error) = std::fs::write(path, start.to_svg())
    {
        tracing::warn!("no picture in {}: {error}", path.display());
    }
    let premain_ms = log.premain().map(|premain| premain.age().as_millis() as u64);
    match ended {
        Ok(()) => {
            let blame = start.blame();
            let blamed = blame.rows().first().map(|slowest| slowest.name.as_str());
            tracing::info!(blamed, premain_ms, "{}", start.summary());
            firstlight_log::exit(0)
        }
        Err(error) => {
            tracing::error!(blamed = error.blamed(), premain_ms, "{NAME} failed: {error}");
            firstlight_log::exit(error.exit())
        }
    }
}

/// All steps, one after the other.
async fn start(
    with: Arc<Dependencies>,
    log: &Logger,
    timeline: TimelineLayer,
) -> Result<(), InitError> {
    let readiness = Readiness::new(NAME)?;
    let config = readiness.register(Spec::new("config"))?;
    let proxy = readiness.register(Spec::new("transparent-proxy").after(["config"]))?;
    let validate = readiness.register(Spec::new("validate").after(["transparent-proxy"]))?;
    let register = readiness.register(Spec::new("register").after(["validate"]))?;
    readiness.seal()?;

    let budget = Budget::new(BUDGET);
    let limit = || budget.at_most(STEP);

    // Once, and on a thread of its own; the steps share it.
    let load = Arc::clone(&with);
    let config = config.run_blocking(limit(), move || load.load_config()).await?;
    let settings = Settings::new().with_filter(&config.log_level).with_sink(Sink::stdout());
    log.configure(settings.with_unfiltered_layer(timeline))?;

    proxy.run(limit(), TransparentProxy::new(&with).install(&config)).await?;
    validate.run(limit(), with.validate(&config)).await?;
    register.run(limit(), with.register(&config)).await?;
    Ok(())
}
