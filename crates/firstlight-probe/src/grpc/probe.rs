use std::fmt;
use std::future::Future;
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::Arc;

use firstlight_poll::{Context, Hint, Verdict};
use hyper::header::HeaderValue;

use crate::attempt::Attempt;
use crate::error::ProbeError;
use crate::grpc::{call, watch};
use crate::secrets::Secrets;
use crate::target::Target;
use crate::text::tidy;

/// Asks a gRPC server for its health: `grpc.health.v1.Health/Check`.
///
/// * **`SERVING`** is ready; `NOT_SERVING` and `UNKNOWN` are pending. A service that the server does not know
///   is [`UnknownService`](firstlight_poll::ErrorClass::UnknownService); a server without the health service
///   is [`NotFound`](firstlight_poll::ErrorClass::NotFound).
/// * **Time, freshness, `localhost`**: as with [`HttpProbe`](crate::HttpProbe). Every attempt has a
///   connection of its own.
/// * **Watch** is a hint and no more: see [`watch_into`](Self::watch_into).
/// * **Tasks**: the connection's are aborted with the attempt.
///
/// ```no_run
/// use firstlight_poll::{Hint, Wait};
/// use firstlight_probe::GrpcProbe;
///
/// # async fn wait() -> Result<(), Box<dyn std::error::Error>> {
/// let probe = GrpcProbe::new("http://localhost:50051")?.with_service("my.Service");
/// let hint = Hint::new();
/// let watch = tokio::spawn(probe.watch_into(hint.clone()));
/// Wait::remote("my.Service").with_hint(&hint).until(|cx| probe.check(cx)).await?;
/// watch.abort();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct GrpcProbe {
    settings: Arc<Settings>,
}

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) target: Target,
    pub(crate) service: String,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) secrets: Secrets,
}

impl GrpcProbe {
    /// Makes a probe of the server at this URL.
    ///
    /// It is `http` or, with the feature `tls`, `https`. Default service: the empty name, which stands for
    /// the whole server.
    ///
    /// # Errors
    /// [`ProbeError::Url`] as with [`HttpProbe::new`](crate::HttpProbe::new), and when it has a path.
    pub fn new(url: &str) -> Result<Self, ProbeError> {
        let target = Target::parse(url, b"h2")?;
        if target.path.as_str() != "/" {
            let url = target.origin();
            return Err(ProbeError::Url { url, reason: "a gRPC server has no path" });
        }
        let settings = Settings {
            target,
            service: String::new(),
            authorization: None,
            secrets: Secrets::default(),
        };
        Ok(Self { settings: Arc::new(settings) })
    }

    fn set(
        self,
        change: impl FnOnce(&mut Settings) -> Result<(), ProbeError>,
    ) -> Result<Self, ProbeError> {
        let mut settings = Arc::unwrap_or_clone(self.settings);
        change(&mut settings)?;
        Ok(Self { settings: Arc::new(settings) })
    }

    /// Asks for this service: `package.Service`.
    pub fn with_service(self, name: impl Into<String>) -> Self {
        let mut settings = Arc::unwrap_or_clone(self.settings);
        settings.service = name.into();
        Self { settings: Arc::new(settings) }
    }

    /// Trusts the certificates of this PEM text and no others.
    ///
    /// Default: the roots of the machine.
    ///
    /// # Errors
    /// [`ProbeError::Ca`] when it holds none that can be trusted; [`ProbeError::NotHttps`].
    #[cfg(feature = "tls")]
    pub fn with_ca_pem(self, pem: &[u8]) -> Result<Self, ProbeError> {
        self.set(|settings| settings.target.tls("CA certificate")?.set_ca_pem(pem))
    }

    /// Shows this client certificate, given as a chain and its key in PEM.
    ///
    /// An encrypted key is not taken. Default: none.
    ///
    /// # Errors
    /// [`ProbeError::Identity`] when they cannot be read or do not belong together; [`ProbeError::NotHttps`].
    #[cfg(feature = "tls")]
    pub fn with_identity_pem(self, cert_chain: &[u8], key: &[u8]) -> Result<Self, ProbeError> {
        self.set(|settings| {
            settings.target.tls("client certificate")?.set_identity_pem(cert_chain, key)
        })
    }

    /// Sends `authorization: Bearer` with this token, over plain HTTP too.
    ///
    /// White space around it is cut off.
    ///
    /// # Errors
    /// [`ProbeError::Token`] when it is empty or cannot be a header.
    pub fn with_bearer_token(self, token: impl Into<String>) -> Result<Self, ProbeError> {
        let token = token.into();
        self.set(|settings| {
            settings.authorization = Some(crate::http::bearer(&token).ok_or(ProbeError::Token)?);
            settings.secrets.add(token.trim());
            Ok(())
        })
    }

    /// Connects to this socket file in place of the URL's host and port.
    ///
    /// Those stay what `:authority` and TLS name.
    #[cfg(unix)]
    pub fn with_unix_socket(self, path: impl Into<PathBuf>) -> Self {
        let mut settings = Arc::unwrap_or_clone(self.settings);
        settings.target.route.unix_socket = Some(path.into().into());
        Self { settings: Arc::new(settings) }
    }

    /// Asks once.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection and aborts its tasks.
    pub fn check(&self, cx: Context) -> impl Future<Output = Verdict<()>> + Send + use<> {
        let settings = Arc::clone(&self.settings);
        let attempt = Attempt::new(&cx);
        async move { call::check(&settings, attempt).await }
    }

    /// Opens the server's `Watch`, and pushes the hint with every message of it.
    ///
    /// In short: "push shortens, poll proves". It does nothing until it is awaited or spawned. While the
    /// server is not there, or the stream breaks, it tries again after 250 ms, doubled up to 5 s. It ends by
    /// itself only when the server does not know `Watch`, or a setting cannot work; the wait then goes by its
    /// schedule alone. A bad certificate is tried again like any other fault: it may be renewed.
    ///
    /// # Cancel safety
    /// Dropping the future closes the stream.
    pub fn watch_into(&self, hint: Hint) -> impl Future<Output = ()> + Send + use<> {
        let settings = Arc::clone(&self.settings);
        async move { watch::watch(&settings, &hint).await }
    }
}

impl fmt::Debug for GrpcProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcProbe")
            .field("url", &self.settings.target.origin())
            .field("service", &tidy(&self.settings.service, 128))
            .finish_non_exhaustive()
    }
}
