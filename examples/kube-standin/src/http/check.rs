use serde_json::{Map, Value, json};

use crate::kind::Kind;
use crate::names::{is_label, is_name};
use crate::refusal::Refusal;
use crate::store::{Key, text};

/// An object as it is stored: it says its kind, namespace and name, and those of the request.
pub(super) fn checked(
    kind: &Kind,
    namespace: &str,
    name: Option<&str>,
    mut object: Value,
) -> Result<Value, Refusal> {
    if !object.is_object() {
        return Err(Refusal::bad_request("the body is no object"));
    }
    for (field, wanted) in [("apiVersion", &kind.api_version()), ("kind", &kind.kind)] {
        if object[field] != *wanted {
            return Err(Refusal::bad_request(format!("the object's {field} is not {wanted:?}")));
        }
    }
    if object["metadata"].is_null() {
        object["metadata"] = Value::Object(Map::new());
    }
    if !object["metadata"].is_object() {
        return Err(Refusal::bad_request("the object's metadata is no object"));
    }
    for field in ["name", "namespace", "generateName", "resourceVersion", "uid"] {
        if !(object["metadata"][field].is_string() || object["metadata"][field].is_null()) {
            return Err(Refusal::bad_request(format!("the object's {field} is no text")));
        }
    }
    for field in ["labels", "annotations"] {
        let texts = |map: &Map<String, Value>| map.values().all(Value::is_string);
        let field_value = &object["metadata"][field];
        if !(field_value.is_null() || field_value.as_object().is_some_and(texts)) {
            return Err(Refusal::bad_request(format!("the object's {field} are no texts")));
        }
    }
    for (field, wanted) in [("namespace", Some(namespace)), ("name", name)] {
        let Some(wanted) = wanted else { continue };
        let said = text(&object, field);
        if !said.is_empty() && said != wanted {
            return Err(Refusal::bad_request(format!("the object's {field} is not the request's")));
        }
        if !wanted.is_empty() {
            object["metadata"][field] = json!(wanted);
        }
    }
    // Clients send a null for what only the server sets; no object has it.
    if let Value::Object(metadata) = &mut object["metadata"] {
        metadata.retain(|_, value| !value.is_null());
    }
    Ok(object)
}

/// Refuses names that no object may have.
pub(super) fn named(kind: &Kind, (namespace, name): &Key) -> Result<(), Refusal> {
    if !is_name(name) || (kind.plural == "namespaces" && !is_label(name)) {
        return Err(Refusal::invalid(kind, name, "this is not a name"));
    }
    if kind.namespaced && !is_label(namespace) {
        return Err(Refusal::invalid(kind, name, "its namespace is not a name"));
    }
    Ok(())
}
