//! `firstlight-sync` from outside.

#[path = "it/blocking.rs"]
mod blocking;
#[path = "it/build.rs"]
mod build;
#[path = "it/debounce.rs"]
mod debounce;
#[path = "it/events.rs"]
mod events;
#[path = "it/matrix.rs"]
mod matrix;
#[path = "it/messages.rs"]
mod messages;
#[path = "it/misuse.rs"]
mod misuse;
#[path = "it/outputs.rs"]
mod outputs;
#[path = "it/peers.rs"]
mod peers;
#[path = "it/place.rs"]
mod place;
#[path = "it/support.rs"]
mod support;
#[path = "it/tracking.rs"]
mod tracking;
#[path = "it/verdicts.rs"]
mod verdicts;
