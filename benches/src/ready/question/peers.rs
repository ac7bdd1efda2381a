use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;
use tonic::Request;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_server::Health;
use tonic_health::server::{HealthReporter, HealthService};

use crate::ready::question::Peer;
use crate::ready::{Set, name};
use crate::spin::spin;

/// Ours: live gates.
#[derive(Debug)]
pub struct Ours(Set);

impl Peer for Ours {
    fn new(gates: usize) -> Self {
        Self(Set::live(gates))
    }

    fn turn(&self, gate: usize, open: bool) {
        match open {
            true => self.0.gates[gate].ready(),
            false => self.0.gates[gate].not_ready("closed"),
        }
    }

    #[inline]
    fn is_ready(&self) -> bool {
        self.0.readiness.is_ready()
    }
}

/// The limit: two atomic operations to turn a gate, one load to answer. For one writer at a time, and its flag is where its counter is.
#[derive(Debug)]
pub struct Counter(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    gates: Vec<AtomicBool>,
    closed: AtomicUsize,
    ready: AtomicBool,
}

impl Peer for Counter {
    fn new(gates: usize) -> Self {
        let closed = AtomicUsize::new(gates);
        let ready = AtomicBool::new(false);
        Self(Arc::new(Counted { gates: closed_gates(gates), closed, ready }))
    }

    #[inline]
    fn turn(&self, gate: usize, open: bool) {
        let Counted { gates, closed, ready } = &*self.0;
        match (gates[gate].swap(open, Ordering::AcqRel), open) {
            (false, true) if closed.fetch_sub(1, Ordering::AcqRel) == 1 => {
                ready.store(true, Ordering::Release);
            }
            (true, false) if closed.fetch_add(1, Ordering::AcqRel) == 0 => {
                ready.store(false, Ordering::Release);
            }
            _ => {}
        }
    }

    #[inline]
    fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Acquire)
    }
}

/// A list of atomics, all looked at.
#[derive(Debug)]
pub struct List(Vec<AtomicBool>);

impl Peer for List {
    fn new(gates: usize) -> Self {
        Self(closed_gates(gates))
    }

    fn turn(&self, gate: usize, open: bool) {
        self.0[gate].store(open, Ordering::Release);
    }

    fn is_ready(&self) -> bool {
        self.0.iter().all(|gate| gate.load(Ordering::Acquire))
    }
}

fn closed_gates(gates: usize) -> Vec<AtomicBool> {
    (0..gates).map(|_| AtomicBool::new(false)).collect()
}

/// A locked map, all of it looked at.
#[derive(Debug)]
pub struct LockedMap(RwLock<HashMap<String, bool>>, Vec<String>);

impl Peer for LockedMap {
    fn new(gates: usize) -> Self {
        let names: Vec<_> = (0..gates).map(name).collect();
        Self(RwLock::new(names.iter().map(|name| (name.clone(), false)).collect()), names)
    }

    fn turn(&self, gate: usize, open: bool) {
        let mut gates = self.0.write().unwrap_or_else(PoisonError::into_inner);
        gates.insert(self.1[gate].clone(), open);
    }

    fn is_ready(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().all(|open| *open)
    }
}

/// tokio's watch, with the gates and how many are closed in it.
#[derive(Debug)]
pub struct Watch(watch::Sender<(Vec<bool>, usize)>, watch::Receiver<(Vec<bool>, usize)>);

impl Peer for Watch {
    fn new(gates: usize) -> Self {
        let (sender, receiver) = watch::channel((vec![false; gates], gates));
        Self(sender, receiver)
    }

    fn turn(&self, gate: usize, open: bool) {
        self.0.send_modify(|(gates, closed)| {
            *closed = *closed + usize::from(gates[gate]) - usize::from(open);
            gates[gate] = open;
        });
    }

    fn is_ready(&self) -> bool {
        self.1.borrow().1 == 0
    }
}

/// tonic-health, called within the process: a service for each gate, and one for all, which the counter keeps.
#[derive(Debug)]
pub struct TonicHealth {
    reporter: HealthReporter,
    service: HealthService,
    counter: Counter,
    names: Vec<String>,
}

impl TonicHealth {
    fn report(&self, name: &str, open: bool) {
        let status = if open { ServingStatus::Serving } else { ServingStatus::NotServing };
        spin(self.reporter.set_service_status(name, status));
    }
}

impl Peer for TonicHealth {
    fn new(gates: usize) -> Self {
        let reporter = HealthReporter::new();
        let service = HealthService::from_health_reporter(reporter.clone());
        let names: Vec<_> = (0..gates).map(name).collect();
        let this = Self { reporter, service, counter: Counter::new(gates), names };
        // It begins as serving.
        this.report("", false);
        this.names.iter().for_each(|name| this.report(name, false));
        this
    }

    fn turn(&self, gate: usize, open: bool) {
        let before = self.counter.is_ready();
        self.counter.turn(gate, open);
        self.report(&self.names[gate], open);
        let after = self.counter.is_ready();
        if before != after {
            self.report("", after);
        }
    }

    fn is_ready(&self) -> bool {
        let all = HealthCheckRequest { service: String::new() };
        let answer = spin(self.service.check(Request::new(all)));
        answer.is_ok_and(|it| it.get_ref().status == ServingStatus::Serving as i32)
    }
}
