use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use firstlight_poll::{Context, Verdict};

use crate::answer::Answer;
use crate::attempt::Attempt;
use crate::error::ProbeError;
use crate::http::asking::Asking;
use crate::http::body_kind::BodyKind;
use crate::http::memory::Memory;
use crate::http::settings::Settings;
use crate::target::{Target, shown_path};

/// Asks an HTTP or HTTPS target whether it is ready: one `GET` an attempt.
///
/// * **2xx** is ready, unless the body is a health answer that says no. **500 and 503 with a list of checks**
///   are pending, with the progress and the failing names. **429, and 503 with `Retry-After`** but without
///   checks, are overloaded. Anything else is an error whose class the wait's classifier judges.
/// * **Time**: the look-up, the connection, TLS, slow headers, an endless body, all of it within the
///   attempt's time-out; the message says where it hung.
/// * **Fresh**: every attempt makes a connection of its own, with a full TLS handshake, unless
///   [`with_keep_alive`](Self::with_keep_alive) is set.
/// * **Direct**: no redirect is followed, and no proxy variable is read, unless
///   [`with_proxy_from_env`](Self::with_proxy_from_env) asks for it.
/// * **`localhost`** is `::1`, then `127.0.0.1`, without a look-up.
/// * **Drop** of the future closes the connection. No task is spawned.
///
/// ```no_run
/// use firstlight_poll::Wait;
/// use firstlight_probe::HttpProbe;
///
/// # #[cfg(feature = "tls")]
/// # async fn wait(ca: &[u8], token: String) -> Result<(), Box<dyn std::error::Error>> {
/// let probe = HttpProbe::new("https://127.0.0.1:6443/readyz?verbose")?.with_ca_pem(ca)?.with_bearer_token(token)?;
/// let ready = Wait::local("api").until(|cx| probe.check(cx)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct HttpProbe {
    settings: Arc<Settings>,
    memory: Arc<Memory>,
}

impl HttpProbe {
    /// Makes a probe of this URL: `http` or, with the feature `tls`, `https`.
    ///
    /// # Errors
    /// [`ProbeError::Url`] when it is no such URL, has no host or a bad port, or holds userinfo: credentials
    /// belong into a header.
    pub fn new(url: &str) -> Result<Self, ProbeError> {
        Ok(Self::with_settings(Settings::new(Target::parse(url, b"http/1.1")?)))
    }

    fn with_settings(settings: Settings) -> Self {
        Self { settings: Arc::new(settings), memory: Arc::default() }
    }

    /// Changes the settings of this probe alone: clones made before keep theirs, and what they remember.
    fn set(
        self,
        change: impl FnOnce(&mut Settings) -> Result<(), ProbeError>,
    ) -> Result<Self, ProbeError> {
        let mut settings = Arc::unwrap_or_clone(self.settings);
        change(&mut settings)?;
        Ok(Self::with_settings(settings))
    }

