/// Where requests go to: HTTP/2, its endpoints told by the same stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its name, by which routes and [`Endpoints`](crate::Endpoints) refer to it.
    pub name: String,
}
