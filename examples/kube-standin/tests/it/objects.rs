use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::{DynamicObject, GroupVersionKind};
use kube::discovery::ApiResource;
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use crate::support::{impatient, map, maps, refused, standin, typed};

#[tokio::test]
async fn an_object_is_created_read_replaced_and_deleted() {
    let standin = standin().await;
    let api = maps(&standin.client());
    let created = api.create(&PostParams::default(), &typed(map("a", "1"))).await.expect("created");
    assert_eq!(created.namespace().as_deref(), Some("default"));
    assert!(created.creation_timestamp().is_some());
    let mut read = api.get("a").await.expect("there");
    assert_eq!(read, created);
    read.data = Some([("k".to_owned(), "2".to_owned())].into());
    let replaced = api.replace("a", &PostParams::default(), &read).await.expect("replaced");
    assert_eq!(replaced.uid(), created.uid());
    let version =
        |map: &ConfigMap| map.resource_version().expect("one").parse::<u64>().expect("u64");
    assert!(version(&replaced) > version(&created));
    let gone = api.delete("a", &DeleteParams::default()).await.expect("deleted");
    assert!(gone.right().expect("a status").is_success());
    assert_eq!(refused(api.get("a").await), (404, "NotFound".to_owned()));
    assert_eq!(refused(api.delete("a", &DeleteParams::default()).await).0, 404);
}

#[tokio::test]
async fn a_second_create_is_already_exists_and_names_the_object() {
    let standin = standin().await;
    let api = maps(&standin.client());
    standin.apply(map("a", "1")).expect("put");
    let error = api.create(&PostParams::default(), &typed(map("a", "2"))).await.expect_err("there");
    let status = crate::support::status(error);
    assert_eq!((status.code, &*status.reason), (409, "AlreadyExists"));
    let details = status.details.expect("details");
    assert_eq!((&*details.name, &*details.kind), ("a", "configmaps"));
    assert_eq!(api.get("a").await.expect("there").data.expect("data")["k"], "1");
}

#[tokio::test]
async fn a_replace_of_an_older_version_is_a_conflict_and_one_without_a_version_is_not() {
    let standin = standin().await;
    let (one, two) = (maps(&standin.client()), maps(&impatient(&standin)));
    standin.apply(map("a", "1")).expect("put");
    let stale = one.get("a").await.expect("there");
    two.replace("a", &PostParams::default(), &stale_with(&stale, "2")).await.expect("the first");
    let second = one.replace("a", &PostParams::default(), &stale_with(&stale, "3")).await;
    assert_eq!(refused(second), (409, "Conflict".to_owned()));
    assert_eq!(one.get("a").await.expect("there").data.expect("data")["k"], "2");
    let unconditional = typed(map("a", "4"));
    one.replace("a", &PostParams::default(), &unconditional).await.expect("no version, no check");
    let absent = one.replace("b", &PostParams::default(), &typed(map("b", "1"))).await;
    assert_eq!(refused(absent).0, 404);
}

#[tokio::test]
async fn a_write_that_changes_nothing_makes_no_version() {
    let standin = standin().await;
    let first = standin.apply(map("a", "1")).expect("put");
    assert_eq!(standin.apply(map("a", "1")).expect("put"), first);
    assert_ne!(standin.apply(map("a", "2")).expect("put"), first);
}

#[tokio::test]
async fn an_object_of_another_uid_is_a_conflict() {
    let standin = standin().await;
    let mut first = standin.apply(map("a", "1")).expect("put");
    standin.delete("v1", "ConfigMap", Some("default"), "a").expect("deleted");
    standin.apply(map("a", "1")).expect("put");
    first["metadata"].as_object_mut().expect("metadata").remove("resourceVersion");
    assert_eq!(standin.apply(first).expect_err("another").code(), 409);
}

