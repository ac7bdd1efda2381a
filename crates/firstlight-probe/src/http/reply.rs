use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName};

/// An answer as it came, its body cut at the probe's limit.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// There was, or may have been, more of the body.
    pub(crate) was_cut: bool,
}

impl Reply {
    /// The first header of this name, when it is text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
