//! Behaviour from outside.

#[cfg(unix)]
#[path = "it/real_caller.rs"]
mod real_caller;
#[cfg(unix)]
#[path = "it/real_clients.rs"]
mod real_clients;
#[cfg(unix)]
#[path = "it/real_envoy.rs"]
mod real_envoy;
#[cfg(unix)]
#[path = "it/real_support.rs"]
mod real_support;
#[path = "it/run.rs"]
mod run;
#[path = "it/serve.rs"]
mod serve;
#[path = "it/serve_end.rs"]
mod serve_end;
#[path = "it/serve_support.rs"]
mod serve_support;
