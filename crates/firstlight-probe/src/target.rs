use hyper::Uri;
use hyper::http::uri::PathAndQuery;

use crate::error::ProbeError;
use crate::net::{Host, Route};
use crate::text::{LEFT_OUT, tidy};

/// The longest part of a URL that a message shows, in bytes.
const MAX_SHOWN: usize = 128;

/// Words of which one in a query key makes its value a secret.
const SECRET_KEYS: [&str; 11] =
    ["auth", "cred", "jwt", "key", "pass", "pwd", "secret", "session", "sig", "token", "code"];

/// A URL, read: where it leads and what is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) route: Route,
    pub(crate) is_https: bool,
    pub(crate) path: PathAndQuery,
}

impl Target {
    /// Reads an `http` or `https` URL. `alpn` is what TLS is told to be spoken within.
    pub(crate) fn parse(url: &str, alpn: &'static [u8]) -> Result<Self, ProbeError> {
        let refuse = |reason| ProbeError::Url { url: shown_url(url), reason };
        let uri: Uri = url.parse().map_err(|_| refuse("not a URL"))?;
        let is_https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") if cfg!(feature = "tls") => true,
            Some("https") => return Err(refuse("https needs the feature `tls`")),
            _ => return Err(refuse("neither http nor https")),
        };
        let authority = uri.authority().ok_or_else(|| refuse("no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse("credentials belong into a header, not into the URL"));
        }
        let host = Host::parse(authority.host()).map_err(refuse)?;
        let port = match authority.as_str().strip_prefix(authority.host()) {
            None | Some("" | ":") => [80, 443][usize::from(is_https)],
            Some(_) => {
                authority.port_u16().filter(|&port| port != 0).ok_or_else(|| refuse("bad port"))?
            }
        };
        let path = path_of(&uri).map_err(refuse)?;
        let route = route(host, port, is_https, alpn).map_err(refuse)?;
        Ok(Self { route, is_https, path })
    }

    /// `host` or `host:port`, as the `Host` header has it.
    pub(crate) fn authority(&self) -> String {
        match (self.is_https, self.route.port) {
            (false, 80) | (true, 443) => self.route.host.to_string(),
            _ => self.route.to_string(),
        }
    }

    /// The TLS settings, for whoever wants to set this.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(
        &mut self,
        setting: &'static str,
    ) -> Result<&mut crate::tls::TlsSettings, ProbeError> {
        self.route.tls.as_mut().ok_or(ProbeError::NotHttps { setting })
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }

    /// The URL up to the path, or the socket file in its place.
    pub(crate) fn origin(&self) -> String {
        #[cfg(unix)]
        if let Some(path) = &self.route.unix_socket {
            return tidy(&format!("unix:{}:", path.display()), MAX_SHOWN);
        }
        format!("{}://{}", self.scheme(), self.authority())
    }
}

/// The path and query; never empty: `?verbose` alone is no target of a request.
fn path_of(uri: &Uri) -> Result<PathAndQuery, &'static str> {
    match uri.path_and_query().map(PathAndQuery::as_str) {
        Some(path) if path.starts_with('/') => path.parse().map_err(|_| "bad path"),
        path => format!("/{}", path.unwrap_or_default()).parse().map_err(|_| "bad path"),
    }
}

#[cfg(feature = "tls")]
fn route(
    host: Host,
    port: u16,
    is_https: bool,
    alpn: &'static [u8],
) -> Result<Route, &'static str> {
    let mut route = Route::new(host, port);
    if is_https {
        crate::tls::server_name(&route.host).ok_or("no name that a certificate can have")?;
        route.tls = Some(crate::tls::TlsSettings::new(alpn));
    }
    Ok(route)
}

#[cfg(not(feature = "tls"))]
fn route(host: Host, port: u16, _https: bool, _alpn: &[u8]) -> Result<Route, &'static str> {
    Ok(Route::new(host, port))
}

/// A path as messages show it: values of keys that name a secret are taken out.
pub(crate) fn shown_path(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return tidy(path, MAX_SHOWN) };
    let pairs: Vec<_> = query.split('&').map(shown_pair).collect();
    tidy(&format!("{path}?{}", pairs.join("&")), MAX_SHOWN)
}

