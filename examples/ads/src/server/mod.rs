//! The server: who is told what, and when.

mod ads;
mod answer;
mod ask;
#[cfg(test)]
mod churn_tests;
mod counts;
mod gaps;
#[cfg(test)]
mod hold_tests;
mod holds;
mod log;
#[cfg(test)]
mod model;
mod names;
mod place;
mod service;
mod session;
#[cfg(test)]
mod session_laws;
#[cfg(test)]
mod session_tests;
mod settings;
#[cfg(test)]
mod spec;
mod stats;
mod stream;
mod subscription;
mod world;

pub use ads::Ads;
pub use service::AdsService;
pub use settings::Settings;
pub use stats::{Responses, Stats};
