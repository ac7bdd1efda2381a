use http::{Request, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};

use crate::support::{impatient, map, standin, standin_with};

const ONE: &str = "/api/v1/namespaces/default/configmaps/a";
const MANY: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test]
async fn what_is_wrong_with_a_request_is_a_status_of_the_right_code() {
    let standin = standin().await;
    standin.apply(map("a", "1")).expect("put");
    let client = impatient(&standin);
    let with = |change: fn(&mut Value)| {
        let mut object = map("b", "1");
        change(&mut object);
        object.to_string()
    };
    let deep = "[".repeat(100_000);
    let rows: Vec<(&str, &str, String, u16, &str)> = vec![
        ("POST", MANY, String::new(), 400, "BadRequest"),
        ("POST", MANY, "{".into(), 400, "BadRequest"),
        ("POST", MANY, "\u{1}".into(), 400, "BadRequest"),
        ("POST", MANY, deep, 400, "BadRequest"),
        ("POST", MANY, "[]".into(), 400, "BadRequest"),
        ("POST", MANY, "null".into(), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["kind"] = json!("Secret")), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["apiVersion"] = json!("v2")), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["kind"] = Value::Null), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["metadata"] = json!("x")), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["metadata"]["name"] = json!(1)), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["metadata"]["labels"] = json!({"a": 1})), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["metadata"]["annotations"] = json!([])), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["metadata"]["namespace"] = json!("other")), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["metadata"]["resourceVersion"] = json!("1")), 400, "BadRequest"),
        ("POST", MANY, with(|o| o["metadata"] = json!({})), 422, "Invalid"),
        ("POST", MANY, with(|o| o["metadata"]["name"] = json!("Upper")), 422, "Invalid"),
        ("POST", MANY, with(|o| o["metadata"]["name"] = json!("a/b")), 422, "Invalid"),
        ("POST", MANY, with(|o| o["metadata"]["name"] = json!("a..b")), 422, "Invalid"),
        ("POST", MANY, with(|o| o["metadata"]["name"] = json!("-a")), 422, "Invalid"),
        ("POST", MANY, with(|o| o["metadata"]["name"] = json!("a\n")), 422, "Invalid"),
        ("POST", MANY, with(|o| o["metadata"]["name"] = json!("x".repeat(254))), 422, "Invalid"),
        ("POST", "/api/v1/namespaces/No/configmaps", with(|_| {}), 422, "Invalid"),
        ("POST", "/api/v1/configmaps", with(|_| {}), 405, "MethodNotAllowed"),
        (
            "POST",
            "/api/v1/namespaces/default/configmaps?dryRun=All",
            with(|_| {}),
            400,
            "BadRequest",
        ),
        ("PUT", ONE, with(|_| {}), 400, "BadRequest"),
        ("PUT", MANY, with(|_| {}), 405, "MethodNotAllowed"),
        ("DELETE", MANY, String::new(), 405, "MethodNotAllowed"),
        ("POST", ONE, with(|_| {}), 405, "MethodNotAllowed"),
        ("DELETE", ONE, "{\"dryRun\":[\"All\"]}".into(), 400, "BadRequest"),
        ("PATCH", ONE, "{}".into(), 415, "UnsupportedMediaType"),
        ("POST", "/version", String::new(), 405, "MethodNotAllowed"),
        ("GET", "/api/v1/namespaces/default/configmaps/%2e%2e", String::new(), 404, "NotFound"),
        ("GET", "/api/v1/configmaps?limit=-1", String::new(), 400, "BadRequest"),
        ("GET", "/api/v1/configmaps?limit=1&limit=2", String::new(), 400, "BadRequest"),
        ("GET", "/api/v1/configmaps?continue=x", String::new(), 400, "BadRequest"),
        ("GET", "/api/v1/configmaps?continue=1/a/b", String::new(), 410, "Expired"),
        ("GET", "/api/v1/configmaps?resourceVersion=x", String::new(), 400, "BadRequest"),
        (
            "GET",
            "/api/v1/configmaps?resourceVersion=1&resourceVersionMatch=Exact",
            String::new(),
            410,
            "Expired",
        ),
        (
            "GET",
            "/api/v1/configmaps?resourceVersion=1&resourceVersionMatch=No",
            String::new(),
            400,
            "BadRequest",
        ),
        ("GET", "/api/v1/configmaps?watch=perhaps", String::new(), 400, "BadRequest"),
        ("GET", "/api/v1/configmaps?watch=1&timeoutSeconds=x", String::new(), 400, "BadRequest"),
    ];
    for (method, path, body, code, reason) in rows {
        let shown = format!("{method} {path} {}", body.chars().take(80).collect::<String>());
        let request = Request::builder().method(method).uri(path);
        let request =
            request.header("content-type", "application/json").body(Body::from(body.into_bytes()));
        let response = client.send(request.expect("a request")).await.expect("an answer");
        assert_eq!(response.status().as_u16(), code, "{shown}");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let status: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(
            (&status["kind"], &status["apiVersion"]),
            (&json!("Status"), &json!("v1")),
            "{shown}"
        );
        assert_eq!((&status["code"], &status["reason"]), (&json!(code), &json!(reason)), "{shown}");
        assert_eq!(status["status"], "Failure", "{shown}");
        assert!(status["message"].as_str().is_some_and(|text| !text.is_empty()), "{shown}");
        assert!(body.len() < 1_000, "{shown}");
    }
}

#[tokio::test]
async fn what_is_not_served_is_404_without_a_status() {
    let standin = standin().await;
    let client = impatient(&standin);
    for path in [
        "/",
        "/nothing",
        "/api/v1/",
        "/api/v1/widgets",
        "/api/v2/configmaps",
        "/api/v1//configmaps",
        "/api/v1/configmaps/",
        "/api/v1/configmaps/a",
        "/api/v1/namespaces/default/nodes",
        "/api/v1/namespaces/default/configmaps/a/scale",
        "/apis/networking.k8s.io/v1/gateways",
        "/apis/networking.k8s.io/v9",
        "/apis/example.org/v1/widgets",
        "/apis//v1/configmaps",
        "/apis//v1",
        "/api/v1/namespaces/default/configmaps/../configmaps",
    ] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = client.send(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(&*body, b"404 page not found\n", "{path}");
    }
}

#[tokio::test]
async fn a_body_or_an_object_that_is_too_large_is_413() {
    let standin = standin_with(|settings| settings.object_bytes = 2_000).await;
    let client = impatient(&standin);
    for size in [1_900, 5_000, 1 << 20] {
        let request = Request::post(MANY)
            .body(Body::from(map("a", &"x".repeat(size)).to_string().into_bytes()));
        let response = client.send(request.expect("a request")).await;
        // A client that is still sending may find the connection closed instead.
        if let Ok(response) = response {
            assert_eq!(response.status().as_u16(), 413, "{size}");
        } else {
            assert!(size > 100_000);
        }
    }
    let patch = |key: &str| json!({"data": {key: "x".repeat(1_000)}}).to_string();
    standin.apply(map("a", "1")).expect("put");
    for (key, code) in [("l", 200), ("m", 413)] {
        let request = Request::patch(ONE).header("content-type", "application/merge-patch+json");
        let request = request.body(Body::from(patch(key).into_bytes())).expect("a request");
        assert_eq!(client.send(request).await.expect("an answer").status().as_u16(), code);
    }
}
