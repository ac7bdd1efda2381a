//! Gates and trackers fed by the watches of kube: an empty list is synced, a relist takes nothing back.
//!
//! ```no_run
//! # use k8s_openapi::api::core::v1::Service;
//! # async fn start(client: kube::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use firstlight_kube::WatchExt;
//! use futures_util::StreamExt;
//! use kube::runtime::{WatchStreamExt, reflector, watcher};
//!
//! let readiness = firstlight_ready::Readiness::new("proxy")?;
//! let gate = readiness.register(firstlight_ready::Spec::new("services"))?;
//! let (services, writer) = reflector::store::<Service>();
//! let watch = watcher(kube::Api::all(client), watcher::Config::default());
//! let watch = watch.default_backoff().reflect(writer).feed_gate(gate);
//! tokio::spawn(watch.for_each(async |_| {})); // nothing happens unless it is polled
//! readiness.seal()?;
//! readiness.wait().await?; // `services` is complete, and may be empty
//! # drop(services); Ok(()) }
//! ```
//!
//! * [`WatchExt::feed_gate`]: the first complete list opens a gate, and trouble with the watch is its
//!   reason.
//! * [`WatchExt::feed_source`]: the objects of the first list are items of a `firstlight_sync` tracker,
//!   which is synced when all of them have been *handled*. [`Watched`]: an event, with its item.
//! * Any number of tasks wait for the gate or the tracker, not for the watch. Both kinds can be had of one
//!   watch: `feed_gate` first.
//!
//! # Order
//! Behind `reflect(writer)`, so that the store is complete when the gate opens. Behind `default_backoff()`,
//! so that a back-off that gives up is seen as the end of the watch. In front of `applied_objects()` and
//! `touched_objects()`, which leave out when a list begins and ends; the compiler says so.
//!
//! # Logs
//! By `tracing`, with the target `firstlight_kube`: a WARN for trouble of another kind than before, an INFO
//! when it is over, a WARN when a watch ends; DEBUG for a relist. Never one for each object, event or retry.
//!
//! # What it refuses to do
//! It reads nothing itself, spawns no task and retries nothing: the watcher does. It does not see bookmarks,
//! nor the silence of an API server that has stopped answering: a watch without changes is as silent.

mod course;
mod events;
mod feed_gate;
mod feed_source;
mod spell;
mod step;
mod trouble;
mod watch_ext;
mod watched;

pub use feed_gate::FeedGate;
pub use feed_source::FeedSource;
pub use spell::CALM;
pub use watch_ext::WatchExt;
pub use watched::Watched;
