use std::net::SocketAddr;

use http::Extensions;

/// Who sent a request: to be put into its extensions, so that the lame duck can tell one prober from another.
///
/// [`Health::serve`](crate::Health::serve) does it by itself. With axum,
/// `into_make_service_with_connect_info::<SocketAddr>()` is as good, or `::<Peer>()` over a
/// [`Gated`](crate::Gated) listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// The peer that was put into the extensions; a header is not asked, for anybody can write one.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        let told = extensions.get::<Self>().copied();
        #[cfg(feature = "axum")]
        let told = told.or_else(|| crate::axum::connect_info(extensions));
        told
    }

    /// The prober's name: its address without the port, which is another one for each connection.
    pub(crate) fn prober(&self) -> String {
        self.0.ip().to_canonical().to_string()
    }
}
