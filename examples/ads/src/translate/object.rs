use std::fmt;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::Ingress;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// An object of the API server that the translation knows.
#[derive(Debug, Clone)]
pub enum Object {
    /// Which hosts and paths there are.
    Ingress(Arc<Ingress>),
    /// Where a path goes.
    Service(Arc<Service>),
    /// Who is behind a service.
    EndpointSlice(Arc<EndpointSlice>),
}

/// The kind of an [`Object`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `networking.k8s.io/v1`.
    Ingress,
    /// `v1`.
    Service,
    /// `discovery.k8s.io/v1`.
    EndpointSlice,
}

/// What makes an object that object: its kind, namespace and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty if it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Object {
    /// Returns its key.
    pub fn key(&self) -> Key {
        let (kind, ObjectMeta { namespace, name, .. }) = match self {
            Self::Ingress(ingress) => (Kind::Ingress, &ingress.metadata),
            Self::Service(service) => (Kind::Service, &service.metadata),
            Self::EndpointSlice(slice) => (Kind::EndpointSlice, &slice.metadata),
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Key { kind, namespace: text(namespace), name: text(name) }
    }
}

impl Kind {
    /// Returns its name in a manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Service => "Service",
            Self::EndpointSlice => "EndpointSlice",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

impl From<Arc<Ingress>> for Object {
    fn from(ingress: Arc<Ingress>) -> Self {
        Self::Ingress(ingress)
    }
}

impl From<Arc<Service>> for Object {
    fn from(service: Arc<Service>) -> Self {
        Self::Service(service)
    }
}

impl From<Arc<EndpointSlice>> for Object {
    fn from(slice: Arc<EndpointSlice>) -> Self {
        Self::EndpointSlice(slice)
    }
}

impl From<Ingress> for Object {
    fn from(ingress: Ingress) -> Self {
        Arc::new(ingress).into()
    }
}

impl From<Service> for Object {
    fn from(service: Service) -> Self {
        Arc::new(service).into()
    }
}

impl From<EndpointSlice> for Object {
    fn from(slice: EndpointSlice) -> Self {
        Arc::new(slice).into()
    }
}