#[tokio::test]
async fn patches_merge_and_an_apply_makes_what_is_not_there() {
    let standin = standin().await;
    let api = maps(&standin.client());
    let by = PatchParams::apply("tests");
    let made = api.patch("a", &by, &Patch::Apply(map("a", "1"))).await.expect("made");
    assert_eq!(made.data.expect("data")["k"], "1");
    let more = json!({"data": {"l": "2"}, "metadata": {"labels": {"x": "y"}}});
    let merged =
        api.patch("a", &PatchParams::default(), &Patch::Merge(more)).await.expect("merged");
    assert_eq!(merged.data.clone().expect("data").len(), 2);
    let less = Patch::Merge(json!({"data": {"k": null}}));
    let merged = api.patch("a", &PatchParams::default(), &less).await.expect("merged");
    assert_eq!(merged.data.expect("data").keys().collect::<Vec<_>>(), ["l"]);
    let absent = api.patch("b", &PatchParams::default(), &Patch::Merge(json!({}))).await;
    assert_eq!(refused(absent).0, 404);
    let stale = json!({"metadata": {"resourceVersion": "1"}, "data": {"k": "9"}});
    assert_eq!(refused(api.patch("a", &PatchParams::default(), &Patch::Merge(stale)).await).0, 409);
    let strategic = Patch::Strategic(json!({"data": {"k": "9"}}));
    assert_eq!(refused(api.patch("a", &PatchParams::default(), &strategic).await).0, 415);
}

