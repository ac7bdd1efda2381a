//! The messages, the service and a client of `proto/health.proto`, generated and checked in.
//!
//! Checked in, so that whoever builds the crate needs no compiler of protobuf; a test generates it anew, compares, and
//! writes it where it differs.

#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::all,
    clippy::missing_errors_doc
)]

#[rustfmt::skip]
#[path = "grpc.health.v1.rs"]
mod generated;

pub use generated::*;
