//! The crate from outside.

#[path = "it/basics.rs"]
mod basics;
