use bytes::Bytes;
use firstlight_poll::ErrorClass;
use http_body_util::Empty;
use hyper::header::{HOST, HeaderMap, HeaderValue, PROXY_AUTHORIZATION};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;

use crate::attempt::Attempt;
use crate::error::ProbeError;
use crate::http::connection::Connection;
use crate::http::settings::Settings;
use crate::net::{Host, Route, Stream};
use crate::phase::Phase;
use crate::secrets::Secrets;
use crate::target::Target;
use crate::trouble::Trouble;

/// What a variable must hold.
const FORM: &str = "it is not of the form http://host:port";

/// The HTTP proxy between the probe and its target.
#[derive(Clone)]
pub(crate) struct Proxy {
    route: Route,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// The proxy that the environment names for this target now, if any.
    pub(crate) fn from_env(target: &Target) -> Result<Option<Self>, ProbeError> {
        let found = Self::from_matcher(&Matcher::from_env(), target)?;
        // The matcher passes over what it cannot read; to go without a proxy then is not what was asked for.
        if is_unreadable(target) { Err(refuse(FORM)) } else { Ok(found) }
    }

    fn from_matcher(matcher: &Matcher, target: &Target) -> Result<Option<Self>, ProbeError> {
        let url = url(target).ok_or_else(|| refuse("the URL cannot be matched"))?;
        let Some(found) = matcher.intercept(&url) else { return Ok(None) };
        if found.uri().scheme_str() != Some("http") {
            return Err(refuse(FORM));
        }
        let host = Host::parse(found.uri().host().unwrap_or_default()).map_err(refuse)?;
        let mut authorization = found.basic_auth().cloned();
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        let route = Route::new(host, found.uri().port_u16().unwrap_or(80));
        Ok(Some(Self { route, authorization }))
    }

    pub(crate) fn authorize(&self, headers: &mut HeaderMap) {
        if let Some(value) = &self.authorization {
            headers.insert(PROXY_AUTHORIZATION, value.clone());
        }
    }

    /// A proxy that forwards the request may echo what it was sent.
    pub(crate) fn add_secrets(&self, secrets: &mut Secrets) {
        if let Some(value) = self.authorization.as_ref().and_then(|value| value.to_str().ok()) {
            secrets.add(value);
        }
    }

    /// A connection for this target: to the proxy itself, or for HTTPS through it.
    pub(crate) async fn open(&self, target: &Target, attempt: Attempt) -> Result<Stream, Trouble> {
        let stream = self.route.open(attempt).await?;
        if !target.is_https {
            return Ok(stream);
        }
        let stream = self.tunnel(stream, target, attempt).await?;
        target.route.secure(stream, attempt).await
    }

    async fn tunnel(
        &self,
        stream: Stream,
        target: &Target,
        attempt: Attempt,
    ) -> Result<Stream, Trouble> {
        let place = target.route.to_string();
        let bad = |_| Trouble::new(ErrorClass::Config, "proxy: the host cannot be asked for");
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.method_mut() = Method::CONNECT;
        *request.uri_mut() = place.parse().map_err(bad)?;
        let host = HeaderValue::try_from(place);
        let bad = |_| Trouble::new(ErrorClass::Config, "proxy: the host cannot be a header");
        request.headers_mut().insert(HOST, host.map_err(bad)?);
        self.authorize(request.headers_mut());
        let mut connection = Connection::over(stream, attempt).await?;
        let response = connection.head(request, Phase::Proxy, attempt).await?;
        match response.status() {
            StatusCode::OK => {
                let upgrade = async { Ok(hyper::upgrade::on(response).await?) };
                let stream = attempt.phase(Phase::Proxy, connection.during(upgrade)).await?;
                Ok(Box::new(TokioIo::new(stream)))
            }
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Err(Trouble::new(ErrorClass::Unauthorized, "proxy: it wants credentials (407)"))
            }
            status => {
                // It is the proxy that could not reach the target, as if there were none in between.
                let what = format!("proxy: CONNECT failed: {}", status.as_u16());
                Err(Trouble::new(ErrorClass::Unreachable, what))
            }
        }
    }
}

fn refuse(reason: &'static str) -> ProbeError {
    ProbeError::Proxy { reason }
}

fn url(target: &Target) -> Option<Uri> {
    format!("{}://{}/", target.scheme(), target.route).parse().ok()
}

/// Whether the variable that counts for this target holds something that is no URL, and `NO_PROXY` does not
/// except the target.
fn is_unreadable(target: &Target) -> bool {
    let own =
        if target.is_https { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    let value = first(own).or_else(|| first(["ALL_PROXY", "all_proxy"]));
    // A web server's script gets the client's `Proxy` header as HTTP_PROXY: there the matcher reads nothing.
    let (Some(value), None) = (value, std::env::var_os("REQUEST_METHOD")) else { return false };
    let matches = |proxy: String, no: String| {
        let matcher = Matcher::builder().all(proxy).no(no).build();
        url(target).is_some_and(|url| matcher.intercept(&url).is_some())
    };
    let no = first(["NO_PROXY", "no_proxy"]).unwrap_or_default();
    matches("http://proxy.invalid".to_owned(), no) && !matches(value, String::new())
}

/// The first of these variables that is set, unless it is empty.
fn first(names: [&str; 2]) -> Option<String> {
    let value = names.into_iter().find_map(std::env::var_os)?.to_string_lossy().trim().to_owned();
    Some(value).filter(|value| !value.is_empty())
}

impl Settings {
    /// The proxy to use; a socket file needs none.
    pub(crate) fn proxy(&self) -> Option<&Proxy> {
        #[cfg(unix)]
        if self.target.route.unix_socket.is_some() {
            return None;
        }
        self.proxy.as_ref()
    }

    /// The proxy to use when it is one that reads the request itself.
    pub(crate) fn forwarding_proxy(&self) -> Option<&Proxy> {
        self.proxy().filter(|_| !self.target.is_https)
    }
}
