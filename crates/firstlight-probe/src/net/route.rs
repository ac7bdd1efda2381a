use std::fmt;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::attempt::Attempt;
use crate::net::dial::dial;
use crate::net::host::Host;
use crate::net::resolver::Resolver;
use crate::trouble::Trouble;

/// A connection of any kind.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}
pub(crate) type Stream = Box<dyn Duplex>;

/// How a target is reached: the address, or a socket file in its place, and TLS on top.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) resolver: Resolver,
    #[cfg(unix)]
    pub(crate) unix_socket: Option<Arc<Path>>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::tls::TlsSettings>,
}

impl Route {
    pub(crate) fn new(host: Host, port: u16) -> Self {
        Self {
            host,
            port,
            resolver: Resolver::system(),
            #[cfg(unix)]
            unix_socket: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// A new connection, TLS included.
    pub(crate) async fn open(&self, attempt: Attempt) -> Result<Stream, Trouble> {
        let stream = self.open_plain(attempt).await?;
        self.secure(stream, attempt).await
    }

    async fn open_plain(&self, attempt: Attempt) -> Result<Stream, Trouble> {
        #[cfg(unix)]
        if let Some(path) = &self.unix_socket {
            return super::unix::open(path, attempt).await;
        }
        Ok(Box::new(dial(&self.host, self.port, &self.resolver, attempt).await?))
    }

    /// Puts TLS on a connection that already leads to the target, if the target speaks it.
    pub(crate) async fn secure(&self, stream: Stream, attempt: Attempt) -> Result<Stream, Trouble> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return tls.handshake(&self.host, stream, attempt).await;
        }
        let _ = attempt;
        Ok(stream)
    }
}

/// `host:port`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
