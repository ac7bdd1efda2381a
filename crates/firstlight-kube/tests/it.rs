//! Behaviour from outside.

#[path = "it/after_sync.rs"]
mod after_sync;
#[path = "it/before_sync.rs"]
mod before_sync;
#[path = "it/events.rs"]
mod events;
#[path = "it/logs.rs"]
mod logs;
#[path = "it/messages.rs"]
mod messages;
#[path = "it/model.rs"]
mod model;
#[path = "it/order.rs"]
mod order;
#[path = "it/peer.rs"]
mod peer;
#[path = "it/peers.rs"]
mod peers;
#[path = "it/source.rs"]
mod source;
#[path = "it/support.rs"]
mod support;