#[tokio::test]
async fn a_status_is_written_alone() {
    let standin = standin().await;
    let api: Api<Ingress> = Api::default_namespaced(standin.client());
    let ingress = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"},
        "spec": {"ingressClassName": "mine"},
    });
    standin.apply(ingress).expect("put");
    let status = json!({"spec": {"ingressClassName": "no"}, "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}});
    let patched = api.patch_status("web", &PatchParams::default(), &Patch::Merge(status)).await;
    let mut patched = patched.expect("patched");
    assert_eq!(patched.spec.clone().expect("spec").ingress_class_name.as_deref(), Some("mine"));
    assert!(patched.status.take().expect("status").load_balancer.is_some());
    let cleared =
        api.replace_status("web", &PostParams::default(), &patched).await.expect("replaced");
    assert_eq!(cleared.status, None);
    let stale = api.replace_status("web", &PostParams::default(), &patched).await;
    assert_eq!(refused(stale).0, 409);
}

#[tokio::test]
async fn a_delete_is_held_to_its_preconditions() {
    let standin = standin().await;
    let api = maps(&standin.client());
    standin.apply(map("a", "1")).expect("put");
    let uid = Some("another".to_owned());
    let preconditions = Some(Preconditions { uid, resource_version: None });
    let params = DeleteParams { preconditions, ..DeleteParams::default() };
    assert_eq!(refused(api.delete("a", &params).await).0, 409);
    let uid = api.get("a").await.expect("there").uid();
    let preconditions = Some(Preconditions { uid, resource_version: None });
    let params = DeleteParams { preconditions, ..DeleteParams::default() };
    api.delete("a", &params).await.expect("deleted");
}

#[tokio::test]
async fn a_name_is_generated_and_no_two_are_the_same() {
    let standin = standin().await;
    let api = maps(&standin.client());
    let unnamed: ConfigMap = typed(json!({"metadata": {"generateName": "web-"}}));
    let first = api.create(&PostParams::default(), &unnamed).await.expect("created").name_any();
    let second = api.create(&PostParams::default(), &unnamed).await.expect("created").name_any();
    assert!(first.starts_with("web-") && second.starts_with("web-"));
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_definition_makes_its_kind_served_and_its_deletion_ends_that() {
    let standin = standin().await;
    let route = GroupVersionKind::gvk("gateway.networking.k8s.io", "v1", "HTTPRoute");
    let resource = ApiResource::from_gvk(&route);
    let api: Api<DynamicObject> = Api::default_namespaced_with(standin.client(), &resource);
    let unserved = api.list(&Default::default()).await;
    assert_eq!(refused(unserved).0, 404);
    standin.apply(definition()).expect("a definition");
    let object = DynamicObject::new("r", &resource).data(json!({"spec": {"n": 1}}));
    api.create(&PostParams::default(), &object).await.expect("created");
    assert_eq!(api.list(&Default::default()).await.expect("served").items.len(), 1);
    let name = "httproutes.gateway.networking.k8s.io";
    let kind = "CustomResourceDefinition";
    standin.delete("apiextensions.k8s.io/v1", kind, None, name).expect("deleted");
    assert_eq!(refused(api.list(&Default::default()).await).0, 404);
    standin.apply(definition()).expect("a definition");
    assert_eq!(api.list(&Default::default()).await.expect("served").items.len(), 0);
}

/// Deleted, it would take the built-in kind with it.
#[tokio::test]
async fn a_definition_of_a_built_in_kind_is_refused() {
    let standin = standin().await;
    let kinds = [
        ("apps", "Deployment", "deployments", "Namespaced"),
        (
            "apiextensions.k8s.io",
            "CustomResourceDefinition",
            "customresourcedefinitions",
            "Cluster",
        ),
    ];
    for (group, kind, plural, scope) in kinds {
        let mut definition = definition();
        definition["metadata"]["name"] = json!(format!("{plural}.{group}"));
        definition["spec"]["group"] = json!(group);
        definition["spec"]["scope"] = json!(scope);
        definition["spec"]["names"] = json!({"plural": plural, "kind": kind});
        assert_eq!(standin.apply(definition).expect_err("built in").code(), 422, "{plural}");
    }
    standin.apply(definition()).expect("a definition");
    let mut again = definition();
    again["metadata"]["labels"] = json!({"a": "b"});
    standin.apply(again).expect("it may change, but for its kind");
}

#[tokio::test]
async fn a_kind_without_namespaces_is_served_without() {
    let standin = standin().await;
    let api: Api<Namespace> = Api::all(standin.client());
    api.create(&PostParams::default(), &typed(json!({"metadata": {"name": "web"}})))
        .await
        .expect("created");
    let read = api.get("web").await.expect("there");
    assert_eq!(read.namespace(), None);
    standin.delete("v1", "Namespace", None, "web").expect("deleted");
    assert_eq!(standin.delete("v1", "Namespace", None, "web").expect_err("gone").code(), 404);
}

#[tokio::test]
async fn what_is_served_can_be_asked() {
    let standin = standin().await;
    let client = standin.client();
    assert_eq!(client.apiserver_version().await.expect("a version").major, "1");
    let groups = client.list_api_groups().await.expect("groups");
    assert!(groups.groups.iter().any(|group| group.name == "coordination.k8s.io"));
    let ingresses = client.list_api_group_resources("networking.k8s.io/v1").await.expect("kinds");
    assert!(ingresses.resources.iter().any(|kind| kind.name == "ingresses" && kind.namespaced));
    assert_eq!(client.list_core_api_versions().await.expect("versions").versions, ["v1"]);
    assert!(client.list_core_api_resources("v1").await.is_ok());
    let ready = http::Request::get("/readyz").body(Vec::new()).expect("a request");
    assert_eq!(client.request_text(ready).await.expect("ready"), "ok");
}

fn stale_with(stale: &ConfigMap, value: &str) -> ConfigMap {
    ConfigMap { data: Some([("k".to_owned(), value.to_owned())].into()), ..stale.clone() }
}

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "httproutes.gateway.networking.k8s.io"},
        "spec": {
            "group": "gateway.networking.k8s.io", "scope": "Namespaced",
            "names": {"plural": "httproutes", "kind": "HTTPRoute"},
            "versions": [{"name": "v1", "served": true, "storage": true}],
        },
    })
}
