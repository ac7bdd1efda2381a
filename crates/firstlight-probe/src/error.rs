/// Why a probe could not be made as asked.
///
/// It is about the settings alone: what an attempt meets is a [`Verdict`](firstlight_poll::Verdict). No
/// message holds a secret: userinfo is taken out of a URL, and of headers, tokens and keys only the name is
/// told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The URL cannot be used.
    #[error("URL `{url}`: {reason}")]
    Url {
        /// The URL without userinfo and secrets.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The address is not of the form `host:port`.
    #[error("address `{address}`: {reason}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The path cannot be asked for.
    #[error("path `{path}`: not a path that starts with `/`")]
    Path {
        /// The path without secrets.
        path: String,
    },
    /// A setting of TLS, for a URL that is not `https`.
    #[error("{setting}: the URL is not https")]
    NotHttps {
        /// What was to be set.
        setting: &'static str,
    },
    /// The text holds no certificate that can be trusted.
    #[error("CA certificate: {reason}")]
    Ca {
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate and key cannot be used together.
    #[error("client certificate: {reason}")]
    Identity {
        /// What is wrong with them; nothing of the key.
        reason: String,
    },
    /// The token holds bytes that no header may hold, or is empty.
    #[error("bearer token: empty, or with characters that no header may hold")]
    Token,
    /// The header cannot be sent.
    #[error("header `{name}`: {reason}")]
    Header {
        /// The header's name.
        name: String,
        /// What is wrong with it; nothing of the value.
        reason: &'static str,
    },
    /// The proxy that the environment names cannot be used.
    #[error("proxy of the environment: {reason}")]
    Proxy {
        /// What is wrong with it.
        reason: &'static str,
    },
}
