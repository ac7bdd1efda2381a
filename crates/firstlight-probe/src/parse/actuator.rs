use serde_json::{Map, Value};

use crate::parse::checks::{Checks, MAX_NAME};
use crate::parse::json::{object, text};
use crate::parse::tally::Tally;
use crate::text::tidy;

/// Reads the JSON of Spring Boot's `/actuator/health`.
///
/// Such as `{"status":"DOWN","components":{"db":{"status":"DOWN"}}}`.
///
/// `DOWN` and `OUT_OF_SERVICE` fail, `UP` and `UNKNOWN` pass, as Spring's own HTTP statuses have it; of any
/// other status the answer says a warning, and of the whole [`Checks::passed`] says nothing. A component of
/// components gives its parts as `db/primary`. Boot 2.0's `details` are read like `components`.
///
/// `None` when the text is not an object with a known status or with components, or is longer than 1 MiB.
pub fn actuator(json: &[u8]) -> Option<Checks> {
    let root = object(json)?;
    let parts = parts(&root);
    let passed = passes(text(&root, "status")?);
    if passed.is_none() && parts.is_none() {
        return None;
    }
    let mut tally = Tally::default();
    if let Some(parts) = parts {
        read(parts, "", &mut tally);
    }
    Some(tally.finish(passed))
}

/// Recursion is bounded by that of the JSON text.
fn read(parts: &Map<String, Value>, above: &str, tally: &mut Tally) {
    for (name, part) in parts {
        let Some(part) = part.as_object() else { continue };
        // Cut before it is joined: one long name would be copied into each of its parts.
        let name = tidy(name, MAX_NAME);
        let name = if above.is_empty() { name } else { tidy(&format!("{above}/{name}"), MAX_NAME) };
        if let Some(parts) = self::parts(part) {
            read(parts, &name, tally);
            continue;
        }
        let Some(status) = text(part, "status") else { continue };
        match passes(status) {
            Some(true) => tally.pass(&name),
            Some(false) => tally.fail(&name, error(part)),
            None => tally.warn(&format!("{name}: {status}")),
        }
    }
}

/// The components: at least one object with a status or components of its own.
fn parts(object: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let holds_some = |parts: &&Map<String, Value>| {
        let is_part = |part: &Value| part.get("status").is_some_and(Value::is_string);
        parts.values().any(is_part)
    };
    let parts = |key| object.get(key).and_then(Value::as_object).filter(holds_some);
    parts("components").or_else(|| parts("details"))
}

fn error(part: &Map<String, Value>) -> Option<&str> {
    part.get("details")?.get("error")?.as_str()
}

fn passes(status: &str) -> Option<bool> {
    match status {
        "UP" | "UNKNOWN" => Some(true),
        "DOWN" | "OUT_OF_SERVICE" => Some(false),
        _ => None,
    }
}
