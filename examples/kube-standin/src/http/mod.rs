//! The protocol: what a request asks for, and how it is answered.

mod answer;
mod body;
mod check;
mod connections;
mod discovery;
mod event;
mod list;
mod path;
mod query;
mod route;
mod server;
mod watch;
mod write;

pub(crate) use connections::accept;
pub(crate) use server::Server;
pub(crate) use write::{apply, delete};
