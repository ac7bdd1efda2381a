//! What the JSON forms have in common.

use serde_json::{Map, Value};

/// A longer text is not read at all: JSON that is cut short is none.
const MAX_READ: usize = 1024 * 1024;

/// The object that the text is; serde_json refuses one that is nested too deep.
pub(crate) fn object(json: &[u8]) -> Option<Map<String, Value>> {
    if json.len() > MAX_READ {
        return None;
    }
    match serde_json::from_slice(json).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// Whether the text is an object of any kind.
pub(crate) fn is_object(json: &[u8]) -> bool {
    object(json).is_some()
}

/// The text of this key.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}
