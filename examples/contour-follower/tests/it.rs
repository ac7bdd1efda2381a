//! The example from outside: its parts in this process, its command line in real child processes.

#[path = "it/alerts.rs"]
mod alerts;
#[path = "it/cells.rs"]
mod cells;
#[path = "it/election_http.rs"]
mod election_http;
#[path = "it/election_laws.rs"]
mod election_laws;
#[path = "it/instance.rs"]
mod instance;
#[path = "it/matrix.rs"]
mod matrix;
#[path = "it/modes.rs"]
mod modes;
#[path = "it/rbac.rs"]
mod rbac;
#[path = "it/serve.rs"]
mod serve;
#[path = "it/serve_end.rs"]
mod serve_end;
#[path = "it/support.rs"]
mod support;
