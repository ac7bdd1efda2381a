//! What the tests share.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::Status;
use kube::runtime::watcher::{self, Event};
use kube::{Api, ResourceExt};
use kube_standin::{Settings, Standin};
use serde_json::{Value, json};

/// Nothing here takes so long; a test that hangs fails instead.
const LONG: Duration = Duration::from_secs(30);

pub(crate) async fn standin() -> Standin {
    standin_with(|_| {}).await
}

pub(crate) async fn standin_with(set: impl FnOnce(&mut Settings)) -> Standin {
    let mut settings = Settings::default();
    set(&mut settings);
    Standin::start_with(([127, 0, 0, 1], 0).into(), settings).await.expect("a stand-in")
}

/// A client that does not try again by itself.
pub(crate) fn impatient(standin: &Standin) -> kube::Client {
    let mut config = kube::Config::new(standin.url().parse().expect("a URL"));
    config.default_retry = false;
    kube::Client::try_from(config).expect("a client")
}

pub(crate) fn maps(client: &kube::Client) -> Api<ConfigMap> {
    Api::default_namespaced(client.clone())
}

/// A ConfigMap in `default`.
pub(crate) fn map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}})
}

pub(crate) fn typed<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the type")
}

/// The `Status` that an error of the API is.
#[track_caller]
pub(crate) fn status(error: kube::Error) -> Status {
    match error {
        kube::Error::Api(status) => *status,
        other => panic!("not an answer of the API: {other:?}"),
    }
}

/// The code and reason of an error of the API.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, kube::Error>) -> (u16, String) {
    let status = status(result.expect_err("a refusal"));
    (status.code, status.reason)
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, future).await.expect("it takes too long")
}

pub(crate) async fn next<T>(stream: &mut (impl Stream<Item = T> + Unpin)) -> T {
    within(stream.next()).await.expect("the stream has ended")
}

/// A watcher without back-off, and the words for its events.
pub(crate) fn watcher_of(
    client: &kube::Client,
    config: watcher::Config,
) -> impl Stream<Item = Result<String, watcher::Error>> + Unpin + use<> {
    watcher::watcher(maps(client), config).map(|event| event.map(|event| word(&event))).boxed()
}

pub(crate) async fn words(
    stream: &mut (impl Stream<Item = Result<String, watcher::Error>> + Unpin),
    many: usize,
) -> Vec<String> {
    let mut words = Vec::new();
    for _ in 0..many {
        words.push(next(stream).await.expect("no error"));
    }
    words
}

fn word(event: &Event<ConfigMap>) -> String {
    let of = |what: &str, map: &ConfigMap| {
        let value = map.data.as_ref().and_then(|data| data.get("k"));
        format!("{what} {}={}", map.name_any(), value.map_or("", |value| value))
    };
    match event {
        Event::Init => "init".to_owned(),
        Event::InitDone => "done".to_owned(),
        Event::InitApply(map) => of("had", map),
        Event::Apply(map) => of("put", map),
        Event::Delete(map) => of("gone", map),
    }
}
