use std::io::{self, Write};

use firstlight_timeline::{Recorder, TimelineLayer};
use support::Stage;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, fmt};

/// The log of one run: a recorder of its start, and warnings on standard error; `RUST_LOG` shows more.
pub(crate) fn log(stage: &Stage) -> (impl Subscriber + Send + Sync + 'static, Recorder) {
    let (timeline, recorder) = TimelineLayer::new();
    let shown =
        EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).from_env_lossy();
    let stage = stage.clone();
    let terminal = fmt::layer().with_writer(move || Told(stage.clone())).log_internal_errors(false);
    (tracing_subscriber::registry().with(timeline).with(terminal.with_filter(shown)), recorder)
}

/// Standard error, unless the stage is quiet.
struct Told(Stage);

impl Write for Told {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.tell(format_args!("{}", String::from_utf8_lossy(line).trim_end()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
