use firstlight_ready::{Gate, Hysteresis, Mode, Readiness, Spec};
use tokio::runtime::Runtime;

use crate::poll::real_time;

/// Ours: a sealed set, the handles of its gates, and the runtime that watches its deadlines.
#[derive(Debug)]
pub struct Set {
    /// In their order.
    pub gates: Vec<Gate>,
    /// What they make up.
    pub readiness: Readiness,
    runtime: Runtime,
}

/// The name of a gate: eight bytes, for fewer than ten thousand.
pub fn name(gate: usize) -> String {
    format!("gate{gate:04}")
}

impl Set {
    /// Gates that open once and stay open.
    pub fn latched(gates: usize) -> Self {
        Self::new(gates, Mode::Latched)
    }

    /// Gates that follow every report.
    pub fn live(gates: usize) -> Self {
        Self::new(gates, Mode::Live(Hysteresis::default()))
    }

    fn new(gates: usize, mode: Mode) -> Self {
        let runtime = real_time();
        let entered = runtime.enter();
        let readiness = Readiness::new("orders").expect("a set");
        let spec = |gate| Spec::new(name(gate)).mode(mode);
        let gates = (0..gates).map(|gate| readiness.register(spec(gate)).expect("a gate"));
        let gates = gates.collect();
        readiness.seal().expect("sealed");
        drop(entered);
        let set = Self { gates, readiness, runtime };
        set.settle();
        set
    }

    /// Lets the task that watches the deadlines go to sleep.
    pub fn settle(&self) {
        self.runtime.block_on(tokio::task::yield_now());
    }
}
