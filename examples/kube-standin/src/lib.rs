//! An API server to test against: list, watch, conflicts, leases, and every way to answer badly.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use kube_standin::{Fault, Seen, Standin};
//!
//! let standin = Standin::start(([127, 0, 0, 1], 0).into()).await?;
//! standin.faults().add("ingresses", Fault::HoldLists);
//! let client = standin.client(); // a real one: give it to a watcher
//! standin.served().reached("ingresses", Seen::List, 1).await;
//! standin.faults().clear("ingresses");
//! # Ok(())
//! # }
//! ```
//!
//! * [`Standin`]: the server; objects are plain JSON, put and deleted by hand or by any client.
//! * [`Faults`]: delays, broken bodies, 410, 429, 500, garbage, dropped watches, silence, being down.
//! * [`Served`]: counts what was asked for, so that a test waits for that and not for time.
//! * `kube-standin serve --listen ADDR` is the same for several processes.
//!
//! Versions count over all kinds. Each kind has a bounded history of its changes, and all else comes from that: a watch is a place in it,
//! a page of a list is the objects as they were at the first page's version, and whatever it no longer reaches back to is 410.
//!
//! # Logs
//! Target `kube_standin`: WARN when a connection cannot be accepted, DEBUG when one breaks.
//!
//! # What it refuses to do
//! It knows no user, no schema, no defaults, no finalizers, no owners and no namespaces that must be there first; a patch is a merge patch,
//! also where it is called an apply. What it does not know it refuses, with the `Status` of a real server.

mod error;
mod faults;
mod http;
mod kind;
mod merge;
mod names;
mod options;
mod refusal;
mod selector;
mod serve;
mod served;
mod settings;
mod standin;
mod store;

pub use error::Error;
pub use faults::{ALL, Fault, Faults};
pub use options::{Command, Options, ServeOptions};
pub use refusal::Refusal;
pub use serve::serve;
pub use served::{Seen, Served};
pub use settings::Settings;
pub use standin::Standin;
