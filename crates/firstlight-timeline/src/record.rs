use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::span::{Span, nanos};
use crate::timeline::{DEFAULT_CAPACITY, Timeline};

/// How many spans are read from a record at most.
pub const MAX_READ: usize = 65_536;

/// A timeline as it stands in JSON. Times are nanoseconds since the start of the process.
#[derive(Serialize, Deserialize)]
struct Record {
    #[serde(default)]
    goal: Option<String>,
    #[serde(default)]
    seen_until_ns: u64,
    #[serde(default)]
    dropped: u64,
    #[serde(default)]
    mended: u64,
    spans: Vec<SpanRecord>,
}

#[derive(Serialize, Deserialize)]
struct SpanRecord {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
    start_ns: u64,
    end_ns: Option<u64>,
    /// One that is open has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
}

impl Timeline {
    /// Writes all that is known as JSON; [`from_json`](Self::from_json) reads it back.
    pub fn to_json(&self) -> String {
        // It always succeeds: there is no map with keys of another type, and no writer that could fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// Names are cleaned and bounded as always. It has room for what was read, and for
    /// [`DEFAULT_CAPACITY`](crate::DEFAULT_CAPACITY) spans at least; spans beyond [`MAX_READ`] are counted
    /// as dropped.
    ///
    /// # Errors
    /// It is no JSON, or no timeline; the error says where.
    pub fn from_json(json: &str) -> Result<Self, RecordError> {
        serde_json::from_str(json).map_err(RecordError)
    }
}

/// A text that is no record of a timeline.
#[derive(Debug, thiserror::Error)]
#[error("no record of a timeline: {0}")]
pub struct RecordError(#[source] serde_json::Error);

impl Serialize for Timeline {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let spans = self.spans.iter().map(|span| SpanRecord {
            name: span.name.clone(),
            parent: span.parent.clone(),
            after: span.after.clone(),
            start_ns: nanos(span.start),
            end_ns: span.end.map(nanos),
            outcome: span.end.map(|_| span.outcome.to_string()),
        });
        let record = Record {
            goal: self.goal.clone(),
            seen_until_ns: nanos(self.seen_until),
            dropped: self.dropped,
            mended: self.mended,
            spans: spans.collect(),
        };
        record.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Timeline {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let record = Record::deserialize(from)?;
        let capacity = record.spans.len().clamp(DEFAULT_CAPACITY, MAX_READ);
        let mut timeline = Self::with_capacity(capacity);
        if let Some(goal) = record.goal {
            timeline = timeline.with_goal(goal);
        }
        for span in record.spans {
            timeline.record(span.read());
        }
        timeline.saw(Duration::from_nanos(record.seen_until_ns));
        timeline.dropped = timeline.dropped.saturating_add(record.dropped);
        timeline.mended = timeline.mended.saturating_add(record.mended);
        Ok(timeline)
    }
}

impl SpanRecord {
    fn read(self) -> Span {
        let start = Duration::from_nanos(self.start_ns);
        let span = match self.end_ns {
            Some(end) => Span::new(self.name, start, Duration::from_nanos(end)),
            None => Span::open(self.name, start),
        };
        let span = span.with_after(self.after).with_outcome(self.outcome.as_deref().unwrap_or(""));
        match self.parent {
            Some(parent) => span.with_parent(parent),
            None => span,
        }
    }
}
