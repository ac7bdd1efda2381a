use ads::translate::{Inputs, Object, Options, translate};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::translate_support::{CLASS, aged, ingress, service, slice, told};

const HOSTS: [&str; 3] = ["a", "b.c", "*.d"];
const SERVICES: [&str; 3] = ["one", "two", "three"];

/// One of few names, so that there are conflicts, missing references, and objects that replace each other.
fn object() -> impl Strategy<Value = Object> {
    let names = || select(vec!["x", "y", "z"]);
    let rule = (select(HOSTS.to_vec()), select(vec!["", "p", "p/q"]), select(SERVICES.to_vec()))
        .prop_map(|(host, path, service)| format!("{host}/{path} -> {service}:80"));
    let ingress = (names(), prop::collection::vec(rule, 0..4), prop::option::of(0..2_i64))
        .prop_map(|(name, rules, age)| {
            let rules: Vec<_> = rules.iter().map(String::as_str).collect();
            let ingress = ingress(name, &rules);
            age.map_or_else(|| ingress.clone(), |age| aged(ingress.clone(), age)).into()
        });
    let addresses =
        prop::collection::vec(select(vec!["10.0.0.1", "10.0.0.2", "!10.0.0.3", "no"]), 0..3);
    let slice = (names(), select(SERVICES.to_vec()), addresses)
        .prop_map(|(name, service, addresses)| slice(name, service, &addresses).into());
    prop_oneof![ingress, select(SERVICES.to_vec()).prop_map(|name| service(name).into()), slice]
}

proptest! {
    /// The last word on each object counts, whatever came between and in whatever order the others came.
    #[test]
    fn the_order_of_arrival_has_no_part_in_the_result(
        objects in prop::collection::vec(object(), 0..12),
        noise in prop::collection::vec(object(), 0..6),
        turn in any::<Index>(),
    ) {
        let options = Options { envoy: Some(([127, 0, 0, 1], 1).into()), ..Options::new(CLASS) };
        let straight: Inputs = objects.iter().cloned().collect();
        let last: Vec<Object> = {
            let mut seen = std::collections::BTreeSet::new();
            objects.iter().rev().filter(|object| seen.insert(object.key())).cloned().collect()
        };
        let mut turned = Inputs::default();
        for object in &noise {
            turned.apply(object.clone());
        }
        for object in &noise {
            turned.delete(&object.key());
        }
        let at = if last.is_empty() { 0 } else { turn.index(last.len()) };
        turned.extend(last[at..].iter().chain(&last[..at]).cloned());
        let (one, other) = (translate(&straight, &options), translate(&turned, &options));
        prop_assert_eq!(&one.snapshot, &other.snapshot);
        prop_assert_eq!(&one.verdicts, &other.verdicts);
        prop_assert_eq!(one.verdicts.len(), straight.len(), "one for each object");
    }

    /// The same version is the same content.
    #[test]
    fn the_version_tells_contents_apart(
        one in prop::collection::vec(object(), 0..8),
        other in prop::collection::vec(object(), 0..8),
    ) {
        let options = Options::new(CLASS);
        let of = |objects: Vec<Object>| translate(&objects.into_iter().collect(), &options);
        let (one, other) = (of(one), of(other));
        let same = one.snapshot.version() == other.snapshot.version();
        prop_assert_eq!(same, told(&one) == told(&other));
    }
}
