//! Behaviour from outside.

#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/client_fake.rs"]
mod client_fake;
#[path = "it/client_protocol.rs"]
mod client_protocol;
#[path = "it/client_rows.rs"]
mod client_rows;
#[path = "it/holds.rs"]
mod holds;
#[path = "it/raw.rs"]
mod raw;
#[path = "it/server.rs"]
mod server;
#[path = "it/server_support.rs"]
mod server_support;
#[path = "it/snapshot.rs"]
mod snapshot;
#[path = "it/translate.rs"]
mod translate;
#[path = "it/translate_laws.rs"]
mod translate_laws;
#[path = "it/translate_support.rs"]
mod translate_support;
