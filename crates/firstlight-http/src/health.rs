use std::sync::Arc;
use std::time::Duration;

use firstlight_ready::Readiness;
use firstlight_report::Audience;

use crate::page::Page;
use crate::service::HealthService;

/// When a prober that came too early is to ask again, unless said otherwise.
pub const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Answers probes about a set over HTTP: 200 when a view is ready, 503 when it is not.
///
/// | path | answers |
/// |---|---|
/// | `/livez`, `/readyz`, `/startupz` | the view `live`, `ready`, `startup` |
/// | `/readyz/<gate>` | one gate; its name may be percent-encoded; text only |
/// | a [page](Self::with_page) of the service's own | what it makes |
/// | any other, `//readyz` and `/readyz/` too | 404 |
///
/// * GET and HEAD, with the same headers; any other method gets 405 and `Allow`.
/// * `?verbose` lists what passes, too; `?exclude=` leaves gates out, and may be repeated.
///   See [`Query`](firstlight_report::Query).
/// * Kubernetes' text, or by `Accept` JSON and `application/health+json`. An `Accept` that is malformed, or
///   likes none of them, gets text.
/// * Every answer has `nosniff` and `no-store`, and no answer waits for anything.
/// * While the set starts, and when it is not ready for a while, a failing answer has `Retry-After`. Not in
///   the drain: then it never becomes ready again, and another instance is to be asked. Not for `/livez`: it
///   does not heal by asking again.
/// * Reasons, ages and places are withheld, unless [detail](Self::with_detail) is switched on.
///
/// # The lame duck
/// The set is told what probers of `/readyz` were [given](crate::Body), by [`Peer`](crate::Peer): the drain's
/// lame duck ends when all of them have seen that it is not ready. Who excludes `shutdown` cannot see it, and
/// is not waited for; nor is who asks for other paths. An answer whose request has no peer does not count:
/// then the lame duck lasts its whole time, which is the safe side.
#[derive(Debug, Clone)]
pub struct Health {
    pub(crate) readiness: Readiness,
    pub(crate) audience: Audience,
    pub(crate) failure_status: u16,
    pub(crate) retry_after: Duration,
    pub(crate) pages: Vec<Page>,
    #[cfg(feature = "server")]
    pub(crate) max_connections: usize,
}

impl Health {
    /// Answers for a set, in public.
    pub fn new(readiness: &Readiness) -> Self {
        Self {
            readiness: readiness.clone(),
            audience: Audience::Public,
            failure_status: 503,
            retry_after: DEFAULT_RETRY_AFTER,
            pages: Vec::new(),
            #[cfg(feature = "server")]
            max_connections: crate::server::DEFAULT_MAX_CONNECTIONS,
        }
    }

    /// Tells reasons, ages, progress and places, too. Default: withheld.
    ///
    /// A failing answer about a view then also has the header `x-not-ready`: the causes with their ages in
    /// one line, as [`Readiness::explain`] says them, of at most 1 024 visible ASCII characters. For a port
    /// that strangers cannot reach. Such answers are made anew each time, since ages change.
    pub fn with_detail(mut self) -> Self {
        self.audience = Audience::Detailed;
        self
    }

    /// Sets the status code of a failing answer. Default: 503; Kubernetes answers 500.
    ///
    /// What is not an error's code, 400 to 599, would tell a prober that all is well: it counts as 503.
    pub fn with_failure_status(mut self, status: u16) -> Self {
        self.failure_status = status;
        self
    }

    /// Sets `Retry-After`. Default: a second. Told in whole seconds, rounded up, at most a day; at 0 there is
    /// none.
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = pause;
        self
    }

    /// Adds a page beside the probes: metrics for the scraper that comes to the same port, say.
    ///
    /// The path is compared as it was sent, without its query: nothing is decoded or tidied away. A page whose
    /// path a probe has, or an earlier page, is never reached. A content type that is no header is left out.
    ///
    /// `make` is called for each answer, also for HEAD, under no lock. It runs on the connection's task, so it
    /// must not block; if it panics, that connection ends and nothing else. It is 200 at all times, whatever
    /// the set is.
    ///
    /// ```
    /// # fn health(readiness: &firstlight_ready::Readiness) -> firstlight_http::Health {
    /// use firstlight_http::Health;
    ///
    /// Health::new(readiness).with_page("/metrics", "text/plain; version=0.0.4", || "up 1\n".to_owned())
    /// # }
    /// ```
    pub fn with_page(
        mut self,
        path: &'static str,
        content_type: &'static str,
        make: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        self.pages.push(Page { path, content_type, make: Arc::new(make) });
        self
    }

    /// Makes the service, for a server of one's own; put a [`Peer`](crate::Peer) into each request.
    pub fn service(self) -> HealthService {
        HealthService::new(self)
    }
}
