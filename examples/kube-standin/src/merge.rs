use serde_json::{Map, Value};

/// Merges a patch into a value by RFC 7386: objects member by member, null removes, all else replaces.
///
/// The patch was parsed from JSON, whose depth the parser bounds.
pub(crate) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}
