//! Readiness, first output, holds and clean-up as metrics, by the `metrics` facade.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use firstlight_metrics::{Collector, ReadyMetrics};
//! use firstlight_ready::{Readiness, Spec};
//!
//! let metrics = ReadyMetrics::new("orders");
//! let values = metrics.values();
//! let readiness = Readiness::builder("orders").observer(metrics).build()?;
//! let collector = Collector::new().with_set(values, &readiness);
//! readiness.register(Spec::new("db"))?.ready();
//! readiness.seal()?;
//! collector.collect(); // in the scrape handler, before it renders
//! # Ok(()) }
//! ```
//!
//! * [`ReadyMetrics`]: the observer of a set. [`ReadyValues`]: what it has counted, to be collected.
//! * [`CleanupMetrics`]: the observer of a janitor.
//! * [`Collector`]: sets, outputs, holds and janitors, all brought up to date by one call.
//!
#![doc = include_str!("families.md")]
//!
//! # How values get out, and why none is lost
//! The facade drops what is recorded before a recorder is installed. So every value is kept here, and what is
//! handed to the recorder is always the whole value: gauges are set, counters set to their absolute value. An
//! event hands over at once what it has changed. [`Collector::collect`] reads what can only be read (outputs,
//! pending ages, holds, a janitor's stock), finds gates that nobody has told anything of, makes up for lost transitions,
//! and hands over everything again. A recorder that is installed late, or in place of another, has all of it
//! after the next `collect`. There is no background task.
//!
//! Everything is there from the start: counters at 0, `firstlight_view_ready` at 0, all of them with their help
//! text. Only a time that something took is absent until it has happened, since no number would be true.
//! A time that is measured once is a gauge: a histogram of one value says less and costs more.
//!
//! # Threads
//! A recorder is never called under a lock of ours, and so may call back in. When two threads hand over the same
//! series, the newer value stays. A transition of a gate hands over seven series, however many gates there are.
//!
//! # Bounds
//! The first [`MAX_GATES`] gates of a set have series of their own; the others are counted in the series of the
//! set, and `firstlight_gates_left_out` says how many they are. Label values are cut at [`MAX_LABEL`] bytes and otherwise
//! left as they are: escaping is the exporter's work. No label holds a reason, a key or an address.
//!
//! # Logs
//! None. What trouble there is shows in the values.
//!
//! # What it refuses to do
//! It installs no recorder, serves no port and starts no task. It never sets a counter back, also not after the
//! end: values of a set that has stopped stay as they were.

mod cleanup_metrics;
mod collector;
mod hold_metrics;
mod output_metrics;
mod ready;
mod series;

pub use cleanup_metrics::CleanupMetrics;
pub use collector::Collector;
pub use ready::{MAX_GATES, ReadyMetrics, ReadyValues};
pub use series::MAX_LABEL;
