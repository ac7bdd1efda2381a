use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use super::collection::{Collection, Key};
use super::object::text;
use super::{Change, Object};
use crate::Settings;
use crate::kind::Kind;
use crate::refusal::Refusal;

/// Kinds that there may be, built-in ones among them.
const MOST_KINDS: usize = 256;

/// All objects of all kinds, under the store's lock.
#[derive(Debug)]
pub(crate) struct State {
    /// By group and plural.
    pub(crate) collections: BTreeMap<(String, String), Collection>,
    /// Of the newest change.
    pub(crate) version: u64,
    /// Of what is now in the collections.
    objects: usize,
    bytes: usize,
}

impl State {
    /// Empty. Versions count on from the microseconds of the wall clock, so that a stand-in that is started anew is
    /// ahead of all that the last one has given out: clients who kept a version get 410, as if it were too old.
    pub(crate) fn new() -> Self {
        let version = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(1);
        let mut state = Self { collections: BTreeMap::new(), version, objects: 0, bytes: 0 };
        for kind in Kind::built_in() {
            state.serve(kind);
        }
        state
    }

    pub(crate) fn collection(&self, kind: &Kind) -> Result<&Collection, Refusal> {
        let collection = self.collections.get(&place(kind));
        collection.ok_or_else(|| Refusal::not_found(kind, "the kind is no longer served"))
    }

    /// Puts a new version of an object, or returns what is there when it would be the same.
    pub(crate) fn put(
        &mut self,
        kind: &Kind,
        key: Key,
        mut new: Value,
        settings: &Settings,
    ) -> Result<Arc<Object>, Refusal> {
        let before = self.collection(kind)?.objects.get(&key).cloned();
        match &before {
            Some(before) => {
                agrees(kind, &key.1, before, &new)?;
                for field in ["uid", "creationTimestamp", "resourceVersion"] {
                    new["metadata"][field] = before.value["metadata"][field].clone();
                }
                if new == before.value {
                    return Ok(before.clone());
                }
            }
            None if !text(&new, "resourceVersion").is_empty() => {
                return Err(Refusal::bad_request("an object to be created has no resourceVersion"));
            }
            None => {
                new["metadata"]["uid"] = json!(uid(self.version + 1));
                new["metadata"]["creationTimestamp"] =
                    json!(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            }
        }
        let defined = self.definition(kind, &key.1, &new, before.is_none())?;
        let after = Object::new(new, self.version + 1);
        self.has_room(&after, before.as_deref(), settings)?;
        self.record(kind, key, before, Some(after.clone()), settings);
        if let Some(kind) = defined {
            self.serve(kind);
        }
        Ok(after)
    }

    /// Deletes an object that is there.
    pub(crate) fn remove(
        &mut self,
        kind: &Kind,
        key: Key,
        object: &Arc<Object>,
        settings: &Settings,
    ) {
        self.record(kind, key, Some(object.clone()), None, settings);
        if kind.defines_kinds()
            && let Some(kind) = Kind::defined_by(&object.value)
        {
            // Its watches end with it, since the sender goes.
            let Some(gone) = self.collections.remove(&place(&kind)) else { return };
            self.objects -= gone.objects.len();
            self.bytes -= gone.objects.values().map(|object| object.size).sum::<usize>();
        }
    }

    fn record(
        &mut self,
        kind: &Kind,
        key: Key,
        before: Option<Arc<Object>>,
        after: Option<Arc<Object>>,
        settings: &Settings,
    ) {
        let Some(collection) = self.collections.get_mut(&place(kind)) else { return };
        self.version += 1;
        let size = |object: &Option<Arc<Object>>| object.as_ref().map_or(0, |o| o.size);
        self.objects = self.objects + usize::from(after.is_some()) - usize::from(before.is_some());
        self.bytes = self.bytes + size(&after) - size(&before);
        collection.change(key, Change { version: self.version, before, after }, settings);
    }

    /// The kind that an object to be stored defines.
    fn definition(
        &self,
        kind: &Kind,
        name: &str,
        object: &Value,
        is_new: bool,
    ) -> Result<Option<Kind>, Refusal> {
        if !kind.defines_kinds() {
            return Ok(None);
        }
        let Some(defined) = Kind::defined_by(object) else {
            return Err(Refusal::invalid(kind, name, "it defines no kind with a stored version"));
        };
        if name != defined.resource() {
            let why = format!("its name must be {:?}", defined.resource());
            return Err(Refusal::invalid(kind, name, &why));
        }
        match self.collections.get(&place(&defined)) {
            // Of a new definition it is built in, and must not go when that is deleted.
            Some(there) if there.kind == defined && !is_new => Ok(None),
            Some(_) => Err(Refusal::invalid(
                kind,
                name,
                "the kind is built in, or served otherwise already",
            )),
            None if self.collections.len() >= MOST_KINDS => {
                Err(Refusal::invalid(kind, name, "there are too many kinds"))
            }
            None => Ok(Some(defined)),
        }
    }

    fn serve(&mut self, kind: Kind) {
        let collection = Collection::new(kind, self.version);
        self.collections.insert(place(&collection.kind), collection);
    }

    fn has_room(
        &self,
        after: &Object,
        before: Option<&Object>,
        settings: &Settings,
    ) -> Result<(), Refusal> {
        if after.size > settings.object_bytes {
            return Err(Refusal::too_large(settings.object_bytes));
        }
        let bytes = self.bytes + after.size - before.map_or(0, |object| object.size);
        if bytes > settings.objects_bytes || (before.is_none() && self.objects >= settings.objects)
        {
            let message =
                format!("the store is full: {} objects, {} bytes", self.objects, self.bytes);
            return Err(Refusal::internal(message));
        }
        Ok(())
    }
}

/// Refuses what was written against another version, or another object of the same name.
fn agrees(kind: &Kind, name: &str, before: &Object, new: &Value) -> Result<(), Refusal> {
    for field in ["resourceVersion", "uid"] {
        let (given, newest) = (text(new, field), text(&before.value, field));
        if !given.is_empty() && given != newest {
            // What a request says is quoted, and not at any length.
            let given: String = given.chars().take(64).collect();
            let why = format!("its {field} is {newest:?}, not {given:?}");
            return Err(Refusal::conflict(kind, name, &why));
        }
    }
    Ok(())
}

fn place(kind: &Kind) -> (String, String) {
    (kind.group.clone(), kind.plural.clone())
}

/// As unique as the version that it is made of.
fn uid(version: u64) -> String {
    let (high, low) = (version >> 48, version & 0xffff_ffff_ffff);
    format!("00000000-{high:04x}-4000-8000-{low:012x}")
}
