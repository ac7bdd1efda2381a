use serde_json::{Map, Value};

use crate::parse::checks::{Checks, MAX_NAME};
use crate::parse::json::{object, text};
use crate::parse::tally::Tally;
use crate::text::tidy;

/// Reads `application/health+json` (draft-inadarei-api-health-check).
///
/// Such as `{"status":"fail","checks":{"db:responseTime":[{"status":"fail"}]}}`.
///
/// `pass`, `ok` and `up` pass; `warn` passes with a warning; `fail`, `error` and `down` fail; in any case of
/// letters. An entry without a status does not count. Of several entries for one key each is named by its
/// `componentId`, or its number. A failing entry's `output` is its reason.
///
/// `None` when the text is not an object with such a status, or is longer than 1 MiB.
pub fn health_json(json: &[u8]) -> Option<Checks> {
    read(&object(json)?)
}

/// The same for JSON that does not say it is of that kind: only what surely is, is read.
pub(crate) fn surely_health_json(json: &[u8]) -> Option<Checks> {
    let root = object(json)?;
    let is_sure = root.get("checks").is_some_and(Value::is_object)
        || matches!(text(&root, "status"), Some("pass" | "warn" | "fail"));
    if is_sure { read(&root) } else { None }
}

#[derive(Clone, Copy, PartialEq)]
enum Status {
    Pass,
    Warn,
    Fail,
}

fn read(root: &Map<String, Value>) -> Option<Checks> {
    let overall = status(root)?;
    let mut tally = Tally::default();
    if overall == Status::Warn {
        tally.warn(text(root, "output").unwrap_or("status: warn"));
    }
    for (key, entries) in root.get("checks").and_then(Value::as_object).into_iter().flatten() {
        match entries {
            Value::Array(entries) if entries.len() == 1 => entry(key, &entries[0], &mut tally),
            Value::Array(entries) => several(key, entries, &mut tally),
            one => entry(key, one, &mut tally),
        }
    }
    Some(tally.finish(Some(overall != Status::Fail)))
}

fn several(key: &str, entries: &[Value], tally: &mut Tally) {
    // Cut before it is joined: one long name would be copied into each entry's.
    let key = tidy(key, MAX_NAME);
    for (i, value) in entries.iter().enumerate() {
        let name = match value.get("componentId").and_then(Value::as_str) {
            Some(id) => format!("{key}/{}", tidy(id, MAX_NAME)),
            None => format!("{key}/{}", i + 1),
        };
        entry(&name, value, tally);
    }
}

fn entry(name: &str, value: &Value, tally: &mut Tally) {
    let Some(entry) = value.as_object() else { return };
    let output = text(entry, "output");
    match status(entry) {
        Some(Status::Pass) => tally.pass(name),
        Some(Status::Warn) => {
            tally.pass(name);
            tally.warn(&format!("{name}: {}", output.unwrap_or("warn")));
        }
        Some(Status::Fail) => tally.fail(name, output),
        None => {}
    }
}

fn status(object: &Map<String, Value>) -> Option<Status> {
    match text(object, "status")?.to_ascii_lowercase().as_str() {
        "pass" | "ok" | "up" => Some(Status::Pass),
        "warn" => Some(Status::Warn),
        "fail" | "error" | "down" => Some(Status::Fail),
        _ => None,
    }
}
