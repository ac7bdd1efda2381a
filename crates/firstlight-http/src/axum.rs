use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use http::Extensions;
use tokio::net::TcpStream;

use crate::gated::Gated;
use crate::health::Health;
use crate::peer::Peer;

impl Health {
    /// Makes routes for `/livez`, `/readyz`, `/startupz`, `/readyz/<gate>` and the pages, to be merged into an
    /// application's.
    ///
    /// All else is the application's affair, `//readyz` too. Serve it with
    /// `into_make_service_with_connect_info::<SocketAddr>()`: without an address the lame duck lasts its
    /// whole time.
    ///
    /// A page is left out when axum would read its path in a way of its own: when that does not begin with a
    /// slash, has a brace in it, or a `:` or `*` right after a slash.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        // Axum panics at a path that it cannot take, and at one that it has already.
        let fits = |path: &&str| {
            let is_pattern =
                path.contains(['{', '}']) || path.contains("/:") || path.contains("/*");
            path.starts_with('/') && !is_pattern
        };
        let pages = self.pages.iter().map(|page| page.path).filter(fits);
        let probes = ["/livez", "/readyz", "/startupz", "/readyz/{gate}"];
        let paths: BTreeSet<&str> = probes.into_iter().chain(pages).collect();
        let service = self.service();
        paths
            .into_iter()
            .fold(Router::new(), |router, path| router.route_service(path, service.clone()))
    }
}

/// Accepts as [`Gated::accept`](crate::Gated::accept) does; at the end it waits for ever, as axum expects.
impl Listener for Gated {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        match Gated::accept(self).await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(Gated::local_addr(self))
    }
}

impl Connected<IncomingStream<'_, Gated>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Gated>) -> Self {
        Self(*stream.remote_addr())
    }
}

pub(crate) fn connect_info(extensions: &Extensions) -> Option<Peer> {
    let address = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| Peer(info.0));
    address.or_else(|| extensions.get::<ConnectInfo<Peer>>().map(|info| info.0))
}
