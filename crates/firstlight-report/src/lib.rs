//! Tells of a set of readiness gates what a prober, a load balancer or a person asks.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), firstlight_ready::Refused> {
//! use firstlight_ready::{Readiness, Spec};
//! use firstlight_report::{Audience, Query, Renderer};
//!
//! let readiness = Readiness::new("orders")?;
//! let db = readiness.register(Spec::new("db"))?;
//! readiness.seal()?;
//! let mut renderer = Renderer::new(readiness, Audience::Public);
//! assert_eq!(renderer.kubernetes("ready", &Query::default()).status, 503);
//! db.ready();
//! let answer = renderer.kubernetes("ready", &Query::parse("verbose"));
//! assert_eq!(answer.body, b"[+]db ok\n[+]shutdown ok\nreadyz check passed\n");
//! # Ok(()) }
//! ```
//!
//! * [`Renderer`]: answers with status, content type and body; keeps what has not changed.
//! * [`Report`]: the same, pure, for one snapshot. [`Query`]: what is asked for. [`Audience`]: how much is told.
//!
//! # Kubernetes' text
//! The API server's own bytes: `[+]db ok`, `[-]db failed: reason withheld`, `[+]db excluded: ok`,
//! `warn: some health checks cannot be excluded: no matches for "x"`, `readyz check passed`; `ok` alone when it passes
//! and is not verbose. Every failing body names a check that fails. Where it differs: [`Report`] adds two checks of
//! its own that are listed only when they fail; the status is 503 unless
//! [asked otherwise](Renderer::with_failure_status); one `exclude` may name several; and in the warning whatever has no
//! place in a name is escaped as `\x0a` or `\u2028`.
//!
//! # JSON
//! An object; what is not there is left out, and new keys may come.
//!
//! | key | |
//! |---|---|
//! | `set`, `view` | names |
//! | `status` | `pass` or `fail`, as the answer |
//! | `phase` | `serving`, `draining`, `stopping`, `stopped` |
//! | `sealed` | whether all expected gates are declared |
//! | `epoch` | grows with every change |
//! | `started_at` | when the process started, by the wall clock; RFC 3339 |
//! | `since_ns` | since when the view is so: nanoseconds after the start of the process, as in our events |
//! | `drain_reason` | detailed |
//! | `unmatched` | exclusions that exclude nothing |
//! | `gates[].name`, `.state`, `.open` | state: `pending`, `syncing`, `ready`, `ready-empty`, `degraded`, `failed`, `stale` |
//! | `gates[].outcome` | `pass`, `fail`, `uncounted` (not good, and does not count), `excluded` |
//! | `gates[].since_ns` | since when it is in this state |
//! | `gates[].stage`, `.role` `{name, held}`, `.after`, `.held_by` | its place among the others |
//! | `gates[].age_s` | detailed: seconds in this state |
//! | `gates[].progress` `{done, total}`, `.evidence` `{items, revision}` | detailed; no total: not known |
//! | `gates[].reason`, `.place` `{file, line}` | detailed |
//!
//! # What it refuses to do
//! It opens no socket, runs no check, and never waits: it reads the state that the set has.

mod answer;
mod audience;
mod health_json;
mod human;
mod json;
mod kubernetes;
mod query;
mod renderer;
mod report;
mod time;

pub use answer::{Answer, HEALTH_JSON, JSON, TEXT};
pub use audience::Audience;
pub use query::{MAX_EXCLUSIONS, MAX_QUERY, Query};
pub use renderer::Renderer;
pub use report::Report;
