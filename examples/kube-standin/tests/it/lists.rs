use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, VersionMatch};
use kube::{Api, ResourceExt};
use kube_standin::Seen;
use serde_json::json;

use crate::support::{map, maps, refused, standin, standin_with};

#[tokio::test]
async fn a_list_of_nothing_has_a_version() {
    let standin = standin().await;
    let list = maps(&standin.client()).list(&ListParams::default()).await.expect("a list");
    assert!(list.items.is_empty());
    let version = list.metadata.resource_version.expect("a version");
    assert!(version.parse::<u64>().is_ok_and(|version| version > 0));
}

#[tokio::test]
async fn pages_are_of_one_version_whatever_is_written_meanwhile() {
    let standin = standin().await;
    let api = maps(&standin.client());
    for name in ["a", "b", "c", "d", "e"] {
        standin.apply(map(name, "1")).expect("put");
    }
    let first = api.list(&ListParams::default().limit(2)).await.expect("a page");
    assert_eq!(names(&first.items), ["a", "b"]);
    assert_eq!(first.metadata.remaining_item_count, Some(3));
    standin.delete("v1", "ConfigMap", Some("default"), "c").expect("deleted");
    standin.apply(map("bb", "new")).expect("put");
    standin.apply(map("d", "2")).expect("put");
    let token = first.metadata.continue_.clone().expect("more");
    let second =
        api.list(&ListParams::default().limit(2).continue_token(&token)).await.expect("a page");
    assert_eq!(names(&second.items), ["c", "d"]);
    assert_eq!(second.items[1].data.as_ref().expect("data")["k"], "1");
    assert_eq!(second.metadata.resource_version, first.metadata.resource_version);
    let token = second.metadata.continue_.clone().expect("more");
    let third =
        api.list(&ListParams::default().limit(2).continue_token(&token)).await.expect("a page");
    assert_eq!(names(&third.items), ["e"]);
    assert_eq!(third.metadata.continue_, None);
    let served = standin.served();
    assert_eq!(
        (served.count("configmaps", Seen::List), served.count("configmaps", Seen::Page)),
        (1, 2)
    );

    let exact = first.metadata.resource_version.expect("a version");
    let params = ListParams::default().at(&exact).matching(VersionMatch::Exact);
    assert_eq!(names(&api.list(&params).await.expect("a list").items), ["a", "b", "c", "d", "e"]);
    assert_eq!(
        names(&api.list(&ListParams::default()).await.expect("a list").items),
        ["a", "b", "bb", "d", "e"]
    );
}

#[tokio::test]
async fn a_page_whose_version_is_forgotten_is_gone() {
    let standin = standin_with(|settings| settings.history = 2).await;
    let api = maps(&standin.client());
    standin.apply(map("a", "1")).expect("put");
    standin.apply(map("b", "1")).expect("put");
    let first = api.list(&ListParams::default().limit(1)).await.expect("a page");
    let token = first.metadata.continue_.expect("more");
    let page = ListParams::default().limit(1).continue_token(&token);
    for value in ["2", "3"] {
        standin.apply(map("a", value)).expect("put");
        api.list(&page).await.expect("still there");
    }
    standin.apply(map("a", "4")).expect("put");
    assert_eq!(refused(api.list(&page).await), (410, "Expired".to_owned()));
}

#[tokio::test]
async fn selectors_select() {
    let standin = standin().await;
    for (namespace, name, tier) in [("one", "a", "web"), ("one", "b", "db"), ("two", "c", "web")] {
        let metadata =
            json!({"name": name, "namespace": namespace, "labels": {"tier": tier, name: ""}});
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        standin.apply(object).expect("put");
    }
    let all: Api<ConfigMap> = Api::all(standin.client());
    let of = |labels: &str, fields: &str| ListParams::default().labels(labels).fields(fields);
    for (labels, fields, expected) in [
        ("", "", "a b c"),
        ("tier=web", "", "a c"),
        ("tier==web,c", "", "c"),
        ("tier!=web", "", "b"),
        ("!a,!b", "", "c"),
        ("nobody=has", "", ""),
        ("absent!=x", "", "a b c"),
        ("", "metadata.name=b", "b"),
        ("", "metadata.name!=b", "a c"),
        ("tier=web", "metadata.namespace=one", "a"),
    ] {
        let list = all.list(&of(labels, fields)).await.expect("a list");
        assert_eq!(names(&list.items).join(" "), expected, "{labels} {fields}");
    }
    for (labels, fields) in
        [("tier in (a, b)", ""), ("=x", ""), ("", "spec.x=1"), ("", "metadata.name")]
    {
        let refusal = refused(all.list(&of(labels, fields)).await);
        assert_eq!(refusal, (400, "BadRequest".to_owned()), "{labels} {fields}");
    }
    let one: Api<ConfigMap> = Api::namespaced(standin.client(), "one");
    assert_eq!(names(&one.list(&ListParams::default()).await.expect("a list").items), ["a", "b"]);
}

#[tokio::test]
async fn a_version_that_is_not_there_yet_is_refused() {
    let standin = standin().await;
    let api = maps(&crate::support::impatient(&standin));
    let later = u64::MAX.to_string();
    let list =
        api.list(&ListParams::default().at(&later).matching(VersionMatch::NotOlderThan)).await;
    assert_eq!(refused(list), (504, "Timeout".to_owned()));
}

fn names(maps: &[ConfigMap]) -> Vec<String> {
    maps.iter().map(ResourceExt::name_any).collect()
}
