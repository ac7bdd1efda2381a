use std::net::SocketAddr;

/// What a client listens on, or what a target of gRPC is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its name; gRPC asks for it by that: the `name` of `xds:///name`.
    pub name: String,
    /// Where Envoy binds it; `None`: for gRPC, told only to who asks for it by name.
    ///
    /// A client that asks for all listeners is told only those that have an address.
    pub at: Option<SocketAddr>,
    /// The name of its route table.
    pub routes: String,
}
