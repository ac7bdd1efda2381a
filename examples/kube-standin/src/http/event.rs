use std::sync::Arc;

use serde_json::Value;

use crate::selector::Selector;
use crate::store::{Change, Object};

/// What a change is to somebody who sees only what is selected.
pub(super) fn event(selector: &Selector, change: &Change) -> Option<String> {
    let seen = |object: &Option<Arc<Object>>| object.clone().filter(|o| selector.selects(o));
    match (seen(&change.before), seen(&change.after)) {
        (None, None) => None,
        (None, Some(after)) => Some(line("ADDED", &after.value)),
        (Some(_), Some(after)) => Some(line("MODIFIED", &after.value)),
        (Some(before), None) => {
            let last = Object::new(before.value.clone(), change.version);
            Some(line("DELETED", &last.value))
        }
    }
}

/// One line of a watch.
pub(super) fn line(event: &str, object: &Value) -> String {
    format!("{{\"type\":\"{event}\",\"object\":{object}}}\n")
}
