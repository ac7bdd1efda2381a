//! Durations as numbers in seconds.

use std::time::Duration;

use serde::ser::{SerializeMap, Serializer};

use crate::status::StatusKind;

pub(super) fn one<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(duration.as_secs_f64())
}

pub(super) fn maybe<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => to.serialize_some(&duration.as_secs_f64()),
        None => to.serialize_none(),
    }
}

pub(super) fn by_kind<S: Serializer>(
    times: &[(StatusKind, Duration)],
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(times.len()))?;
    for (kind, time) in times {
        map.serialize_entry(kind.as_str(), &time.as_secs_f64())?;
    }
    map.end()
}
