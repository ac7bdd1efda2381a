//! Behaviour from outside.

#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/contract.rs"]
mod contract;
#[path = "it/events.rs"]
mod events;
#[path = "it/generated.rs"]
mod generated;
#[path = "it/lame_duck.rs"]
mod lame_duck;
#[path = "it/messages.rs"]
mod messages;
#[path = "it/peers.rs"]
mod peers;
#[path = "it/python.rs"]
mod python;
#[path = "it/streams.rs"]
mod streams;
#[path = "it/support.rs"]
mod support;
