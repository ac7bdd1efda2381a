use std::path::PathBuf;

use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::PathAndQuery;

use crate::error::ProbeError;
use crate::http::body_kind::BodyKind;
use crate::secrets::Secrets;
use crate::target::{Target, secret_values};
use crate::text::tidy;

/// Headers that frame the message: they are the probe's own.
const FRAMING: [&str; 7] =
    ["connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade"];

/// Headers whose values are no secrets; the value of any other one is.
const HARMLESS: [&str; 6] =
    ["accept", "accept-encoding", "accept-language", "cache-control", "host", "user-agent"];

/// What an HTTP probe was told.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) target: Target,
    pub(crate) headers: HeaderMap,
    pub(crate) secrets: Secrets,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) keep_alive: bool,
    pub(crate) body: BodyKind,
    pub(crate) max_body: usize,
    pub(crate) fallback: Option<PathAndQuery>,
    #[cfg(feature = "proxy")]
    pub(crate) proxy: Option<crate::http::proxy::Proxy>,
}

impl Settings {
    pub(crate) fn new(target: Target) -> Self {
        let mut headers = HeaderMap::new();
        let agent = concat!("firstlight-probe/", env!("CARGO_PKG_VERSION"));
        headers.insert(hyper::header::USER_AGENT, HeaderValue::from_static(agent));
        headers.insert(hyper::header::ACCEPT, HeaderValue::from_static("*/*"));
        let mut secrets = Secrets::default();
        secret_values(target.path.as_str()).for_each(|value| secrets.add(&value));
        Self {
            target,
            headers,
            secrets,
            token_file: None,
            keep_alive: false,
            body: BodyKind::Auto,
            max_body: 64 * 1024,
            fallback: None,
            #[cfg(feature = "proxy")]
            proxy: None,
        }
    }

    pub(crate) fn set_bearer_token(&mut self, token: &str) -> Result<(), ProbeError> {
        self.headers.insert(AUTHORIZATION, bearer(token).ok_or(ProbeError::Token)?);
        self.secrets.add(token.trim());
        self.token_file = None;
        Ok(())
    }

    pub(crate) fn set_header(&mut self, name: &str, value: &str) -> Result<(), ProbeError> {
        let refuse = |reason| ProbeError::Header { name: tidy(name, 64), reason };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse("no header name"))?;
        if FRAMING.contains(&name.as_str()) {
            return Err(refuse("it is the probe's own"));
        }
        let mut held = HeaderValue::from_str(value)
            .map_err(|_| refuse("its value holds characters that no header may hold"))?;
        if !HARMLESS.contains(&name.as_str()) {
            held.set_sensitive(true);
            self.secrets.add(value);
        }
        if name == AUTHORIZATION {
            self.token_file = None;
        }
        self.headers.insert(name, held);
        Ok(())
    }

    pub(crate) fn set_fallback_path(&mut self, path: &str) -> Result<(), ProbeError> {
        let parsed = path.parse().ok().filter(|_| path.starts_with('/'));
        let refuse = || ProbeError::Path { path: crate::target::shown_path(path) };
        self.fallback = Some(parsed.ok_or_else(refuse)?);
        secret_values(path).for_each(|value| self.secrets.add(&value));
        Ok(())
    }
}

/// The header of a token; `None` when it cannot be one. White space around it is a file's, not the token's.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    let token = token.trim();
    if token.is_empty() {
        return None;
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
