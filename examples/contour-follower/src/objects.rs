use serde_json::{Value, json};

/// The host that a client of the run asks for.
pub(crate) const HOST: &str = "echo.example";

/// The Ingress of [`HOST`], the Service behind it, who is there, and a secret that is none of our business.
pub(crate) fn resource(port: u16) -> [Value; 4] {
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": "echo", "namespace": "default" },
        "spec": { "ports": [{ "name": "grpc", "port": 80 }] },
    });
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": "echo-1", "namespace": "default",
            "labels": { "kubernetes.io/service-name": "echo", "changed": port.to_string() },
        },
        "addressType": "IPv4",
        "endpoints": [{ "addresses": ["127.0.0.1"], "conditions": { "ready": true } }],
        "ports": [{ "name": "grpc", "port": port }],
    });
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": { "name": "unrelated", "namespace": "default" },
    });
    [changed(service, port), slice, changed(secret, port), changed(ingress("echo", HOST), port)]
}

/// An Ingress of ours that nothing can be made of.
pub(crate) fn wrong() -> Value {
    ingress("wrong", "not a host!")
}

fn ingress(name: &str, host: &str) -> Value {
    let path = json!({
        "path": "/", "pathType": "Prefix",
        "backend": { "service": { "name": "echo", "port": { "number": 80 } } },
    });
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": { "name": name, "namespace": "default" },
        "spec": { "ingressClassName": "contour", "rules": [{ "host": host, "http": { "paths": [path] } }] },
    })
}

/// So that each of them is news, and each watch has something to tell.
fn changed(mut object: Value, how: u16) -> Value {
    object["metadata"]["labels"] = json!({ "changed": how.to_string() });
    object
}
