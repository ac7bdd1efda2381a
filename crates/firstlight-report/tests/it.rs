//! `firstlight-report` from outside.

#[path = "it/check.rs"]
mod check;
#[path = "it/health_json.rs"]
mod health_json;
#[path = "it/injection.rs"]
mod injection;
#[path = "it/json.rs"]
mod json;
#[path = "it/laws.rs"]
mod laws;
#[path = "it/query.rs"]
mod query;
#[path = "it/recorded.rs"]
mod recorded;
#[path = "it/renderer.rs"]
mod renderer;
#[path = "it/set.rs"]
mod set;
#[path = "it/text.rs"]
mod text;
