//! What the container's dependency logs with, in the shape that a well-known library gives it; written anew,
//! and small.

mod delegating;

pub(crate) use delegating::{Behaviour, Logger, Sink, behave, log, set_logger};
