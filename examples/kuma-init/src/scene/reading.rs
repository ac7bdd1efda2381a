use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;

/// More than a container says of itself here.
const SAID: usize = 8;
/// Enough of a line that is shown.
const SHOWN: usize = 300;

/// What can be read of a container's logs, by an operator or a program.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The numbered lines.
    pub(crate) lines: HashSet<u64>,
    /// What it says of itself: its warnings and errors, its report, and what is no log on its standard error.
    pub(crate) said: Vec<String>,
    /// From its report, the line with the fields that its `main` gives it.
    pub(crate) blamed: Option<String>,
    pub(crate) premain: Option<Duration>,
}

impl Reading {
    /// Reads both, in whatever format they are.
    pub(crate) fn of(stdout: &[u8], stderr: &[u8]) -> Self {
        let mut reading = Self::default();
        for line in String::from_utf8_lossy(stdout).lines() {
            reading.line(line);
        }
        for line in String::from_utf8_lossy(stderr).lines() {
            if !reading.line(line) {
                reading.say(line);
            }
        }
        reading
    }

    /// Reads one; whether it is a log's.
    fn line(&mut self, line: &str) -> bool {
        let number = number(line);
        self.lines.extend(number);
        let Ok(object) = serde_json::from_str(line) else { return number.is_some() };
        let told = Told(object);
        let report = told.field("blamed").is_some();
        if report {
            self.blamed = told.text("blamed");
            let premain = told.field("premain_ms").and_then(Value::as_u64);
            self.premain = premain.map(Duration::from_millis);
        }
        if report || told.is_trouble() {
            self.say(&told.text("message").unwrap_or_default());
        }
        true
    }

    /// Cleaned and cut: it is another process's, and for a terminal.
    fn say(&mut self, line: &str) {
        if self.said.len() < SAID {
            self.said.push(line.chars().filter(|c| !c.is_control()).take(SHOWN).collect());
        }
    }
}

/// `line-17: and so on`, wherever it stands.
fn number(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("line-")?;
    rest.split_once(':')?.0.parse().ok()
}

/// A line of JSON.
struct Told(Value);

impl Told {
    fn is_trouble(&self) -> bool {
        self.0.get("level").is_some_and(|level| level == "WARN" || level == "ERROR")
    }

    fn field(&self, key: &str) -> Option<&Value> {
        self.0.get("fields")?.get(key)
    }

    fn text(&self, key: &str) -> Option<String> {
        Some(self.field(key)?.as_str()?.to_owned())
    }
}
