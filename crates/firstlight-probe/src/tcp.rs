use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use firstlight_poll::{Context, Verdict};

use crate::attempt::Attempt;
use crate::error::ProbeError;
use crate::net::{Host, Resolver, dial};
use crate::target::shown_url;

/// Asks whether somebody listens: it connects, and closes.
///
/// * **Ready** is a connection, with the address that took it. The kernel accepts for a process that is
///   stuck: where the service speaks a protocol, ask in it.
/// * **Itself**: a connection of the probe to its own port, which TCP makes when nobody listens on an
///   ephemeral port, is refused.
/// * **`localhost`** is `::1`, then `127.0.0.1`, without a look-up. Of several addresses each gets its share
///   of the attempt's time.
///
/// ```no_run
/// use firstlight_poll::Wait;
/// use firstlight_probe::TcpProbe;
///
/// # async fn wait() -> Result<(), Box<dyn std::error::Error>> {
/// let probe = TcpProbe::new("localhost:5432")?;
/// let ready = Wait::local("postgres").until(|cx| probe.check(cx)).await?;
/// println!("{} listens", ready.value);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct TcpProbe {
    host: Arc<Host>,
    port: u16,
}

impl TcpProbe {
    /// Makes a probe of `host:port`; an IPv6 address stands in brackets: `[::1]:5432`.
    ///
    /// # Errors
    /// [`ProbeError::Address`] when it is not of that form, or the port is 0.
    pub fn new(address: &str) -> Result<Self, ProbeError> {
        let refuse = |reason| ProbeError::Address { address: shown_url(address), reason };
        let (host, port) = address.rsplit_once(':').ok_or_else(|| refuse("no port"))?;
        if host.contains(':') && !host.starts_with('[') {
            return Err(refuse("an IPv6 address stands in brackets"));
        }
        let is_number = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        let port = port.parse().ok().filter(|&port| is_number && port != 0);
        let port = port.ok_or_else(|| refuse("bad port"))?;
        let host = Host::parse(host).map_err(refuse)?;
        Ok(Self { host: Arc::new(host), port })
    }

    /// Asks once.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub fn check(&self, cx: Context) -> impl Future<Output = Verdict<SocketAddr>> + Send + use<> {
        let Self { host, port } = self.clone();
        let attempt = Attempt::new(&cx);
        async move {
            let connected = dial(&host, port, &Resolver::system(), attempt).await;
            match connected.and_then(|stream| Ok(stream.peer_addr()?)) {
                Ok(address) => Verdict::Ready(address),
                Err(trouble) => trouble.into_verdict(&format!("TCP {host}:{port}")),
            }
        }
    }
}
