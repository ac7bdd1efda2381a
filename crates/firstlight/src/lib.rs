//! The start and the end of a tokio service, made safe: one name for the firstlight crates.
//!
//! | module | crate | prevents |
//! |---|---|---|
//! | `log` | `firstlight-log` | lines that are lost because they came before the logger, after it, or faster than their reader |
//! | `ready` | `firstlight-ready` | serving too early, never, or without anybody knowing why |
//! | `check` | `firstlight-check` | a probe that waits for a check, or a hundred probes that each run it |
//! | `report` | `firstlight-report` | a health endpoint that no prober understands, or that tells too much |
//! | `sync` | `firstlight-sync` | an empty source that is never synced, an incomplete first output |
//! | `timeline` | `firstlight-timeline` | a slow start that nobody can explain |
//! | `poll` | `firstlight-poll` | waiting longer than needed, for ever, or without a reason |
//! | `cleanup` | `firstlight-cleanup` | a lease, a row, a file that nobody takes away when its owner is cancelled |
//! | `http` | `firstlight-http` | an endpoint that a slow client or a flood takes down, a port that serves too early |
//! | `grpc` | `firstlight-grpc` | a health service that says SERVING before it is true, or again after the end has begun |
//! | `metrics` | `firstlight-metrics` | a start, a hold, a lost clean-up that no alert can see |
//! | `probe` | `firstlight-probe` | each of us writing the same probe with the same holes |
//!
//! `firstlight-kube`, gates and trackers fed by the watches of `kube`, is not among them: it needs a newer compiler, and whoever
//! builds a program says which version of Kubernetes it is for.
//!
//! Each crate can be taken alone, and none needs this one.

#[cfg(feature = "check")]
pub use firstlight_check as check;
#[cfg(feature = "cleanup")]
pub use firstlight_cleanup as cleanup;
#[cfg(feature = "grpc")]
pub use firstlight_grpc as grpc;
#[cfg(feature = "http")]
pub use firstlight_http as http;
#[cfg(feature = "log")]
pub use firstlight_log as log;
#[cfg(feature = "metrics")]
pub use firstlight_metrics as metrics;
#[cfg(feature = "poll")]
pub use firstlight_poll as poll;
#[cfg(feature = "probe")]
pub use firstlight_probe as probe;
#[cfg(feature = "ready")]
pub use firstlight_ready as ready;
#[cfg(feature = "report")]
pub use firstlight_report as report;
#[cfg(feature = "sync")]
pub use firstlight_sync as sync;
#[cfg(feature = "timeline")]
pub use firstlight_timeline as timeline;
