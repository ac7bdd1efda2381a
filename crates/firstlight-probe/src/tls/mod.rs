//! TLS by rustls and ring.

mod classify;
mod pem;
mod roots;
mod settings;

pub(crate) use classify::classify;
pub(crate) use settings::{TlsSettings, server_name};
