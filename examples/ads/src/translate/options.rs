use std::net::SocketAddr;

/// What is ours, and where Envoy listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Options {
    /// The `ingressClassName` of our Ingresses.
    pub class: String,
    /// Where an Envoy is to listen, if one is expected.
    pub envoy: Option<SocketAddr>,
    /// The host that answers at Envoy also for every other name, if any: a client may call Envoy by its address.
    pub fallback: Option<String>,
}

impl Options {
    /// Options for a class, without Envoy.
    pub fn new(class: impl Into<String>) -> Self {
        Self { class: class.into(), envoy: None, fallback: None }
    }
}
