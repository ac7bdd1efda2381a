use std::net::SocketAddr;

/// What a channel to the target does with its next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It queues it: nothing is known yet.
    Waiting,
    /// It sends it to one of these, in the order of the configuration; there is at least one.
    Ready(Vec<SocketAddr>),
    /// It fails it, and says why: `UNAVAILABLE`.
    Failed(String),
}
