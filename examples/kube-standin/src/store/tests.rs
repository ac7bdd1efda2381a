use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Key, Store};
use crate::Settings;
use crate::kind::Kind;

/// The objects by name, as somebody sees them.
type View = BTreeMap<String, Value>;

fn maps() -> Kind {
    Kind::built_in().find(|kind| kind.kind == "ConfigMap").expect("served")
}

fn key(name: u8) -> Key {
    ("default".to_owned(), format!("n{name}"))
}

fn write(store: &Store, name: u8, value: Option<u8>) {
    match value {
        Some(value) => {
            let metadata = json!({"name": key(name).1, "namespace": "default"});
            let object = json!({"metadata": metadata, "data": value});
            store.write(&maps(), key(name), |_| Ok(object)).expect("room");
        }
        // What is not there is no change.
        None => drop(store.delete(&maps(), key(name), |_| Ok(()))),
    }
}

fn view(store: &Store, at: Option<u64>) -> Option<(u64, View)> {
    let (version, objects) = store.list(&maps(), at).ok()?;
    let named = objects.iter().map(|object| (object.name().to_owned(), object.value.clone()));
    Some((version, named.collect()))
}

proptest! {
    #[test]
    fn any_version_that_is_remembered_is_as_it_was_and_leads_to_now(
        history in 0usize..12,
        most in 1usize..5,
        writes in prop::collection::vec((0u8..4, prop::option::of(0u8..3)), 0..30),
    ) {
        let store = Store::new(Settings { history, ..Settings::default() });
        let mut past = vec![view(&store, None).expect("now")];
        for (name, value) in writes {
            write(&store, name, value);
            let now = view(&store, None).expect("now");
            if past.last() != Some(&now) {
                past.push(now);
            }
        }
        let now = past.last().expect("one").clone();
        let mut remembered = 0;
        for (version, then) in &past {
            let listed = view(&store, Some(*version));
            prop_assert_eq!(listed.is_some(), store.changes_after(&maps(), *version, most).is_ok());
            let Some(listed) = listed else {
                prop_assert_eq!(remembered, 0, "what is forgotten is the oldest");
                continue;
            };
            remembered += 1;
            prop_assert_eq!(&listed.1, then);
            let (mut cursor, mut seen) = (*version, then.clone());
            loop {
                let (reached, changes) = store.changes_after(&maps(), cursor, most).expect("remembered");
                if changes.is_empty() {
                    break;
                }
                prop_assert!(reached > cursor && changes.len() <= most);
                cursor = reached;
                for change in changes {
                    let object = change.after.as_ref().or(change.before.as_ref()).expect("one");
                    match &change.after {
                        Some(after) => seen.insert(after.name().to_owned(), after.value.clone()),
                        None => seen.remove(object.name()),
                    };
                }
            }
            prop_assert_eq!(&seen, &now.1);
        }
        prop_assert_eq!(remembered, past.len().min(history + 1));
    }
}
