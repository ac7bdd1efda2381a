use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// One measured value with its unit; `None` is what this run could not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A time; shown in seconds, to the millisecond.
    Seconds(Option<Duration>),
    /// A number of things.
    Count(Option<u64>),
    /// What something is called.
    Name(Option<String>),
}

impl Value {
    /// The unit in the words of the table and of the JSON.
    pub const fn unit(&self) -> &'static str {
        match self {
            Self::Seconds(_) => "s",
            Self::Count(_) => "count",
            Self::Name(_) => "name",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(Some(time)) => write!(f, "{:.3}", time.as_secs_f64()),
            Self::Count(Some(count)) => write!(f, "{count}"),
            Self::Name(Some(name)) => f.write_str(name),
            Self::Seconds(None) | Self::Count(None) | Self::Name(None) => f.write_str("-"),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Value", 2)?;
        match self {
            // To the millisecond, as in the table: what is below is the scheduler's.
            Self::Seconds(time) => {
                let seconds = time.map(|time| (time.as_secs_f64() * 1e3).round() / 1e3);
                object.serialize_field("value", &seconds)?;
            }
            Self::Count(count) => object.serialize_field("value", count)?,
            Self::Name(name) => object.serialize_field("value", name)?,
        }
        object.serialize_field("unit", self.unit())?;
        object.end()
    }
}
