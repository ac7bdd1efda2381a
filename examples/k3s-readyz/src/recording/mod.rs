//! What a server answered while it started: recorded, or made from what was observed.

mod transcript;

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderValue;

pub use transcript::Transcript;

/// The states of a server, from its start on; the last holds for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The scenario's name.
    pub name: String,
    /// What was recorded, or that it is made.
    pub note: String,
    /// Whether the recording client had a certificate; who comes without gets 401.
    pub client_cert: bool,
    /// The states in their order; never empty, the first begins at 0.
    pub states: Vec<State>,
}

/// What a server answers from a moment on, until the next state begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Time from the start of the server.
    pub from: Duration,
    /// What it answers.
    pub answer: Answer,
}

/// How a server meets a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The port is bound and does not listen: connection refused.
    Refused,
    /// It listens and does not accept: TCP connects, the TLS handshake hangs.
    Stalled,
    /// It answers.
    Http(Arc<Reply>),
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The content type.
    pub content_type: HeaderValue,
    /// The body.
    pub body: String,
    /// Time from the start of the server before which no such answer left it: who asks earlier is kept waiting.
    pub not_before: Duration,
}

impl Answer {
    /// Whether it says ready.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Http(reply) if reply.status == StatusCode::OK)
    }
}
