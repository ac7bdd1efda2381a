//! Values that are recorded again and again: of each field the last one counts.

use std::collections::HashMap;

use super::decode::split;

/// Adds values behind those that there are.
///
/// Where that would take more memory, those go that were recorded anew since: a span that tells its progress
/// for ever does not grow.
pub(crate) fn record_more(values: &mut Vec<u8>, more: &[u8]) {
    if values.capacity() - values.len() < more.len() {
        keep_latest(values);
        // As much again: this walk is not taken for each of them.
        values.reserve(values.len() + more.len());
    }
    values.extend_from_slice(more);
}

/// Leaves of each field only its last value.
pub(crate) fn keep_latest(values: &mut Vec<u8>) {
    let mut places = Vec::new();
    let mut last = HashMap::new();
    let mut at = 0;
    while let Some((field, _, rest)) = values.get(at..).and_then(split) {
        let end = values.len() - rest.len();
        last.insert(field, places.len());
        places.push((field, at..end));
        at = end;
    }
    let mut kept = 0;
    for (place, (field, range)) in places.into_iter().enumerate() {
        if last.get(&field) == Some(&place) {
            let len = range.len();
            values.copy_within(range, kept);
            kept += len;
        }
    }
    values.truncate(kept);
}
