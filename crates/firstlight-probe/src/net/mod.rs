//! How a target is reached.

mod detached;
mod dial;
mod flights;
mod host;
mod resolver;
mod route;
#[cfg(unix)]
mod unix;

pub(crate) use detached::Detached;
pub(crate) use dial::dial;
pub(crate) use host::Host;
pub(crate) use resolver::Resolver;
pub(crate) use route::{Route, Stream};
