use std::sync::Arc;

use serde_json::Value;

/// One version of one object; never changed, only replaced.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) value: Value,
    pub(crate) size: usize,
}

impl Object {
    /// The version is written into the value, so that what is stored is what is sent.
    pub(crate) fn new(mut value: Value, version: u64) -> Arc<Self> {
        value["metadata"]["resourceVersion"] = Value::String(version.to_string());
        let size = value.to_string().len();
        Arc::new(Self { value, size })
    }

    pub(crate) fn namespace(&self) -> &str {
        text(&self.value, "namespace")
    }

    pub(crate) fn name(&self) -> &str {
        text(&self.value, "name")
    }
}

/// A text of an object's metadata; empty when it is not there.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value["metadata"][field].as_str().unwrap_or_default()
}
