//! Tells where the start of a service went: blame, critical chain, and a waterfall as a picture.
//!
//! ```
//! use std::time::Duration;
//! use firstlight_timeline::{Span, Timeline};
//!
//! let ms = Duration::from_millis;
//! let mut start = Timeline::new();
//! start.record(Span::new("db", ms(20), ms(310)));
//! start.record(Span::new("cache", ms(20), ms(90)));
//! start.record(Span::new("ready", ms(20), ms(330)).with_after(["db", "cache"]).with_outcome("ready"));
//! println!("{start:#}\n{}", start.to_svg().len());
//! # assert_eq!(start.summary(), "ready after 330.00 ms: 88 % in db (290.00 ms), then ready 20.00 ms; 3 spans");
//! start.assert_budget("ready", ms(500)).unwrap();
//! ```
//!
//! * [`Timeline`], [`Span`]: the record, plain data; filled by hand, read back from JSON,
#![cfg_attr(feature = "layer", doc = "  or collected from `tracing` by a [`TimelineLayer`].")]
#![cfg_attr(not(feature = "layer"), doc = "  or (feature `layer`) collected from `tracing`.")]
//! * [`Timeline::blame`]: what each span took for itself, slowest first.
//! * [`Timeline::critical_chain`]: what held up a span, step by step, and the time that nothing explains.
//! * [`Timeline::summary`], `Display`, [`Timeline::to_json`], [`Timeline::to_chrome_trace`],
//!   [`Timeline::to_svg`]: for a log line, a terminal, a program, a trace viewer, a browser.
//! * [`Timeline::assert_budget`]: a test of yours that fails when the start gets slower.
//!
//! # Bad input
//! Everything is bounded: spans, names, dependencies. What is not kept is counted, and every view says so.
//! An end before its start, a circle of dependencies, a parent that does not exist, a name of 10 KB with
//! control characters: each has a defined result and none a panic.
//!
//! # Features
//! * `layer` (default): the `tracing_subscriber` layer.
//!
//! # What it refuses to do
//! It writes no file, serves no port, and does not compare two starts: that is for who keeps the JSON of
//! the last one.

mod blame;
mod budget;
mod chain;
mod chrome;
mod figure;
mod graph;
#[cfg(feature = "layer")]
mod layer;
mod name;
mod notes;
mod outcome;
mod picture;
mod record;
mod span;
mod summary;
mod timeline;

pub use blame::{Blame, Blamed};
pub use budget::BudgetError;
pub use chain::{Chain, MAX_CLIMB, Step};
#[cfg(feature = "layer")]
pub use layer::{BEFORE, Recorder, TimelineLayer};
pub use name::MAX_NAME;
pub use outcome::{Outcome, OutcomeKind};
pub use picture::MAX_ROWS;
pub use record::{MAX_READ, RecordError};
pub use span::{MAX_AFTER, Span};
pub use timeline::{DEFAULT_CAPACITY, Timeline};
