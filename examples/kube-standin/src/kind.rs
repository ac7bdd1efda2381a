use serde_json::Value;

/// One kind of object, and where it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
}

const CLUSTER: bool = false;
const NAMESPACED: bool = true;

const BUILT_IN: &[(&str, &str, &str, &str, bool)] = &[
    ("", "v1", "ConfigMap", "configmaps", NAMESPACED),
    ("", "v1", "Endpoints", "endpoints", NAMESPACED),
    ("", "v1", "Event", "events", NAMESPACED),
    ("", "v1", "Namespace", "namespaces", CLUSTER),
    ("", "v1", "Node", "nodes", CLUSTER),
    ("", "v1", "Pod", "pods", NAMESPACED),
    ("", "v1", "Secret", "secrets", NAMESPACED),
    ("", "v1", "Service", "services", NAMESPACED),
    ("", "v1", "ServiceAccount", "serviceaccounts", NAMESPACED),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", DEFINITIONS, CLUSTER),
    ("apps", "v1", "DaemonSet", "daemonsets", NAMESPACED),
    ("apps", "v1", "Deployment", "deployments", NAMESPACED),
    ("apps", "v1", "ReplicaSet", "replicasets", NAMESPACED),
    ("apps", "v1", "StatefulSet", "statefulsets", NAMESPACED),
    ("coordination.k8s.io", "v1", "Lease", "leases", NAMESPACED),
    ("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", NAMESPACED),
    ("networking.k8s.io", "v1", "Ingress", "ingresses", NAMESPACED),
    ("networking.k8s.io", "v1", "IngressClass", "ingressclasses", CLUSTER),
    ("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", NAMESPACED),
];

/// The kind whose objects make further kinds.
const DEFINITIONS: &str = "customresourcedefinitions";

impl Kind {
    /// What is served from the start.
    pub(crate) fn built_in() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().map(|&(group, version, kind, plural, namespaced)| Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            namespaced,
        })
    }

    /// The kind that a CustomResourceDefinition defines, by the version that it stores; `None` when it defines none.
    pub(crate) fn defined_by(definition: &Value) -> Option<Self> {
        let spec = &definition["spec"];
        let text = |value: &Value| value.as_str().filter(|t| !t.is_empty()).map(str::to_owned);
        let stored = spec["versions"].as_array()?.iter().find(|v| v["storage"] == true)?;
        Some(Self {
            group: text(&spec["group"])?,
            version: text(&stored["name"])?,
            kind: text(&spec["names"]["kind"])?,
            plural: text(&spec["names"]["plural"])?,
            namespaced: spec["scope"] != "Cluster",
        })
    }

    pub(crate) fn defines_kinds(&self) -> bool {
        self.plural == DEFINITIONS && self.group == "apiextensions.k8s.io"
    }

    /// What objects say in `apiVersion`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The plural with its group, as errors name a resource.
    pub(crate) fn resource(&self) -> String {
        if self.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}
