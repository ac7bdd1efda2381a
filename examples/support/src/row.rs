use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::{Mode, Outcome, Value};

/// What one run measured.
///
/// As JSON: `{"example":"…","mode":"fixed","variant":"","outcome":"ready","exit":0,"values":{"lateness":{"value":0.04,"unit":"s"}}}`,
/// the values in the order in which they were added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The example's name.
    pub example: &'static str,
    /// Which side ran.
    pub mode: Mode,
    /// Which of several ways of that side; empty when there is one.
    pub variant: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    values: Vec<(String, Value)>,
}

impl Row {
    /// A row without values.
    pub const fn new(
        example: &'static str,
        mode: Mode,
        variant: &'static str,
        outcome: Outcome,
    ) -> Self {
        Self { example, mode, variant, outcome, values: Vec::new() }
    }

    /// Adds a value; the example's README says what its key means.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: Value) -> Self {
        self.values.push((key.into(), value));
        self
    }

    /// The values in their order.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The value of this key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.values().find_map(|(name, value)| (name == key).then_some(value))
    }

    /// The time of this key; `None` when there is no such key, it is no time, or the run could not know it.
    pub fn seconds(&self, key: &str) -> Option<Duration> {
        match self.value(key)? {
            Value::Seconds(time) => *time,
            _ => None,
        }
    }

    /// The count of this key; `None` when there is no such key, it is no count, or the run could not know it.
    pub fn count(&self, key: &str) -> Option<u64> {
        match self.value(key)? {
            Value::Count(count) => *count,
            _ => None,
        }
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Row", 6)?;
        object.serialize_field("example", self.example)?;
        object.serialize_field("mode", &self.mode)?;
        object.serialize_field("variant", self.variant)?;
        object.serialize_field("outcome", &self.outcome)?;
        object.serialize_field("exit", &self.outcome.exit())?;
        object.serialize_field("values", &Values(&self.values))?;
        object.end()
    }
}

struct Values<'a>(&'a [(String, Value)]);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
