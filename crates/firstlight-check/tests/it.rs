//! `firstlight-check` from outside.

#[path = "it/blocking.rs"]
mod blocking;
#[path = "it/bounds.rs"]
mod bounds;
#[path = "it/events.rs"]
mod events;
#[path = "it/feeds.rs"]
mod feeds;
#[path = "it/flights.rs"]
mod flights;
#[path = "it/misuse.rs"]
mod misuse;
#[path = "it/panics.rs"]
mod panics;
#[path = "it/peers.rs"]
mod peers;
#[path = "it/target.rs"]
mod target;
