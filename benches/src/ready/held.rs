//! What is held in memory for gates: each peer makes so many, all with names, and gives them back to be dropped.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use firstlight_ready::{Readiness, Spec};
use kubert::initialized::Initialized;
use tokio::sync::{Notify, watch};

use crate::ready::name;
use crate::ready::question::{Peer, TonicHealth};

/// Whatever must live for as long as it is measured.
pub type Held = Box<dyn Any>;

/// Ours, in the runtime that we are in: a sealed set; with the handles of its parts.
pub fn ours(gates: usize) -> Held {
    let readiness = Readiness::new("orders").expect("a set");
    let register = |gate| readiness.register(Spec::new(name(gate))).expect("a gate");
    let handles: Vec<_> = (0..gates).map(register).collect();
    readiness.seal().expect("sealed");
    Box::new((readiness, handles))
}

/// A map of tokio's watch channels.
pub fn watch(gates: usize) -> Held {
    let gate = |gate| (name(gate), watch::channel(false));
    Box::new((0..gates).map(gate).collect::<HashMap<_, _>>())
}

/// A list of names, each with tokio's Notify and a flag.
pub fn notify(gates: usize) -> Held {
    let gate = |gate| (name(gate), Arc::new((Notify::new(), AtomicBool::new(false))));
    Box::new((0..gates).map(gate).collect::<Vec<_>>())
}

/// A locked map's map.
pub fn map(gates: usize) -> Held {
    Box::new((0..gates).map(|gate| (name(gate), false)).collect::<HashMap<_, _>>())
}

/// kubert's handles, which have no names.
pub fn kubert(gates: usize) -> Held {
    let mut initialized = Initialized::default();
    let handles: Vec<_> = (0..gates).map(|_| initialized.add_handle()).collect();
    Box::new((initialized, handles))
}

/// tonic-health's services.
pub fn tonic_health(gates: usize) -> Held {
    Box::new(TonicHealth::new(gates))
}
