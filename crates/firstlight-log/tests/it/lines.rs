use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstlight_log::{Format, Logger, Sink};
use serde_json::Value;

/// What a sink has written.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// A sink that loses nothing and writes here.
    pub(super) fn sink(&self, format: Format) -> Sink {
        Sink::writer(self.clone()).with_format(format).lossless()
    }

    /// A sink as a service has one, which may lose lines.
    pub(super) fn lossy(&self, format: Format) -> Sink {
        Sink::writer(self.clone()).with_format(format)
    }

    /// All lines, after they have been written.
    #[track_caller]
    pub(super) fn read(&self, log: &Logger) -> Vec<String> {
        log.flush(Duration::from_secs(60)).expect("it takes everything");
        let text = String::from_utf8(self.0.lock().unwrap().clone()).expect("text");
        text.lines().map(str::to_owned).collect()
    }

    /// Those of the test's own, as JSON.
    #[track_caller]
    pub(super) fn json(&self, log: &Logger) -> Vec<Value> {
        let lines = self.read(log);
        let all = lines
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")));
        all.filter(|line| line["target"] != "firstlight_log").collect()
    }

    /// The messages of those of the test's own.
    #[track_caller]
    pub(super) fn messages(&self, log: &Logger) -> Vec<String> {
        self.json(log)
            .iter()
            .map(|line| line["fields"]["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
