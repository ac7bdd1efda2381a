use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use firstlight_ready::{Phase, Readiness};
use firstlight_report::{Answer, Audience, Query, Renderer, TEXT};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};

use crate::accept::Format;
use crate::body::{Body, Delivery};
use crate::health::Health;
use crate::page::Page;
use crate::peer::Peer;
use crate::retry_after::retry_after;

/// The causes in one line, in detail only.
const X_NOT_READY: HeaderName = HeaderName::from_static("x-not-ready");
/// The longest line in a header.
const MAX_LINE: usize = 1_024;

/// Makes the answers of all clones of a service.
#[derive(Debug)]
pub(crate) struct Answering {
    readiness: Readiness,
    detailed: bool,
    retry_after: Option<HeaderValue>,
    pages: Vec<Page>,
    /// One for all: what is kept is kept once, and so is bounded. While it is locked an answer is copied, or
    /// rendered when something has changed; nobody's code but ours runs then.
    renderer: Mutex<Renderer>,
}

/// An answer, out of the lock.
pub(crate) struct Rendered {
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
}

impl Answering {
    pub(crate) fn new(health: Health) -> Self {
        let renderer = Renderer::new(health.readiness.clone(), health.audience)
            .with_failure_status(health.failure_status);
        Self {
            readiness: health.readiness,
            detailed: health.audience == Audience::Detailed,
            retry_after: retry_after(health.retry_after),
            pages: health.pages,
            renderer: Mutex::new(renderer),
        }
    }

    pub(crate) fn view(
        &self,
        view: &str,
        query: &Query,
        format: Format,
        peer: Option<Peer>,
        with_body: bool,
    ) -> Response<Body> {
        let rendered = self.render(|renderer| match format {
            Format::Text => renderer.kubernetes(view, query),
            Format::Json => renderer.json(view, query),
            Format::HealthJson => renderer.health_json(view, query),
        });
        let ready = rendered.status == StatusCode::OK;
        let sees_drain =
            view == "ready" && query.exclusions().iter().all(|name| name != "shutdown");
        let delivery = peer.filter(|_| sees_drain).map(|peer| Delivery {
            readiness: self.readiness.clone(),
            prober: peer.prober(),
            ready,
        });
        let mut response = rendered.respond(with_body, delivery);
        if !ready && view != "live" {
            self.ask_again(&mut response);
        }
        if !ready && self.detailed {
            self.explain(view, &mut response);
        }
        response
    }

    pub(crate) fn gate(&self, gate: &str, with_body: bool) -> Response<Body> {
        let rendered = self.render(|renderer| renderer.check("ready", gate));
        let failed = !matches!(rendered.status, StatusCode::OK | StatusCode::NOT_FOUND);
        let mut response = rendered.respond(with_body, None);
        if failed {
            self.ask_again(&mut response);
        }
        response
    }

    pub(crate) fn page(&self, path: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.path == path)
    }

    pub(crate) fn not_found(&self, with_body: bool) -> Response<Body> {
        Rendered::fixed(StatusCode::NOT_FOUND, "404 page not found\n").respond(with_body, None)
    }

    pub(crate) fn not_allowed(&self) -> Response<Body> {
        let rendered = Rendered::fixed(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed\n");
        let mut response = rendered.respond(true, None);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        response
    }

    fn render(&self, render: impl FnOnce(&mut Renderer) -> Answer<'_>) -> Rendered {
        let mut renderer = self.renderer.lock().unwrap_or_else(PoisonError::into_inner);
        Rendered::of(&render(&mut renderer))
    }

    /// A set that ends never becomes ready again: there is no use in asking it later.
    fn ask_again(&self, response: &mut Response<Body>) {
        if let (Some(pause), Phase::Serving) = (&self.retry_after, self.readiness.phase()) {
            response.headers_mut().insert(RETRY_AFTER, pause.clone());
        }
    }

    /// By the time of this it may be ready, and then there is nothing to explain.
    fn explain(&self, view: &str, response: &mut Response<Body>) {
        let Ok(view) = self.readiness.view(view) else { return };
        if let (false, Ok(line)) = (view.is_ready(), header_line(&view.explain())) {
            response.headers_mut().insert(X_NOT_READY, line);
        }
    }
}

impl Rendered {
    fn of(answer: &Answer<'_>) -> Self {
        // By far the most frequent one; the others are copied, which costs less than to keep each twice.
        let body = match answer.body {
            b"ok" => Bytes::from_static(b"ok"),
            other => Bytes::copy_from_slice(other),
        };
        let status = StatusCode::from_u16(answer.status);
        Self {
            status: status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
            content_type: answer.content_type,
            body,
        }
    }

    pub(crate) fn page(page: &Page) -> Self {
        let body = Bytes::from((page.make)());
        Self { status: StatusCode::OK, content_type: page.content_type, body }
    }

    fn fixed(status: StatusCode, body: &'static str) -> Self {
        Self { status, content_type: TEXT, body: Bytes::from_static(body.as_bytes()) }
    }

    pub(crate) fn respond(self, with_body: bool, delivery: Option<Delivery>) -> Response<Body> {
        let length = HeaderValue::from(self.body.len());
        let body = Body::new(with_body.then_some(self.body), delivery);
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Ok(content_type) = HeaderValue::from_str(self.content_type) {
            headers.insert(CONTENT_TYPE, content_type);
        }
        headers.insert(CONTENT_LENGTH, length);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// Bounded and visible ASCII: reasons may have been written by anybody.
fn header_line(text: &str) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let visible = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    let line: String = text.chars().take(MAX_LINE).map(visible).collect();
    HeaderValue::from_str(&line)
}