    fn set_surely(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Arc::unwrap_or_clone(self.settings);
        change(&mut settings);
        Self::with_settings(settings)
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

    /// Sends `Authorization: Bearer` with this token.
    ///
    /// It takes the place of any `Authorization` set before. White space around the token is cut off. It is
    /// sent over plain HTTP too, if that is the URL's scheme.
    ///
    /// # Errors
    /// [`ProbeError::Token`] when it is empty or cannot be a header.
    pub fn with_bearer_token(self, token: impl Into<String>) -> Result<Self, ProbeError> {
        let token = token.into();
        self.set(|settings| settings.set_bearer_token(&token))
    }

    /// Sends the token that this file holds, read anew for each attempt.
    ///
    /// It may be written late, and be rotated. It replaces any `Authorization` set before. An attempt without
    /// the file, or with an empty one, is an error of the class
    /// [`Missing`](firstlight_poll::ErrorClass::Missing). At most 64 KiB are read.
    pub fn with_bearer_token_file(self, path: impl Into<PathBuf>) -> Self {
        self.set_surely(|settings| {
            settings.headers.remove(hyper::header::AUTHORIZATION);
            settings.token_file = Some(path.into());
        })
    }

    /// Connects to this socket file in place of the URL's host and port.
    ///
    /// Those stay what the `Host` header and TLS name. A proxy is not used.
    #[cfg(unix)]
    pub fn with_unix_socket(self, path: impl Into<PathBuf>) -> Self {
        self.set_surely(|settings| settings.target.route.unix_socket = Some(path.into().into()))
    }

    /// Keeps the connection for the next attempt.
    ///
    /// Default: a fresh one for each. A kept connection spares a handshake, and sticks to one backend behind
    /// a load balancer, dead or old as it may be. When the peer has closed it meanwhile, the attempt is made
    /// once more on a fresh one. Clones share it; attempts at the same time do not.
    pub fn with_keep_alive(self) -> Self {
        self.set_surely(|settings| settings.keep_alive = true)
    }

    /// Goes through the proxy that the environment names for this URL now.
    ///
    /// It is named by `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` (or their lower-case forms).
    /// Default: they are not read.
    ///
    /// # Errors
    /// [`ProbeError::Proxy`] when it is no `http` proxy.
    #[cfg(feature = "proxy")]
    pub fn with_proxy_from_env(self) -> Result<Self, ProbeError> {
        self.set(|settings| {
            settings.proxy = crate::http::proxy::Proxy::from_env(&settings.target)?;
            if let Some(proxy) = &settings.proxy {
                proxy.add_secrets(&mut settings.secrets);
            }
            Ok(())
        })
    }

    /// Sets how the body is read.
    ///
    /// Default: [`BodyKind::Auto`].
    pub fn with_body(self, kind: BodyKind) -> Self {
        self.set_surely(|settings| settings.body = kind)
    }

    /// Asks for this path after a 404, in the same attempt, and from then on always.
    ///
    /// `/healthz` of a server that has no `/readyz`, say. Default: none. While it answers 404 as well, every
    /// attempt begins with the URL's own path again. Not for a server whose routes appear during its start:
    /// its 404 passes.
    ///
    /// # Errors
    /// [`ProbeError::Path`] when it is no path that starts with `/`.
    pub fn with_fallback_path(self, path: &str) -> Result<Self, ProbeError> {
        self.set(|settings| settings.set_fallback_path(path))
    }

    /// Sets how much of a body is read, in bytes.
    ///
    /// The rest is not awaited. Default: 64 KiB. 0: the body is not read. [`usize::MAX`]: all of it, as long
    /// as it comes in time. What a cut body is worth, [`BodyKind`] says.
    pub fn with_max_body(self, bytes: usize) -> Self {
        self.set_surely(|settings| settings.max_body = bytes)
    }

    /// Sends this header, in place of any of the same name.
    ///
    /// Its value is never shown.
    ///
    /// # Errors
    /// [`ProbeError::Header`] when it cannot be sent, or frames the message (`Connection`, `Content-Length`
    /// and their like).
    pub fn with_header(self, name: &str, value: &str) -> Result<Self, ProbeError> {
        self.set(|settings| settings.set_header(name, value))
    }

    /// Asks once.
    ///
    /// Messages are `GET /readyz failed: 500` once the target answered, and
    /// `GET https://host:6443/readyz failed: connection refused` as long as it does not.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection; a kept one is lost with it, and nothing else.
    pub fn check(&self, cx: Context) -> impl Future<Output = Verdict<Answer>> + Send + use<> {
        let settings = Arc::clone(&self.settings);
        let memory = Arc::clone(&self.memory);
        async move { Asking::new(&settings, &memory, Attempt::new(&cx)).verdict().await }
    }

    /// Asks once, outside of a wait: for a loop of one's own.
    ///
    /// It may take this long; 0: it is over at once.
    ///
    /// # Cancel safety
    /// As for [`check`](Self::check).
    pub fn check_within(
        &self,
        timeout: Duration,
    ) -> impl Future<Output = Verdict<Answer>> + Send + use<> {
        let settings = Arc::clone(&self.settings);
        let memory = Arc::clone(&self.memory);
        async move { Asking::new(&settings, &memory, Attempt::lasting(timeout)).verdict().await }
    }
}

impl fmt::Debug for HttpProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { target, headers, keep_alive, body, max_body, .. } = &*self.settings;
        let url = format!("{}{}", target.origin(), shown_path(target.path.as_str()));
        f.debug_struct("HttpProbe")
            .field("url", &url)
            .field("headers", &headers.keys().map(|name| name.as_str()).collect::<Vec<_>>())
            .field("keep_alive", keep_alive)
            .field("body", body)
            .field("max_body", max_body)
            .finish_non_exhaustive()
    }
}
