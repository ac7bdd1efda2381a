//! The real subscriber: a registry, the user's layers, and our own output, with settings that can change
//! while it runs.

mod filter;
mod output;
mod scratch;
mod settings;
mod stack;

pub(crate) use self::filter::LiveFilter;
pub(crate) use self::output::line_of;
pub(crate) use self::scratch::{Scratch, with_scratch};
pub(crate) use self::settings::{LiveSink, Now, Tap};
pub(crate) use self::stack::{BoxedLayer, Stack};
