use std::net::SocketAddr;

/// The addresses behind a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The name of the cluster.
    pub cluster: String,
    /// The addresses. None is an answer, too: a service that was scaled to zero. Leave the whole `Endpoints`
    /// out while they are not known.
    pub addresses: Vec<SocketAddr>,
}
