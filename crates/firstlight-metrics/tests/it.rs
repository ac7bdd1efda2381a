//! `firstlight-metrics` from outside.

#[path = "it/alerts.rs"]
mod alerts;
#[path = "it/bounds.rs"]
mod bounds;
#[path = "it/cleanup.rs"]
mod cleanup;
#[path = "it/drain.rs"]
mod drain;
#[path = "it/holds.rs"]
mod holds;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/lag.rs"]
mod lag;
#[path = "it/laws.rs"]
mod laws;
#[path = "it/output.rs"]
mod output;
#[path = "it/ready.rs"]
mod ready;
#[path = "it/recorders.rs"]
mod recorders;
#[path = "it/scrape.rs"]
mod scrape;
#[path = "it/table.rs"]
mod table;
