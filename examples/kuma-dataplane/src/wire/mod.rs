//! The messages and the service of `proto/dataplanes.proto`, generated and checked in.
//!
//! Checked in, so that whoever builds the example builds no compiler of protobuf (half a minute, fifty crates); a test generates
//! it anew, compares, and writes it where it differs.

#![allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::all)]

#[rustfmt::skip]
#[path = "firstlight.dataplanes.v1.rs"]
mod generated;

pub use generated::*;
