//! Readiness of a service: a sealed set of named gates, views, and always a reason why not.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use firstlight_ready::{Readiness, Spec};
//!
//! let readiness = Readiness::new("orders")?;
//! let db = readiness.register(Spec::new("db"))?;
//! let cache = readiness.register(Spec::new("cache").after(["db"]))?;
//! readiness.seal()?;
//! tokio::spawn(async move { db.ready() });
//! tokio::spawn(async move { cache.ready() });
//! println!("{:?}", readiness.wait().await?);
//! # Ok(()) }
//! ```
//!
//! * [`Readiness`]: the set. [`Gate`]: one part's promise, which fails when it is dropped before it is kept.
//!   [`Spec`]: the rules that it is judged by. [`View`]: `startup`, `live`, `ready` and your own.
//! * [`Wait`], [`WaitGates`]: waits that end with a [`Ready`] token or with a [`NotReady`] that says why.
//! * [`Gate::run`], [`Gate::step`], [`Gate::run_blocking`]: work that drives a gate, within a limit or a [`Budget`].
//!   [`hold`]: what may be kept back, and for how long.
//! * [`Readiness::drain`]: the end, which nothing takes back; [`WaitPhase`].
//!   With the feature `signal`, `Signals`: SIGTERM drains.
//! * [`Transitions`], [`Observer`], [`Snapshot`]: what happens, and all of it at one moment. [`ViewChanges`]: one view's
//!   newest word, for those who pass it on.
//! * [`machine`]: the policy, pure.
//!
//! # Logs
//! By `tracing`, with the target `firstlight_ready`: an event for each transition (WARN for trouble), a line at 5 s, 10 s,
//! 20 s, ... while it is not ready, one with the slowest gate when it is. Never one for a report that changes nothing.
//!
//! # Threads
//! One lock for each set, under which nobody's code but ours runs: wakers, observers and subscribers are called outside
//! of it. `is_ready` and `epoch` do not take it.
//!
//! # What it refuses to do
//! It runs no checks and serves no port: `firstlight-check` and `firstlight-report` do. It has no global state, and never
//! ends the process.

mod blocker;
mod blocking;
mod budget;
mod builder;
mod contain;
mod drain;
mod driver;
mod error;
mod events;
mod gate;
pub mod hold;
mod human;
mod lookout;
pub mod machine;
mod name;
mod not_ready;
mod observer;
mod opened;
mod place;
mod readiness;
mod ready;
mod reason;
mod set;
#[cfg(feature = "signal")]
mod signal_policy;
#[cfg(feature = "signal")]
mod signals;
mod snapshot;
mod spec;
mod state;
mod step;
mod sync;
mod transition;
mod transitions;
mod view;
mod view_changes;
mod wait;
mod wait_gates;
mod wait_phase;
mod waiting;

pub use blocker::Blocker;
pub use budget::Budget;
pub use builder::Builder;
pub use drain::{LameDuck, LameDuckEnd, Phase};
pub use error::Refused;
pub use gate::Gate;
pub use machine::{DEFAULT_SEAL_WITHIN, Late};
pub use name::{MAX_NAME, Name, NameError};
pub use not_ready::{Cause, NotReady};
pub use observer::Observer;
pub use opened::Opened;
pub use place::Place;
pub use readiness::Readiness;
pub use ready::Ready;
pub use reason::{MAX_REASON, Reason};
#[cfg(feature = "signal")]
pub use signal_policy::{OnInterrupt, SignalPolicy};
#[cfg(feature = "signal")]
pub use signals::Signals;
pub use snapshot::{GateSnapshot, Snapshot, ViewSnapshot};
pub use spec::{DEFAULT_WITHIN, Empty, Expiry, Hysteresis, Kind, Mode, OnDrop, Spec};
pub use state::{Evidence, GateState, Progress};
pub use step::{Run, RunBlocking, StepError, StepFailure, StepLimit};
pub use transition::{GateTransition, Transition};
pub use transitions::{Lagged, Transitions};
pub use view::View;
pub use view_changes::ViewChanges;
pub use wait::Wait;
pub use wait_gates::WaitGates;
pub use wait_phase::WaitPhase;
