//! What the server serves, in the server's own words: enough for clients that ask before they begin.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::kind::Kind;
use crate::store::Store;

const VERBS: [&str; 7] = ["create", "delete", "get", "list", "patch", "update", "watch"];

pub(super) fn version() -> Value {
    json!({
        "major": "1",
        "minor": "34",
        "gitVersion": "v1.34.0+kube-standin",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "",
    })
}

pub(super) fn core_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
}

pub(super) fn groups(store: &Store) -> Value {
    let mut versions: BTreeSet<(String, String)> = BTreeSet::new();
    versions.extend(store.kinds().into_iter().map(|kind| (kind.group, kind.version)));
    let mut groups: Vec<Value> = Vec::new();
    for (group, version) in versions.into_iter().filter(|(group, _)| !group.is_empty()) {
        let version = json!({"groupVersion": format!("{group}/{version}"), "version": version});
        match groups
            .last_mut()
            .filter(|last| last["name"] == group)
            .map(|last| &mut last["versions"])
        {
            Some(Value::Array(versions)) => versions.push(version),
            _ => groups
                .push(json!({"name": group, "versions": [version], "preferredVersion": version})),
        }
    }
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `None` when nothing is served there.
pub(super) fn kinds(store: &Store, group: &str, version: &str) -> Option<Value> {
    let mut kinds = store.kinds();
    kinds.retain(|kind| kind.group == group && kind.version == version);
    let group_version = kinds.first()?.api_version();
    let resource = |kind: &Kind| {
        json!({
            "name": kind.plural,
            "singularName": kind.kind.to_lowercase(),
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": VERBS,
        })
    };
    let resources: Vec<Value> = kinds.iter().map(resource).collect();
    Some(json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": resources,
    }))
}
