use ads::translate::{Inputs, Key, Kind, Object, Options, Translation, Verdict, translate};
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule,
    IngressServiceBackend, IngressSpec, ServiceBackendPort,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::jiff::Timestamp;

pub(crate) const CLASS: &str = "ours";

/// What a line of text says: `host/prefix -> service:port`.
pub(crate) fn ingress(name: &str, rules: &[&str]) -> Ingress {
    let rules = rules.iter().map(|rule| {
        let (place, backend) = rule.split_once(" -> ").expect("an arrow");
        let (host, prefix) = place.split_once('/').expect("a path");
        let (service, port) = backend.split_once(':').expect("a port");
        IngressRule {
            host: Some(host.to_owned()),
            http: Some(HTTPIngressRuleValue {
                paths: vec![path(&format!("/{prefix}"), service, port)],
            }),
        }
    });
    Ingress {
        metadata: meta(name),
        spec: Some(IngressSpec {
            ingress_class_name: Some(CLASS.to_owned()),
            rules: Some(rules.collect()),
            ..IngressSpec::default()
        }),
        status: None,
    }
}

pub(crate) fn path(prefix: &str, service: &str, port: &str) -> HTTPIngressPath {
    let port = match port.parse() {
        Ok(number) => ServiceBackendPort { number: Some(number), name: None },
        Err(_) => ServiceBackendPort { number: None, name: Some(port.to_owned()) },
    };
    let service = IngressServiceBackend { name: service.to_owned(), port: Some(port) };
    HTTPIngressPath {
        backend: IngressBackend { resource: None, service: Some(service) },
        path: Some(prefix.to_owned()),
        path_type: "Prefix".to_owned(),
    }
}

/// One rule of an Ingress, to be spoilt.
pub(crate) fn rule(ingress: &mut Ingress) -> &mut IngressRule {
    let spec = ingress.spec.as_mut().expect("a spec");
    spec.rules.as_mut().expect("rules").first_mut().expect("a rule")
}

/// Its first path.
pub(crate) fn first_path(ingress: &mut Ingress) -> &mut HTTPIngressPath {
    rule(ingress).http.as_mut().expect("paths").paths.first_mut().expect("a path")
}

pub(crate) fn aged(mut ingress: Ingress, second: i64) -> Ingress {
    let at = Timestamp::from_second(second).expect("a time");
    ingress.metadata.creation_timestamp = Some(Time(at));
    ingress
}

/// A service with the port 80, named `grpc`.
pub(crate) fn service(name: &str) -> Service {
    let port = ServicePort { name: Some("grpc".to_owned()), port: 80, ..ServicePort::default() };
    Service {
        metadata: meta(name),
        spec: Some(ServiceSpec { ports: Some(vec![port]), ..ServiceSpec::default() }),
        status: None,
    }
}

/// The endpoints of a service at the port 8080; those that begin with `!` are not ready.
pub(crate) fn slice(name: &str, service: &str, addresses: &[&str]) -> EndpointSlice {
    let endpoints = addresses.iter().map(|address| Endpoint {
        addresses: vec![address.trim_start_matches('!').to_owned()],
        conditions: Some(EndpointConditions {
            ready: Some(!address.starts_with('!')),
            ..EndpointConditions::default()
        }),
        ..Endpoint::default()
    });
    let mut metadata = meta(name);
    let label = ("kubernetes.io/service-name".to_owned(), service.to_owned());
    metadata.labels = Some([label].into());
    let port =
        EndpointPort { name: Some("grpc".to_owned()), port: Some(8080), ..EndpointPort::default() };
    EndpointSlice {
        address_type: "IPv4".to_owned(),
        endpoints: Some(endpoints.collect()),
        metadata,
        ports: Some(vec![port]),
    }
}

fn meta(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some("shop".to_owned()),
        ..ObjectMeta::default()
    }
}

pub(crate) fn of(objects: impl IntoIterator<Item = Object>) -> Translation {
    translate(&objects.into_iter().collect::<Inputs>(), &Options::new(CLASS))
}

pub(crate) fn verdict(of: &Translation, kind: Kind, name: &str) -> Verdict {
    let key = Key { kind, namespace: "shop".to_owned(), name: name.to_owned() };
    of.verdicts.get(&key).unwrap_or_else(|| panic!("no verdict on {key}")).clone()
}

/// All that clients are told, a line for each thing.
pub(crate) fn told(translation: &Translation) -> Vec<String> {
    let snapshot = &translation.snapshot;
    let mut lines = Vec::new();
    for listener in snapshot.listeners() {
        let at = listener.at.map(|at| format!(" at {at}")).unwrap_or_default();
        lines.push(format!("{}{at}: {}", listener.name, listener.routes));
    }
    for table in snapshot.route_tables() {
        for host in &table.hosts {
            let domains = host.domains.join(" ");
            lines.extend(host.routes.iter().map(|route| {
                format!("{} [{domains}] {} -> {}", table.name, route.prefix, route.cluster)
            }));
        }
    }
    for endpoints in snapshot.endpoints() {
        let addresses: Vec<_> = endpoints.addresses.iter().map(ToString::to_string).collect();
        lines.push(format!("{} = {}", endpoints.cluster, addresses.join(" ")));
    }
    let clusters: Vec<_> = snapshot.clusters().map(|cluster| &*cluster.name).collect();
    let known: Vec<_> = snapshot.endpoints().map(|endpoints| &*endpoints.cluster).collect();
    assert_eq!(clusters, known, "every cluster has its endpoints, and no other");
    lines
}
