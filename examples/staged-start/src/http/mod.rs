//! Both sides of HTTP: the health port, the workers' connections, and who asks them.

mod client;
mod health_port;
mod server;

pub(crate) use client::get;
pub(crate) use health_port::HealthPort;
pub(crate) use server::{Reply, serve};