fn shown_pair(pair: &str) -> String {
    match secret_pair(pair) {
        Some((key, _)) => format!("{key}={LEFT_OUT}"),
        None => pair.to_owned(),
    }
}

/// The values in a path's query that no message may show: as they are sent, and as a server reads them.
pub(crate) fn secret_values(path: &str) -> impl Iterator<Item = String> {
    let query = path.split_once('?').map(|(_, query)| query);
    let values = query.unwrap_or_default().split('&').filter_map(secret_pair);
    values.flat_map(|(_, value)| [value.to_owned(), decoded(value, b'+'), decoded(value, b' ')])
}

/// The value with its percent signs resolved; a plus sign stands for this.
fn decoded(value: &str, plus: u8) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let hex =
            behind.get(..2).filter(|hex| byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let number = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        let number = number.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(number.unwrap_or(if byte == b'+' { plus } else { byte }));
        rest = if number.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn secret_pair(pair: &str) -> Option<(&str, &str)> {
    pair.split_once('=').filter(|(key, value)| !value.is_empty() && is_secret_key(key))
}

fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    // An encoded key is written by nobody who has nothing to hide.
    key.contains('%') || SECRET_KEYS.iter().any(|word| key.contains(word))
}

/// A URL or an address that may be none, without userinfo and without the values of its query.
pub(crate) fn shown_url(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    // Up to the last `@` of all: where the authority of a broken URL ends is anybody's guess.
    let rest = match rest.rfind('@') {
        Some(at) => format!("{LEFT_OUT}{}", &rest[at..]),
        None => rest.to_owned(),
    };
    shown_path(&format!("{scheme}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parsed(url: &str) -> Target {
        Target::parse(url, b"http/1.1").expect(url)
    }

    #[test]
    fn a_url_is_read_into_its_parts() {
        for (url, authority, port, path) in [
            ("http://example.com", "example.com", 80, "/"),
            ("HTTP://Example.com:80/x?y=z#f", "example.com", 80, "/x?y=z"),
            ("http://[::1]:8080/readyz", "[::1]:8080", 8080, "/readyz"),
            ("http://localhost:/", "localhost", 80, "/"),
            ("http://127.0.0.1?verbose", "127.0.0.1", 80, "/?verbose"),
            ("http://127.0.0.1/?", "127.0.0.1", 80, "/?"),
        ] {
            let target = parsed(url);
            let found = (target.authority(), target.route.port, target.path.as_str().to_owned());
            assert_eq!(found, (authority.to_owned(), port, path.to_owned()), "{url}");
        }
    }

    #[test]
    fn a_bad_url_is_refused_with_a_reason_and_without_its_secrets() {
        for (url, message) in [
            ("", "URL ``: not a URL"),
            ("no url", "URL `no url`: not a URL"),
            ("/readyz", "URL `/readyz`: neither http nor https"),
            ("ftp://host/", "URL `ftp://host/`: neither http nor https"),
            ("http://:80/", "URL `http://:80/`: no host name"),
            ("http://host:0/", "URL `http://host:0/`: bad port"),
            ("http://host:99999/", "URL `http://host:99999/`: bad port"),
            (
                "http://bob:hunter2@host/?token=abc",
                "URL `http://[redacted]@host/?token=[redacted]`: credentials belong into a header, not into the URL",
            ),
            ("http://bob:hun ter2@host/", "URL `http://[redacted]@host/`: not a URL"),
            ("http://bob:hun/ter2@host/", "URL `http://[redacted]@host/`: bad port"),
        ] {
            let error = Target::parse(url, b"http/1.1").expect_err(url);
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn a_shown_path_holds_no_value_of_a_key_that_names_a_secret() {
        for (path, shown) in [
            ("/readyz?verbose=true&exclude=kms", "/readyz?verbose=true&exclude=kms"),
            ("/x?Api-Key=1&a=2", "/x?Api-Key=[redacted]&a=2"),
            ("/x?%74oken=1", "/x?%74oken=[redacted]"),
            ("/x?X-Amz-Signature=1&token", "/x?X-Amz-Signature=[redacted]&token"),
            ("/x", "/x"),
        ] {
            assert_eq!(shown_path(path), shown);
        }
    }
}
