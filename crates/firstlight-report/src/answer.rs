/// The content type of Kubernetes' text.
pub const TEXT: &str = "text/plain; charset=utf-8";
/// The content type of JSON.
pub const JSON: &str = "application/json";
/// The content type of draft-inadarei-api-health-check.
pub const HEALTH_JSON: &str = "application/health+json";

/// What goes out: a status code, a content type, a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "an answer that is not sent leaves the prober waiting"]
pub struct Answer<'a> {
    /// 200 when it passes, 404 for a view or a check that there is not, else the renderer's failure status.
    pub status: u16,
    /// [`TEXT`], [`JSON`] or [`HEALTH_JSON`].
    pub content_type: &'static str,
    /// The body; valid UTF-8.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// Whether it passes.
    pub fn passed(&self) -> bool {
        self.status == 200
    }

    /// The headers that Kubernetes sends with it, in lower case: nobody may cache it or guess its type.
    pub fn headers(&self) -> [(&'static str, &'static str); 3] {
        [
            ("cache-control", "no-cache, private"),
            ("content-type", self.content_type),
            ("x-content-type-options", "nosniff"),
        ]
    }
}
