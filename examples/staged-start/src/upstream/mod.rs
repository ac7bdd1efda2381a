//! What `broken` builds upon, in the shape that two well-known crates give it; both are written anew, and small.

mod initialized;
mod store;

pub(crate) use initialized::Initialized;
pub(crate) use store::store;
